import Varve

/// The cat APIs.
enum CatHandlers {
    static func indices(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init(name: "health", alias: "h", description: "current health status"),
            .init(name: "status", alias: "s", description: "open/close status"),
            .init(name: "index", alias: "i,idx", description: "index name"),
            .init(name: "uuid", alias: "id,uuid", description: "index uuid"),
            .init(name: "pri", alias: "p", description: "number of primary shards", isRight: true),
            .init(name: "rep", alias: "r", description: "number of replica shards", isRight: true),
            .init(name: "docs.count", alias: "dc", description: "available docs", isRight: true),
            .init(name: "docs.deleted", alias: "dd", description: "deleted docs", isRight: true),
        ])
        for index in try call.indices(call.parameters["index"], IndexOptions(call.parameters)) {
            table.rows.append([
                index.replicaCount == 0 ? "green" : "yellow", "open", index.name, index.wireUUID,
                String(index.shardCount), String(index.replicaCount), String(try count(index)), "0",
            ])
        }
        return try table.answer(call)
    }

    static func count(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init(name: "epoch", alias: "t,time", description: "seconds since 1970-01-01 00:00:00"),
            .init(name: "timestamp", alias: "ts,hms", description: "time in HH:MM:SS"),
            .init(name: "count", alias: "dc", description: "the document count"),
        ])
        var total = 0
        for index in try call.indices(call.parameters["index"], IndexOptions(call.parameters)) {
            total += try count(index)
        }
        let time = timestamp(call)
        table.rows = [[time.epoch, time.clock, String(total)]]
        return try table.answer(call)
    }

    static func health(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init(name: "epoch", alias: "t,time", description: "seconds since 1970-01-01 00:00:00"),
            .init(name: "timestamp", alias: "ts,hms", description: "time in HH:MM:SS"),
            .init(name: "cluster", alias: "cl", description: "cluster name"),
            .init(name: "status", alias: "st", description: "health status"),
            .init(name: "node.total", alias: "nt", description: "total number of nodes", isRight: true),
            .init(name: "node.data", alias: "nd", description: "number of data nodes", isRight: true),
            .init(name: "shards", alias: "t,sh", description: "total number of shards", isRight: true),
            .init(name: "pri", alias: "p", description: "number of primary shards", isRight: true),
            .init(name: "unassign", alias: "u", description: "number of unassigned shards", isRight: true),
        ])
        let indices = call.store.indices
        let shards = indices.reduce(0) { $0 + $1.shardCount }
        let unassigned = indices.reduce(0) { $0 + $1.shardCount * $1.replicaCount }
        let time = timestamp(call)
        table.rows = [
            [
                time.epoch, time.clock, call.service.options.clusterName,
                unassigned == 0 ? "green" : "yellow", "1", "1", String(shards), String(shards),
                String(unassigned),
            ]
        ]
        return try table.answer(call)
    }

    private static func count(_ index: Index) throws(RESTError) -> Int {
        do { return try index.count() } catch { throw RESTError(error) }
    }

    private static func timestamp(_ call: Call) -> (epoch: String, clock: String) {
        let seconds = call.store.wallMilliseconds / 1_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
        return (
            String(seconds), "\(two(seconds / 3_600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        )
    }
}

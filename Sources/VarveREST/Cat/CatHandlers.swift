import Varve

/// The cat APIs that count and show health; the others have files of their own.
enum CatHandlers {
    /// What there is, one path a line.
    static func list(_ call: Call) async throws(RESTError) -> RESTResponse {
        let paths = Routes.cats.map { "/" + $0.pattern.joined(separator: "/") }.filter { $0 != "/_cat" }
        return .text("=^.^=\n" + paths.map { $0 + "\n" }.joined())
    }

    static func count(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("epoch", "t,time", "seconds since 1970-01-01 00:00:00"),
            .init("timestamp", "ts,hms", "time in HH:MM:SS"),
            .init("count", "dc,docs.count,docsCount", "the document count"),
        ])
        var total = 0
        for index in try call.indices(call.parameters["index"], IndexOptions(call.parameters)) {
            do { total += try index.count() } catch { throw RESTError(error) }
        }
        let time = timestamp(call)
        table.rows = [[.text(time.epoch), .text(time.clock), .number(total)]]
        return try table.answer(call)
    }

    static func health(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("epoch", "t,time", "seconds since 1970-01-01 00:00:00"),
            .init("timestamp", "ts,hms,hhmmss", "time in HH:MM:SS"),
            .init("cluster", "cl", "cluster name"), .init("status", "st", "health status"),
            .init("node.total", "nt,nodeTotal", "total number of nodes", isRight: true),
            .init("node.data", "nd,nodeData", "number of nodes that can store data", isRight: true),
            .init("discovered_cluster_manager", "dcm", "cluster manager is discovered or not"),
            .init("shards", "t,sh,shards.total,shardsTotal", "total number of shards", isRight: true),
            .init("pri", "p,shards.primary,shardsPrimary", "number of primary shards", isRight: true),
            .init("relo", "r,shards.relocating", "number of relocating nodes", isRight: true),
            .init("init", "i,shards.initializing", "number of initializing nodes", isRight: true),
            .init("unassign", "u,shards.unassigned", "number of unassigned shards", isRight: true),
            .init("pending_tasks", "pt,pendingTasks", "number of pending tasks", isRight: true),
            .init("max_task_wait_time", "mtwt", "wait time of longest task pending", isRight: true),
            .init("active_shards_percent", "asp", "active number of shards in percent", isRight: true),
        ])
        let health = ClusterHealth(try call.indices(nil, .administrative))
        let time = timestamp(call)
        var row: [CatCell] = [
            .text(time.epoch), .text(time.clock), .text(call.service.options.clusterName),
            .text(health.status), .number(1), .number(1), .text("true"), .number(health.active),
            .number(health.active), .number(0), .number(0), .number(health.unassigned), .number(0),
            .text("-"),
        ]
        let tenths = Int((health.percent * 10).rounded())
        row.append(.text("\(tenths / 10).\(tenths % 10)%"))
        if try !call.parameters.boolean("ts", default: true) { row.removeFirst(2) }
        if row.count < table.columns.count { table = CatTable(Array(table.columns.dropFirst(2))) }
        table.rows = [row]
        return try table.answer(call)
    }

    private static func timestamp(_ call: Call) -> (epoch: String, clock: String) {
        let seconds = call.store.wallMilliseconds / 1_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
        return (
            String(seconds), "\(two(seconds / 3_600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        )
    }
}

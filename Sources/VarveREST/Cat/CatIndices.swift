import Varve
import VarveEngine
import VarveManifest

/// `_cat/indices`, `_cat/shards`, `_cat/aliases` and `_cat/nodes`.
enum CatIndices {
    static func indices(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("health", "h", "current health status"), .init("status", "s", "open/close status"),
            .init("index", "i,idx", "index name"), .init("uuid", "id,uuid", "index uuid"),
            .init("pri", "p,shards.primary,shardsPrimary", "number of primary shards", isRight: true),
            .init("rep", "r,shards.replica,shardsReplica", "number of replica shards", isRight: true),
            .init("docs.count", "dc,docsCount", "available docs", isRight: true),
            .init("docs.deleted", "dd,docsDeleted", "deleted docs", isRight: true),
            .init("creation.date", "cd", "index creation date (millisecond value)", isShown: false),
            .init("store.size", "ss,storeSize", "store size of primaries & replicas", isRight: true),
            .init("pri.store.size", "", "store size of primaries", isRight: true),
            .init("segments.count", "sc,segmentsCount", "number of segments", isRight: true, isShown: false),
            .init(
                "search.open_contexts", "so,searchOpenContexts", "open search contexts", isRight: true,
                isShown: false),
            .init(
                "search.point_in_time_current", "scc,searchPointInTimeCurrent", "open point in time contexts",
                isRight: true, isShown: false),
            .init(
                "search.point_in_time_time", "scti,searchPointInTimeTime",
                "time point in time contexts held open", isRight: true, isShown: false),
            .init(
                "search.point_in_time_total", "scto,searchPointInTimeTotal",
                "completed point in time contexts", isRight: true, isShown: false),
        ])
        let options = try IndexOptions(call.parameters, over: .administrative)
        for index in try call.indices(call.parameters["index"], options) {
            let health = ClusterHealth([index]).status
            if let wanted = call.parameters.query["health"], wanted != health { continue }
            table.rows.append(try row(index, health))
        }
        return try table.answer(call)
    }

    private static func row(_ index: Index, _ health: String) throws(RESTError) -> [CatCell] {
        let head: [CatCell] = [
            .text(health), .text(index.isOpen ? "open" : "close"), .text(index.name), .text(index.wireUUID),
            .number(index.shardCount), .number(index.replicaCount),
        ]
        let statistics = try IndexStatistics(index)
        let stored = CatCell.bytes(statistics.storedBytes)
        let tail: [CatCell] = [
            stored, stored, .number(statistics.segmentCount), .number(statistics.contexts.open),
            .number(statistics.contexts.open), .milliseconds(statistics.contexts.closed.milliseconds),
            .number(statistics.contexts.closed.closed),
        ]
        let date = CatCell.text(String(index.createdAt))
        guard index.isOpen else { return head + [.none, .none, date] + tail }
        return head + [.number(statistics.live), .number(statistics.deleted), date] + tail
    }

    static func shards(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("index", "i,idx", "index name"), .init("shard", "s,sh", "shard name", isRight: true),
            .init("prirep", "p,pr,primaryOrReplica", "primary or replica"),
            .init("state", "st", "shard state"),
            .init("docs", "d,dc", "number of docs in shard", isRight: true),
            .init("store", "sto", "store size of shard (how much disk it uses)", isRight: true),
            .init("ip", "", "ip of node where it lives"),
            .init("id", "", "unique id of node", isShown: false),
            .init("node", "n", "name of node where it lives"),
        ])
        let options = try IndexOptions(call.parameters, over: .administrative)
        for index in try call.indices(call.parameters["index"], options) {
            for (number, facts) in try IndexStatistics(index).shards.enumerated() {
                table.rows.append([
                    .text(index.name), .number(number), .text("p"), .text("STARTED"), .number(facts.live),
                    .bytes(facts.storedBytes), .text(call.service.publishHost),
                    .text(call.service.nodeID), .text(call.service.options.nodeName),
                ])
                for _ in 0..<index.replicaCount {
                    table.rows.append([
                        .text(index.name), .number(number), .text("r"), .text("UNASSIGNED"), .none, .none,
                        .none, .none, .none,
                    ])
                }
            }
        }
        return try table.answer(call)
    }

    static func aliases(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("alias", "a", "alias name"), .init("index", "i,idx", "index alias points to"),
            .init("filter", "f,fi", "filter"), .init("routing.index", "ri,routingIndex", "index routing"),
            .init("routing.search", "rs,routingSearch", "search routing"),
            .init("is_write_index", "w,isWriteIndex", "write index"),
        ])
        let patterns = call.parameters.list("name") ?? ["*"]
        for shown in try AliasTable(call.store).entries(of: call.indices(nil, .administrative))
        where patterns.contains(where: { $0 == "_all" || Wildcard.matches(shown.alias, $0) }) {
            table.rows.append([
                .text(shown.alias), .text(shown.index), .text(shown.member.filter.isEmpty ? "-" : "*"),
                .text(shown.member.indexRouting ?? "-"), .text(shown.member.searchRouting ?? "-"),
                .text(shown.member.isWriteIndex.map { String($0) } ?? "-"),
            ])
        }
        table.rows.sort { $0[0].isBelow($1[0]) || $0[0] == $1[0] && $0[1].isBelow($1[1]) }
        return try table.answer(call)
    }

    static func nodes(_ call: Call) async throws(RESTError) -> RESTResponse {
        var table = CatTable([
            .init("id", "id,nodeId", "unique node id", isShown: false), .init("ip", "i", "ip address"),
            .init("http_address", "http", "bound http address", isShown: false),
            .init("version", "v", "version", isShown: false),
            .init("node.role", "r,role,nodeRole", "m:cluster eligible node, d:data node"),
            .init("node.roles", "rs,all roles", "all node roles"),
            .init("cluster_manager", "cm,m", "*:current cluster manager"), .init("name", "n", "node name"),
            .init("search.open_contexts", "so", "open search contexts", isRight: true, isShown: false),
            .init(
                "search.point_in_time_current", "scc", "open point in time contexts", isRight: true,
                isShown: false),
            .init(
                "search.point_in_time_time", "scti", "time point in time contexts held open", isRight: true,
                isShown: false),
            .init(
                "search.point_in_time_total", "scto", "completed point in time contexts", isRight: true,
                isShown: false),
        ])
        let service = call.service
        var (open, closed, time) = (0, 0, Int64(0))
        for index in call.store.indices {
            let counts = index.contextCounts
            open += counts.open
            closed += counts.closed.closed
            time += counts.closed.milliseconds
        }
        table.rows = [
            [
                .text(service.nodeID), .text(service.publishHost),
                .text(service.publishAddress), .text(service.options.version), .text("dm"),
                .text("cluster_manager,data"), .text("*"), .text(service.options.nodeName), .number(open),
                .number(open), .milliseconds(time), .number(closed),
            ]
        ]
        return try table.answer(call)
    }
}

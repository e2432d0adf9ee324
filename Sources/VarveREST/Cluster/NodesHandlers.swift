import Varve

/// `_nodes`, of which there is one.
enum NodesHandlers {
    private static let sections: Set<String> = ["http", "_all", "os", "process", "settings", "transport"]

    /// The node's own names for itself; what else a request names is not there.
    private static func isMeant(_ call: Call) -> Bool {
        guard let names = call.parameters.path["node"]?.split(separator: ",").map(String.init) else {
            return true
        }
        let own = [call.service.nodeID, call.service.options.nodeName, "_local", "_all", "_master"]
        let isSection = names.allSatisfy { sections.contains($0) }
        return isSection || names.contains { name in own.contains { Wildcard.matches($0, name) } }
    }

    static func info(_ call: Call) async throws(RESTError) -> RESTResponse {
        try answer(call) { (json) throws(RESTError) in
            let options = call.service.options
            writeNames(call, to: &json)
            json.add("version", options.version)
            json.add("build_type", "tar")
            json.add("build_hash", options.build)
            writeRoles(to: &json)
            json.key("http")
            json.beginObject()
            json.key("bound_address")
            json.beginArray()
            json.value(call.service.publishAddress)
            json.endArray()
            json.add("publish_address", call.service.publishAddress)
            json.add("max_content_length_in_bytes", 100 << 20)
            json.endObject()
        }
    }

    /// Sections of OpenSearch, of which the indices alone are kept here.
    private static let metrics: Set<String> = [
        "_all", "adaptive_selection", "breaker", "discovery", "fs", "http", "indexing_pressure", "indices",
        "ingest", "jvm", "os", "process", "script", "thread_pool", "transport",
    ]

    static func stats(_ call: Call) async throws(RESTError) -> RESTResponse {
        let level = call.parameters.query["level"] ?? "node"
        guard ["node", "indices", "shards"].contains(level) else {
            throw .illegalArgument(
                "level parameter must be one of [indices] or [node] or [shards] but was [\(level)]")
        }
        let sections = call.parameters.path["metric"]?.split(separator: ",").map(String.init) ?? ["_all"]
        if let unknown = sections.first(where: { !metrics.contains($0) }) {
            throw .illegalArgument(
                "request [\(call.request.path)] contains unrecognized metric: [\(unknown)]"
                    + Suggestion.text(for: unknown, among: Array(metrics), arrow: " ->"))
        }
        let wanted = try StatsHandlers.metrics(call, "index_metric")
        return try answer(call) { (json) throws(RESTError) in
            json.add("timestamp", call.store.wallMilliseconds)
            writeNames(call, to: &json)
            writeRoles(to: &json)
            if sections.contains("_all") || sections.contains("indices") {
                try writeIndices(level, wanted, call, to: &json)
            }
        }
    }

    private static func writeIndices(
        _ level: String, _ wanted: Set<String>, _ call: Call, to json: inout JSONWriter
    ) throws(RESTError) {
        var all: [(index: Index, statistics: IndexStatistics)] = []
        for index in call.store.indices where index.isOpen { all.append((index, try IndexStatistics(index))) }
        json.key("indices")
        json.beginObject()
        ShardMetrics(all.map(\.statistics)).write(wanted, to: &json)
        if level == "indices" {
            json.key("indices")
            json.beginObject()
            for (index, statistics) in all {
                json.key(index.name)
                json.beginObject()
                ShardMetrics([statistics]).write(wanted, to: &json)
                json.endObject()
            }
            json.endObject()
        } else if level == "shards" {
            json.key("shards")
            json.beginObject()
            for (index, statistics) in all { writeShards(index, statistics, wanted, call, to: &json) }
            json.endObject()
        }
        json.endObject()
    }

    private static func writeShards(
        _ index: Index, _ statistics: IndexStatistics, _ wanted: Set<String>, _ call: Call,
        to json: inout JSONWriter
    ) {
        let pulled = index.isPulled ? index : nil
        json.key(index.name)
        json.beginArray()
        for (number, facts) in statistics.shards.enumerated() {
            json.beginObject()
            json.key(String(number))
            StatsHandlers.writeShard(facts, number, pulled, wanted, call, to: &json)
            json.endObject()
        }
        json.endArray()
    }

    private static func answer(
        _ call: Call, _ write: (inout JSONWriter) throws(RESTError) -> Void
    ) throws(RESTError) -> RESTResponse {
        let count = isMeant(call) ? 1 : 0
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("_nodes")
        json.beginObject()
        json.add("total", count)
        json.add("successful", count)
        json.add("failed", 0)
        json.endObject()
        json.add("cluster_name", call.service.options.clusterName)
        json.key("nodes")
        json.beginObject()
        if count > 0 {
            json.key(call.service.nodeID)
            json.beginObject()
            try write(&json)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return .json(200, json)
    }

    static func writeNames(_ call: Call, to json: inout JSONWriter) {
        json.add("name", call.service.options.nodeName)
        json.add("transport_address", call.service.publishAddress)
        json.add("host", call.service.publishHost)
        json.add("ip", call.service.publishHost)
    }

    private static func writeRoles(to json: inout JSONWriter) {
        json.key("roles")
        json.beginArray()
        for role in ["cluster_manager", "data"] { json.value(role) }
        json.endArray()
    }
}

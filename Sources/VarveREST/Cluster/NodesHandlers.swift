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

    static func stats(_ call: Call) async throws(RESTError) -> RESTResponse {
        try answer(call) { (json) throws(RESTError) in
            json.add("timestamp", call.store.wallMilliseconds)
            writeNames(call, to: &json)
            writeRoles(to: &json)
            json.key("indices")
            json.beginObject()
            var all: [IndexStatistics] = []
            for index in call.store.indices where index.isOpen { all.append(try IndexStatistics(index)) }
            ShardMetrics(
                shards: all.flatMap(\.shards),
                contexts: (
                    all.reduce(0) { $0 + $1.contexts.open }, all.reduce(0) { $0 + $1.contexts.closed.closed },
                    all.reduce(0) { $0 + $1.contexts.closed.milliseconds }
                )
            ).write(StatsHandlers.allMetrics, to: &json)
            json.endObject()
        }
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

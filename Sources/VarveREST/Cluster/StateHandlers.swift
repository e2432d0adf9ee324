import Varve

/// `_cluster/state`, as far as one node has any, and `_resolve/index`.
enum StateHandlers {
    private static let metrics = [
        "_all", "version", "master_node", "cluster_manager_node", "nodes", "metadata", "routing_table",
        "blocks",
    ]

    static func state(_ call: Call) async throws(RESTError) -> RESTResponse {
        let wanted = call.parameters.list("metric") ?? ["_all"]
        for name in wanted where !metrics.contains(name) {
            throw .illegalArgument(
                "request [\(call.request.path)] contains unrecognized metric: [\(name)]"
                    + Suggestion.text(for: name, among: metrics, arrow: " ->"))
        }
        func shows(_ name: String) -> Bool { wanted.contains("_all") || wanted.contains(name) }
        let indices = try call.indices(
            call.parameters["index"], IndexOptions(call.parameters, over: .administrative))
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.add("cluster_name", call.service.options.clusterName)
        json.add("cluster_uuid", call.store.uuid.wireText)
        if shows("cluster_manager_node") || shows("master_node") {
            json.add("cluster_manager_node", call.service.nodeID)
            json.add("master_node", call.service.nodeID)
        }
        if shows("nodes") {
            json.key("nodes")
            json.beginObject()
            json.key(call.service.nodeID)
            json.beginObject()
            NodesHandlers.writeNames(call, to: &json)
            json.endObject()
            json.endObject()
        }
        if shows("metadata") { try writeMetadata(indices, call, to: &json) }
        if shows("routing_table") { writeRouting(indices, call, to: &json) }
        json.endObject()
        return .json(200, json)
    }

    private static func writeMetadata(
        _ indices: [Index], _ call: Call, to json: inout JSONWriter
    ) throws(RESTError) {
        let isFlat = try call.parameters.boolean("flat_settings")
        let aliases = AliasTable(call.store)
        json.key("metadata")
        json.beginObject()
        json.add("cluster_uuid", call.store.uuid.wireText)
        json.key("indices")
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.add("state", index.isOpen ? "open" : "close")
            json.key("settings")
            IndexSettings.write(index, isFlat: isFlat, to: &json)
            json.key("mappings")
            json.beginObject()
            json.key("_doc")
            MappingHandlers.write(index.mapping, to: &json)
            json.endObject()
            json.key("aliases")
            json.beginArray()
            for alias in aliases.names(of: index) { json.value(alias.name) }
            json.endArray()
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }

    private static func writeRouting(_ indices: [Index], _ call: Call, to json: inout JSONWriter) {
        json.key("routing_table")
        json.beginObject()
        json.key("indices")
        json.beginObject()
        for index in indices {
            json.key(index.name)
            json.beginObject()
            json.key("shards")
            json.beginObject()
            for number in 0..<index.shardCount {
                json.key(String(number))
                json.beginArray()
                for copy in 0...index.replicaCount {
                    json.beginObject()
                    json.add("state", copy == 0 ? "STARTED" : "UNASSIGNED")
                    json.add("primary", copy == 0)
                    if copy == 0 { json.add("node", call.service.nodeID) } else { json.addNull("node") }
                    json.add("shard", number)
                    json.add("index", index.name)
                    json.endObject()
                }
                json.endArray()
            }
            json.endObject()
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }

    /// `GET /_resolve/index/{name}`.
    static func resolve(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters, over: .administrative)
        let resolved = try call.resolve(call.segment("name"), options)
        _ = try call.admit(resolved.map(\.index))
        let table = AliasTable(call.store)
        var json = JSONWriter()
        json.beginObject()
        json.key("indices")
        json.beginArray()
        for index in resolved.filter(\.isDirect).map(\.index).sorted(by: { $0.name < $1.name }) {
            json.beginObject()
            json.add("name", index.name)
            let aliases = table.names(of: index).map(\.name)
            if !aliases.isEmpty { json.add("aliases", aliases) }
            var attributes = [index.isOpen ? "open" : "closed"]
            if index.isHidden { attributes.insert("hidden", at: 0) }
            json.add("attributes", attributes)
            json.endObject()
        }
        json.endArray()
        json.key("aliases")
        json.beginArray()
        for alias in Set(resolved.flatMap { $0.aliases.map(\.name) }).sorted() {
            json.beginObject()
            json.add("name", alias)
            let members = resolved.filter { $0.aliases.contains { $0.name == alias } }
            json.add("indices", members.map(\.index.name).sorted())
            json.endObject()
        }
        json.endArray()
        json.key("data_streams")
        json.beginArray()
        json.endArray()
        json.endObject()
        return .json(200, json)
    }
}

extension JSONWriter {
    mutating func add(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}

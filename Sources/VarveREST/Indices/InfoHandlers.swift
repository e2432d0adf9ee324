import Varve

/// What the server says of itself.
enum InfoHandlers {
    static func info(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = call.service.options
        var json = JSONWriter()
        json.beginObject()
        json.add("name", options.nodeName)
        json.add("cluster_name", options.clusterName)
        json.add("cluster_uuid", call.store.uuid.wireText)
        json.key("version")
        json.beginObject()
        json.add("distribution", "opensearch")
        json.add("number", options.version)
        json.add("build_type", "tar")
        json.add("build_hash", options.build)
        json.add("build_date", "2026-01-01T00:00:00.000000000Z")
        json.add("build_snapshot", false)
        json.add("lucene_version", "10.3.0")
        json.add("minimum_wire_compatibility_version", "2.19.0")
        json.add("minimum_index_compatibility_version", "2.0.0")
        json.endObject()
        json.add("tagline", "The OpenSearch Project: https://opensearch.org/")
        json.endObject()
        return .json(200, json)
    }

    static func health(_ call: Call) async throws(RESTError) -> RESTResponse {
        let indices = try call.indices(call.parameters["index"])
        let primaries = indices.reduce(0) { $0 + $1.shardCount }
        let unassigned = indices.reduce(0) { $0 + $1.shardCount * $1.replicaCount }
        var json = JSONWriter()
        json.beginObject()
        json.add("cluster_name", call.service.options.clusterName)
        json.add("status", unassigned == 0 ? "green" : "yellow")
        json.add("timed_out", false)
        json.add("number_of_nodes", 1)
        json.add("number_of_data_nodes", 1)
        json.add("discovered_master", true)
        json.add("discovered_cluster_manager", true)
        json.add("active_primary_shards", primaries)
        json.add("active_shards", primaries)
        for name in ["relocating_shards", "initializing_shards"] { json.add(name, 0) }
        json.add("unassigned_shards", unassigned)
        for name in [
            "delayed_unassigned_shards", "number_of_pending_tasks", "number_of_in_flight_fetch",
            "task_max_waiting_in_queue_millis",
        ] { json.add(name, 0) }
        let copies = primaries + unassigned
        json.add(
            "active_shards_percent_as_number",
            copies == 0 ? 100.0 : Double(primaries) * 100 / Double(copies))
        json.endObject()
        return .json(200, json)
    }
}

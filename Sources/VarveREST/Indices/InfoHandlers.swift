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
}

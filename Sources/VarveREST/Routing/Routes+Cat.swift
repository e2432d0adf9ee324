/// Routes of the cat APIs.
extension Routes {
    private static let cat = CatTable.parameters + " "
    private static let index = IndexOptions.parameters

    static let cats: [Route] = [
        Route("GET", "/_cat", "cluster:monitor/main", CatHandlers.list),
        Route("GET", "/_cat/aliases", "indices:admin/aliases/get", CatIndices.aliases, cat + index),
        Route("GET", "/_cat/aliases/{name}", "indices:admin/aliases/get", CatIndices.aliases, cat + index),
        Route("GET", "/_cat/count", "indices:data/read/search", CatHandlers.count, cat),
        Route("GET", "/_cat/count/{index}", "indices:data/read/search", CatHandlers.count, cat),
        Route("GET", "/_cat/health", "cluster:monitor/health", CatHandlers.health, cat + "ts"),
        Route("GET", "/_cat/indices", "indices:monitor/stats", CatIndices.indices, catIndices),
        Route("GET", "/_cat/indices/{index}", "indices:monitor/stats", CatIndices.indices, catIndices),
        Route("GET", "/_cat/nodes", "cluster:monitor/nodes/stats", CatIndices.nodes, cat + "full_id"),
        Route(
            "GET", "/_cat/pit_segments", "indices:monitor/point_in_time/segments", CatSegments.pointInTime,
            cat, body: true),
        Route(
            "GET", "/_cat/pit_segments/_all", "indices:monitor/point_in_time/segments",
            CatSegments.allPointsInTime, cat),
        Route("GET", "/_cat/segments", "indices:monitor/segments", CatSegments.segments, cat + index),
        Route(
            "GET", "/_cat/segments/{index}", "indices:monitor/segments", CatSegments.segments, cat + index),
        Route("GET", "/_cat/shards", "indices:monitor/stats", CatIndices.shards, cat + index),
        Route("GET", "/_cat/shards/{index}", "indices:monitor/stats", CatIndices.shards, cat + index),
    ]
    private static let catIndices = cat + "health pri include_unloaded_segments " + index
}

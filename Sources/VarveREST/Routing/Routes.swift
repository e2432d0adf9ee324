/// The whole surface, one line a path.
enum Routes {
    private static let wait = "timeout master_timeout cluster_manager_timeout"
    private static let write =
        "refresh routing timeout version version_type if_seq_no if_primary_term op_type pipeline "
        + "require_alias wait_for_active_shards"
    private static let read =
        "_source _source_includes _source_excludes stored_fields version version_type refresh preference "
        + "routing realtime"
    private static let index = IndexOptions.parameters
    private static let pit =
        "keep_alive allow_partial_pit_creation routing preference refresh name " + index

    static let all: [Route] = cluster + indices + documents + searches + cats

    private static let cluster: [Route] = [
        Route("GET HEAD", "/", InfoHandlers.info),
        Route("GET", "/_cluster/health", InfoHandlers.health, health),
        Route("GET", "/_cluster/health/{index}", InfoHandlers.health, health),
    ]
    private static let health =
        "level local wait_for_status wait_for_nodes wait_for_active_shards wait_for_events "
        + "wait_for_no_relocating_shards wait_for_no_initializing_shards expand_wildcards " + wait

    private static let indices: [Route] = [
        Route(
            "PUT", "/{index}", IndexHandlers.create, "wait_for_active_shards " + wait, body: true),
        Route("GET", "/{index}", IndexHandlers.get, shown),
        Route("HEAD", "/{index}", IndexHandlers.exists, shown),
        Route("DELETE", "/{index}", IndexHandlers.delete, index + " " + wait),
        Route("GET", "/_mapping", IndexHandlers.getMapping, shown),
        Route("GET", "/{index}/_mapping", IndexHandlers.getMapping, shown),
        Route(
            "PUT POST", "/{index}/_mapping", IndexHandlers.putMapping,
            "write_index_only " + index + " " + wait, body: true),
        Route("GET", "/_settings", IndexHandlers.getSettings, shown),
        Route("GET", "/{index}/_settings", IndexHandlers.getSettings, shown),
        Route("GET POST", "/_refresh", IndexHandlers.refresh, index),
        Route("GET POST", "/{index}/_refresh", IndexHandlers.refresh, index),
        Route("GET POST", "/_flush", IndexHandlers.flush, flush),
        Route("GET POST", "/{index}/_flush", IndexHandlers.flush, flush),
        Route("POST", "/_forcemerge", IndexHandlers.forceMerge, merge),
        Route("POST", "/{index}/_forcemerge", IndexHandlers.forceMerge, merge),
    ]
    private static let shown = "flat_settings include_defaults local " + index + " " + wait
    private static let flush = "force wait_if_ongoing " + index
    private static let merge =
        "max_num_segments flush only_expunge_deletes wait_for_completion primary_only " + index

    private static let documents: [Route] = [
        Route("POST", "/{index}/_doc", DocumentHandlers.put, write, body: true),
        Route("PUT POST", "/{index}/_doc/{id}", DocumentHandlers.put, write, body: true),
        Route("PUT POST", "/{index}/_create/{id}", DocumentHandlers.put, write, body: true),
        Route("GET HEAD", "/{index}/_doc/{id}", DocumentHandlers.get, read),
        Route("GET HEAD", "/{index}/_source/{id}", DocumentHandlers.source, read),
        Route("DELETE", "/{index}/_doc/{id}", DocumentHandlers.delete, write),
        Route(
            "POST", "/{index}/_update/{id}", UpdateHandlers.update,
            write + " retry_on_conflict lang _source _source_includes _source_excludes", body: true),
        Route("GET POST", "/_mget", DocumentHandlers.multiGet, read, body: true),
        Route("GET POST", "/{index}/_mget", DocumentHandlers.multiGet, read, body: true),
        Route("POST PUT", "/_bulk", BulkHandlers.bulk, BulkHandlers.parameters, body: true),
        Route("POST PUT", "/{index}/_bulk", BulkHandlers.bulk, BulkHandlers.parameters, body: true),
    ]

    private static let searches: [Route] = [
        Route("GET POST", "/_search", SearchHandlers.search, SearchHandlers.parameters, body: true),
        Route("GET POST", "/{index}/_search", SearchHandlers.search, SearchHandlers.parameters, body: true),
        Route("GET POST", "/_search/scroll", ScrollHandlers.next, scroll, body: true),
        Route("GET POST", "/_search/scroll/{scroll_id}", ScrollHandlers.next, scroll, body: true),
        Route("DELETE", "/_search/scroll", ScrollHandlers.clear, scroll, body: true),
        Route("DELETE", "/_search/scroll/{scroll_id}", ScrollHandlers.clear, scroll, body: true),
        Route("GET POST", "/_count", SearchHandlers.count, count, body: true),
        Route("GET POST", "/{index}/_count", SearchHandlers.count, count, body: true),
        Route("POST", "/{index}/_search/point_in_time", PointInTimeHandlers.create, pit),
        Route("DELETE", "/_search/point_in_time", PointInTimeHandlers.delete, body: true),
        Route("DELETE", "/_search/point_in_time/_all", PointInTimeHandlers.deleteAll),
        Route("GET", "/_search/point_in_time/_all", PointInTimeHandlers.list),
        Route("GET", "/_search/point_in_time/{id}", PointInTimeHandlers.get),
        Route("PUT", "/_search/point_in_time/{id}", PointInTimeHandlers.put, body: true),
    ]
    private static let scroll = "scroll scroll_id rest_total_hits_as_int"
    private static let count =
        "q df analyzer analyze_wildcard default_operator lenient preference routing min_score "
        + "terminate_after " + index

    private static let cats: [Route] = [
        Route("GET", "/_cat/indices", CatHandlers.indices, cat + index),
        Route("GET", "/_cat/indices/{index}", CatHandlers.indices, cat + index),
        Route("GET", "/_cat/count", CatHandlers.count, cat),
        Route("GET", "/_cat/count/{index}", CatHandlers.count, cat),
        Route("GET", "/_cat/health", CatHandlers.health, cat + "ts"),
    ]
    private static let cat = CatTable.parameters + " "
}

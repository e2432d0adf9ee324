/// The whole surface, one line a path.
enum Routes {
    static let wait = "timeout master_timeout cluster_manager_timeout"
    private static let write =
        "refresh routing timeout version version_type if_seq_no if_primary_term op_type pipeline "
        + "require_alias wait_for_active_shards"
    private static let read =
        "_source _source_includes _source_excludes stored_fields version version_type refresh preference "
        + "routing realtime pit"
    private static let index = IndexOptions.parameters

    static let all: [Route] =
        cluster + administration + indices + documents + searches + searching + ingestion + cats

    private static let cluster: [Route] = [
        Route("GET HEAD", "/", "cluster:monitor/main", InfoHandlers.info),
        Route("GET HEAD", "/_varve", "cluster:monitor/main", PageHandlers.show),
        Route("GET", "/_cluster/health", "cluster:monitor/health", ClusterHealth.answer, health),
        Route("GET", "/_cluster/health/{index}", "cluster:monitor/health", ClusterHealth.answer, health),
        Route(
            "GET", "/_cluster/settings", "cluster:monitor/settings", ClusterSettingsHandlers.get,
            "flat_settings include_defaults local " + wait),
        Route(
            "PUT", "/_cluster/settings", "cluster:admin/settings/update", ClusterSettingsHandlers.put,
            "flat_settings " + wait, body: true),
        Route(
            "GET", "/_prometheus/metrics", "cluster:monitor/prometheus/metrics", MetricsHandlers.show),
        // Whoever is known may ask.
        Route("GET POST", "/_plugins/_security/authinfo", "", AuthInfoHandlers.show),
    ]
    private static let health =
        "level local wait_for_status wait_for_nodes wait_for_active_shards wait_for_events "
        + "wait_for_no_relocating_shards wait_for_no_initializing_shards expand_wildcards " + wait

    private static let indices: [Route] = [
        Route(
            "PUT", "/{index}", "indices:admin/create", IndexHandlers.create, "wait_for_active_shards " + wait,
            body: true),
        Route("GET", "/{index}", "indices:admin/get", IndexHandlers.get, shown),
        Route("HEAD", "/{index}", "indices:admin/exists", IndexHandlers.exists, shown),
        Route("DELETE", "/{index}", "indices:admin/delete", IndexHandlers.delete, index + " " + wait),
        Route("GET", "/_mapping", "indices:admin/mappings/get", MappingHandlers.get, shown),
        Route("GET", "/{index}/_mapping", "indices:admin/mappings/get", MappingHandlers.get, shown),
        Route(
            "PUT POST", "/{index}/_mapping", "indices:admin/mapping/put", MappingHandlers.put,
            "write_index_only " + index + " " + wait, body: true),
        Route("GET", "/_settings", "indices:monitor/settings/get", SettingsHandlers.get, shown),
        Route("GET", "/{index}/_settings", "indices:monitor/settings/get", SettingsHandlers.get, shown),
        Route("GET POST", "/_refresh", "indices:admin/refresh", IndexHandlers.refresh, index),
        Route("GET POST", "/{index}/_refresh", "indices:admin/refresh", IndexHandlers.refresh, index),
        Route("GET POST", "/_flush", "indices:admin/flush", IndexHandlers.flush, flush),
        Route("GET POST", "/{index}/_flush", "indices:admin/flush", IndexHandlers.flush, flush),
        Route("POST", "/_forcemerge", "indices:admin/forcemerge", IndexHandlers.forceMerge, merge),
        Route("POST", "/{index}/_forcemerge", "indices:admin/forcemerge", IndexHandlers.forceMerge, merge),
        Route("GET POST", "/_analyze", "indices:admin/analyze", AnalyzeHandlers.analyze, body: true),
        Route("GET POST", "/{index}/_analyze", "indices:admin/analyze", AnalyzeHandlers.analyze, body: true),
    ]
    static let shown = "flat_settings include_defaults local " + index + " " + wait
    private static let flush = "force wait_if_ongoing " + index
    private static let merge =
        "max_num_segments flush only_expunge_deletes wait_for_completion primary_only " + index

    private static let documents: [Route] = [
        Route("POST", "/{index}/_doc", "indices:data/write/index", DocumentHandlers.put, write, body: true),
        Route(
            "PUT POST", "/{index}/_doc/{id}", "indices:data/write/index", DocumentHandlers.put, write,
            body: true),
        Route(
            "PUT POST", "/{index}/_create/{id}", "indices:data/write/index", DocumentHandlers.put, write,
            body: true),
        Route("GET HEAD", "/{index}/_doc/{id}", "indices:data/read/get", DocumentHandlers.get, read),
        Route("GET HEAD", "/{index}/_source/{id}", "indices:data/read/get", DocumentHandlers.source, read),
        Route("DELETE", "/{index}/_doc/{id}", "indices:data/write/delete", DocumentHandlers.delete, write),
        Route(
            "POST", "/{index}/_update/{id}", "indices:data/write/update", UpdateHandlers.update,
            write + " retry_on_conflict lang _source _source_includes _source_excludes", body: true),
        Route("GET POST", "/_mget", "indices:data/read/mget", MultiGetHandlers.multiGet, read, body: true),
        Route(
            "GET POST", "/{index}/_mget", "indices:data/read/mget", MultiGetHandlers.multiGet, read,
            body: true),
        Route(
            "POST PUT", "/_bulk", "indices:data/write/bulk", BulkHandlers.bulk, BulkHandlers.parameters,
            body: true),
        Route(
            "POST PUT", "/{index}/_bulk", "indices:data/write/bulk", BulkHandlers.bulk,
            BulkHandlers.parameters, body: true),
    ]

    private static let searches: [Route] = [
        Route(
            "GET POST", "/_search", "indices:data/read/search", SearchHandlers.search,
            SearchHandlers.parameters, body: true),
        Route(
            "GET POST", "/{index}/_search", "indices:data/read/search", SearchHandlers.search,
            SearchHandlers.parameters, body: true),
        Route(
            "GET POST", "/_search/scroll", "indices:data/read/scroll", ScrollHandlers.next, scroll, body: true
        ),
        Route(
            "GET POST", "/_search/scroll/{scroll_id}", "indices:data/read/scroll", ScrollHandlers.next,
            scroll, body: true),
        Route(
            "DELETE", "/_search/scroll", "indices:data/read/scroll/clear", ScrollHandlers.clear, scroll,
            body: true),
        Route(
            "DELETE", "/_search/scroll/{scroll_id}", "indices:data/read/scroll/clear", ScrollHandlers.clear,
            scroll, body: true),
        Route(
            "POST", "/{index}/_search/point_in_time", "indices:data/read/point_in_time/create",
            PointInTimeCreation.create,
            PointInTimeCreation.parameters),
        Route(
            "DELETE", "/_search/point_in_time", "indices:data/read/point_in_time/delete",
            PointInTimeHandlers.delete, body: true),
        Route(
            "DELETE", "/_search/point_in_time/_all", "indices:data/read/point_in_time/delete",
            PointInTimeHandlers.deleteAll),
        Route(
            "GET", "/_search/point_in_time/_all", "indices:data/read/point_in_time/readall",
            PointInTimeListing.list,
            PointInTimeListing.parameters),
        Route("GET", "/_search/point_in_time/{id}", "indices:data/read/search", PointInTimeListing.get),
        Route(
            "PUT", "/_search/point_in_time/{id}", "indices:data/read/point_in_time/create",
            PointInTimeListing.put, body: true),
    ]
    private static let scroll = "scroll scroll_id rest_total_hits_as_int"

}

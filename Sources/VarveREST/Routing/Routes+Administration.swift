/// Routes of aliases, settings, states and numbers of indices, and of the one node.
extension Routes {
    private static let index = IndexOptions.parameters

    static let administration: [Route] = aliases + states + numbers + nodes + byQuery

    private static let aliases: [Route] =
        [
            Route(
                "POST", "/_aliases", "indices:admin/aliases", AliasHandlers.change, wait, body: true),
            Route("GET", "/_alias", "indices:admin/aliases/get", AliasHandlers.get, "local " + index),
            Route(
                "GET", "/{index}/_alias", "indices:admin/aliases/get", AliasHandlers.get, "local " + index),
            Route("GET", "/_alias/{name}", "indices:admin/aliases/get", AliasHandlers.get, "local " + index),
            Route(
                "HEAD", "/_alias/{name}", "indices:admin/aliases/get", AliasHandlers.exists,
                "local " + index),
            Route(
                "GET", "/{index}/_alias/{name}", "indices:admin/aliases/get", AliasHandlers.get,
                "local " + index),
            Route(
                "HEAD", "/{index}/_alias/{name}", "indices:admin/aliases/get", AliasHandlers.exists,
                "local " + index),
        ]
        + ["_alias", "_aliases"].flatMap { name in
            [
                Route(
                    "PUT POST", "/{index}/\(name)/{name}", "indices:admin/aliases", AliasHandlers.put, wait,
                    body: true),
                Route(
                    "DELETE", "/{index}/\(name)/{name}", "indices:admin/aliases", AliasHandlers.delete,
                    wait),
                Route(
                    "PUT POST", "/\(name)/{name}", "indices:admin/aliases", AliasHandlers.put, wait,
                    body: true),
            ]
        }

    private static let states: [Route] = [
        Route(
            "POST", "/{index}/_open", "indices:admin/open", OpenCloseHandlers.open,
            "wait_for_active_shards " + index + " " + wait),
        Route(
            "POST", "/{index}/_close", "indices:admin/close", OpenCloseHandlers.close,
            "wait_for_active_shards " + index + " " + wait),
        Route("PUT", "/_settings", "indices:admin/settings/update", SettingsHandlers.put, put, body: true),
        Route(
            "PUT", "/{index}/_settings", "indices:admin/settings/update", SettingsHandlers.put, put,
            body: true),
        Route("GET", "/_settings/{name}", "indices:monitor/settings/get", SettingsHandlers.get, shown),
        Route(
            "GET", "/{index}/_settings/{name}", "indices:monitor/settings/get", SettingsHandlers.get,
            shown),
        Route(
            "GET", "/_mapping/field/{fields}", "indices:admin/mappings/fields/get", MappingHandlers.fields,
            "include_defaults local " + index),
        Route(
            "GET", "/{index}/_mapping/field/{fields}", "indices:admin/mappings/fields/get",
            MappingHandlers.fields, "include_defaults local " + index),
        Route("GET", "/_resolve/index/{name}", "indices:admin/resolve/index", StateHandlers.resolve, index),
    ]
    private static let put = "flat_settings preserve_existing " + index + " " + wait

    private static let numbers: [Route] =
        ["/_stats", "/_stats/{metric}", "/{index}/_stats", "/{index}/_stats/{metric}"].map {
            Route("GET", $0, "indices:monitor/stats", StatsHandlers.stats, StatsHandlers.parameters)
        }
        + ["/_segments", "/{index}/_segments"].map {
            Route("GET", $0, "indices:monitor/segments", StatsHandlers.segments, "verbose " + index)
        }

    private static let byQuery: [Route] = [
        Route(
            "POST", "/{index}/_delete_by_query", "indices:data/write/delete/byquery", DeleteByQuery.answer,
            DeleteByQuery.parameters, body: true),
        Route(
            "POST", "/{index}/_update_by_query", "indices:data/write/update/byquery",
            DeleteByQuery.refuseUpdate, DeleteByQuery.parameters + " pipeline", body: true),
    ]

    private static let nodes: [Route] =
        ["/_cluster/state", "/_cluster/state/{metric}", "/_cluster/state/{metric}/{index}"].map {
            Route(
                "GET", $0, "cluster:monitor/state", StateHandlers.state,
                "flat_settings local wait_for_metadata_version wait_for_timeout " + index + " " + wait)
        }
        + ["/_nodes", "/_nodes/{node}"].map {
            Route("GET", $0, "cluster:monitor/nodes/info", NodesHandlers.info, "flat_settings timeout")
        }
        + ["/_nodes/stats", "/_nodes/{node}/stats"].map {
            Route("GET", $0, "cluster:monitor/nodes/stats", NodesHandlers.stats, "level types timeout")
        }
        + [
            "/_nodes/stats/{metric}", "/_nodes/stats/{metric}/{index_metric}",
            "/_nodes/{node}/stats/{metric}",
            "/_nodes/{node}/stats/{metric}/{index_metric}",
        ].map {
            Route("GET", $0, "cluster:monitor/nodes/stats", NodesHandlers.stats, "level types timeout")
        }
}

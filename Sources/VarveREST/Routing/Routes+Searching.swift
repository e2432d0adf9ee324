/// Searching beside `_search` itself.
extension Routes {
    static let searching: [Route] = [
        Route("GET POST", "/_count", "indices:data/read/search", CountHandlers.count, count, body: true),
        Route(
            "GET POST", "/{index}/_count", "indices:data/read/search", CountHandlers.count, count, body: true),
        Route(
            "GET POST", "/_msearch", "indices:data/read/msearch", MultiSearchHandlers.search,
            MultiSearchHandlers.parameters, body: true),
        Route(
            "GET POST", "/{index}/_msearch", "indices:data/read/msearch", MultiSearchHandlers.search,
            MultiSearchHandlers.parameters, body: true),
        Route(
            "GET POST", "/_field_caps", "indices:data/read/field_caps", FieldCapabilityHandlers.get,
            FieldCapabilityHandlers.parameters, body: true),
        Route(
            "GET POST", "/{index}/_field_caps", "indices:data/read/field_caps", FieldCapabilityHandlers.get,
            FieldCapabilityHandlers.parameters, body: true),
        Route(
            "GET POST", "/_validate/query", "indices:admin/validate/query", CountHandlers.validate,
            validation,
            body: true),
        Route(
            "GET POST", "/{index}/_validate/query", "indices:admin/validate/query", CountHandlers.validate,
            validation, body: true),
    ]
    private static let count =
        "q df analyzer analyze_wildcard default_operator lenient preference routing "
        + "terminate_after " + IndexOptions.parameters
    private static let validation =
        "q df analyzer analyze_wildcard default_operator lenient explain rewrite all_shards "
        + IndexOptions.parameters
}

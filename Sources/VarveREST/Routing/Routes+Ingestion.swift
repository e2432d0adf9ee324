/// Ingestion from streams. Dead letters, `_reset` and `_skip` are an addition to OpenSearch.
extension Routes {
    static let ingestion: [Route] = [
        Route(
            "POST", "/{index}/ingestion/_pause", "indices:admin/ingestion/pause", IngestionHandlers.pause,
            IngestionHandlers.pauseParameters),
        Route(
            "POST", "/{index}/ingestion/_resume", "indices:admin/ingestion/resume", IngestionHandlers.resume,
            IngestionHandlers.resumeParameters, body: true),
        Route(
            "POST", "/{index}/ingestion/_reset", "indices:admin/ingestion/reset", IngestionHandlers.reset,
            IngestionHandlers.resumeParameters, body: true),
        Route(
            "GET", "/{index}/ingestion/_state", "indices:monitor/ingestion/state",
            IngestionStateHandlers.state, IngestionStateHandlers.parameters),
        Route(
            "POST", "/{index}/ingestion/_skip", "indices:admin/ingestion/skip", IngestionHandlers.skip,
            IngestionHandlers.skipParameters),
        Route(
            "GET", "/{index}/ingestion/_dead_letters", "indices:data/read/ingestion/dead_letters",
            DeadLetterHandlers.list, DeadLetterHandlers.listParameters),
        Route(
            "DELETE", "/{index}/ingestion/_dead_letters", "indices:admin/ingestion/dead_letters/purge",
            DeadLetterHandlers.purge),
        Route(
            "GET", "/{index}/ingestion/_dead_letters/{letter}", "indices:data/read/ingestion/dead_letters",
            DeadLetterHandlers.get),
        Route(
            "DELETE", "/{index}/ingestion/_dead_letters/{letter}",
            "indices:admin/ingestion/dead_letters/purge", DeadLetterHandlers.purge),
        Route(
            "POST", "/{index}/ingestion/_dead_letters/_retry", "indices:admin/ingestion/dead_letters/retry",
            DeadLetterHandlers.retry, body: true),
    ]
}

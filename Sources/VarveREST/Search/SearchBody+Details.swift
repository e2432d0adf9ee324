import Varve
import VarveQuery

/// What a search wants besides its hits, and the limits of its work.
extension SearchBody {
    mutating func readDetails(_ parameters: Parameters) throws(RESTError) {
        if let count = try parameters.integer("terminate_after") { try setTermination(count) }
        if let text = parameters.query["timeout"] { try setTimeout(text) }
        if let names = parameters.list("stored_fields") { try setStored(names) }
        if let names = parameters.list("docvalue_fields") {
            details.columns = names.map { SearchDetails.Fields($0) }
        }
        allowsPartial = try parameters.boolean("allow_partial_search_results", default: true)
        for name in ["explain", "phase_took", "include_named_queries_score"]
        where try parameters.boolean(name) {
            throw .illegalArgument("[\(name)] is not supported")
        }
        for name in ["search_pipeline", "cancel_after_time_interval"] where parameters.has(name) {
            throw .illegalArgument("[\(name)] is not supported")
        }
        try Self.checkTuning(parameters)
    }

    /// What only tunes a cluster of many nodes has to be sound and changes nothing.
    private static func checkTuning(_ parameters: Parameters) throws(RESTError) {
        _ = try parameters.boolean("request_cache")
        for (name, spelt, least) in [
            ("batched_reduce_size", "batchedReduceSize", 2),
            ("pre_filter_shard_size", "preFilterShardSize", 1),
            ("max_concurrent_shard_requests", "maxConcurrentShardRequests", 1),
        ] {
            if let number = try parameters.integer(name), number < least {
                throw .illegalArgument("\(spelt) must be >= \(least)")
            }
        }
    }

    /// What the cluster's settings say where the request does not.
    mutating func read(_ settings: ClusterSettings, _ parameters: Parameters) {
        bucketsMax = settings.integer("search.max_buckets")
        if !parameters.has("allow_partial_search_results") {
            allowsPartial = settings.boolean("search.default_allow_partial_results")
        }
    }

    /// 0 means all documents.
    mutating func setTermination(_ count: Int) throws(RESTError) {
        if count < 0 { throw .illegalArgument("terminateAfter must be > 0") }
        details.terminateAfter = count == 0 ? nil : count
    }

    /// -1 means no limit.
    mutating func setTimeout(_ text: String) throws(RESTError) {
        let timeout = try TimeValue(text, setting: "timeout")
        details.timeout = timeout.nanoseconds < 0 ? nil : .nanoseconds(timeout.nanoseconds)
    }

    /// No field is stored beside the source, so naming some only leaves the source out.
    mutating func setStored(_ names: [String]) throws(RESTError) {
        if names.contains("_none_") {
            guard names.count == 1 else {
                throw .illegalArgument("cannot combine _none_ with other fields")
            }
            showsID = false
            source = .none
        } else if !names.contains("_source") {
            source = .none
        }
    }

    /// Refuses a part of an answer where only the whole will do.
    func checkWhole(_ result: SearchResult, _ context: SearchFailureContext) throws(RESTError) {
        guard result.isTimedOut && !allowsPartial else { return }
        throw context.shardFailure(
            504, "query_phase_execution_exception", "Time exceeded", isServerType: true)
    }
}

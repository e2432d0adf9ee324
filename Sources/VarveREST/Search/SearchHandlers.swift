import Varve
import VarveQuery

/// Searching indices and points in time.
enum SearchHandlers {
    static let parameters =
        "q from size sort _source _source_includes _source_excludes track_total_hits rest_total_hits_as_int "
        + "version seq_no_primary_term track_scores search_type allow_partial_search_results typed_keys "
        + "request_cache batched_reduce_size pre_filter_shard_size max_concurrent_shard_requests preference "
        + "routing timeout terminate_after ccs_minimize_roundtrips cancel_after_time_interval scroll df "
        + "analyzer analyze_wildcard default_operator lenient explain stored_fields docvalue_fields stats "
        + "phase_took search_pipeline include_named_queries_score wait_for_pointer " + IndexOptions.parameters

    static func search(_ call: Call) async throws(RESTError) -> RESTResponse {
        let start = ContinuousClock.now
        var body = try SearchBody(try await TermsLookup.resolve(try call.json(), call))
        try body.read(call.parameters)
        body.read(call.service.settings, call.parameters)
        let isTotalNumber = try call.parameters.boolean("rest_total_hits_as_int")
        try validate(body, call)
        try checkCombinations(body, isScroll: call.parameters.has("scroll"))
        try await PointerWait("wait_for_pointer", call)?.wait()
        if let clause = body.pointInTime {
            return try await PointInTimeSearch(call, body, clause).answer(
                since: start, isTotalNumber: isTotalNumber)
        }
        if call.parameters.has("scroll") {
            return try await ScrollHandlers.open(call, body, since: start, isTotalNumber: isTotalNumber)
        }
        let targets = try call.targets(
            call.parameters["index"], IndexOptions(call.parameters), ShardChoice(call))
        let indices = targets.map(\.index)
        let context = SearchFailureContext(
            index: indices.first?.name ?? "", uuid: indices.first?.wireUUID ?? "_na_",
            node: call.service.nodeID)
        let window = indices.map(\.resultWindow).min() ?? 10_000
        let request = try SearchTranslation(body).request(window: window, context)
        let result: SearchResult
        do { result = try await call.store.search(request, in: targets) } catch {
            throw context.error(error)
        }
        try body.checkWhole(result, context)
        return SearchRendering(body, shards: SearchTarget.names(of: targets)).response(
            result, pointInTime: nil, since: start, isTotalNumber: isTotalNumber)
    }

    private static func validate(_ body: SearchBody, _ call: Call) throws(RESTError) {
        var failures: [String] = []
        if body.pointInTime != nil {
            if call.parameters.path["index"] != nil {
                failures.append("[indices] cannot be used with point in time")
            }
            if IndexOptions.parameters.split(separator: " ").contains(where: {
                call.parameters.has(String($0))
            }) {
                failures.append("[indicesOptions] cannot be used with point in time")
            }
            for name in ["routing", "preference"] where call.parameters.has(name) {
                failures.append("[\(name)] cannot be used with point in time")
            }
            if try call.parameters.boolean("ccs_minimize_roundtrips") {
                failures.append("[ccs_minimize_roundtrips] cannot be used with point in time")
            }
            if call.parameters.has("scroll") {
                failures.append("using [point in time] is not allowed in a scroll context")
            }
        }
        let tieBreakers = (body.sort ?? []).count {
            if case .field(let key) = $0 { key.field == "_shard_doc" } else { false }
        }
        if tieBreakers > 0 && body.pointInTime == nil {
            failures.append(
                call.parameters.has("scroll")
                    ? "_shard_doc cannot be used with scroll. Use PIT + search_after instead."
                    : "_shard_doc is only supported with point-in-time (PIT). Add a PIT or remove _shard_doc."
            )
        }
        if tieBreakers > 1 { failures.append("duplicate _shard_doc sort detected. Specify it at most once.") }
        if !failures.isEmpty { throw .validation(failures) }
    }

    /// What excludes each other, and then what is not done at all.
    private static func checkCombinations(_ body: SearchBody, isScroll: Bool) throws(RESTError) {
        let keys = Set(body.refused.map(\.key))
        if keys.contains("collapse") && body.after != nil {
            throw .illegalArgument("cannot use `collapse` in conjunction with `search_after`")
        }
        if keys.contains("rescore"), let sort = body.sort, !sort.isEmpty {
            throw .illegalArgument("Cannot use [sort] option in conjunction with [rescore].")
        }
        if body.slice != nil && body.pointInTime == nil && !isScroll {
            throw .illegalArgument("`slice` cannot be used outside of a scroll context or PIT context")
        }
        if let first = body.refused.first { throw first.error }
    }
}

/// From a body to what the library searches for.
struct SearchTranslation {
    private let body: SearchBody

    init(_ body: SearchBody) { self.body = body }

    func request(window: Int, _ context: SearchFailureContext) throws(RESTError) -> SearchRequest {
        let (end, overflow) = body.from.addingReportingOverflow(body.size)
        guard !overflow && end <= window else {
            throw context.shardFailure(
                400, "illegal_argument_exception",
                "Result window is too large, from + size must be less than or equal to: [\(window)] but was "
                    + "[\(overflow ? Int.max : end)]. See the scroll api for a more efficient way to request "
                    + "large data sets. This limit can be set by changing the [index.max_result_window] index "
                    + "level setting.")
        }
        if body.after != nil && body.from > 0 {
            throw context.shardFailure(
                400, "search_exception",
                "`from` parameter must be set to 0 when `search_after` is used.", isServerType: true)
        }
        if body.minimumScore != nil && !body.aggregations.isEmpty {
            throw .illegalArgument("[min_score] together with aggregations is not supported")
        }
        var keys: [SortKey] = []
        for key in body.sort ?? [] {
            switch key {
            case .field(let field): keys.append(field)
            case .score(let order): keys.append(SortKey("_score", order))
            }
        }
        if keys.isEmpty && body.size > 0 { keys = [.score] }
        var request = SearchRequest(
            body.query, sort: keys, from: body.from, size: body.size, after: try cursor(context),
            totalHits: body.totalHits, source: body.source, resultWindow: window)
        request.slice = body.slice?.slice
        request.minimumScore = body.minimumScore
        request.tracksScores = body.tracksScores
        request.details = body.details
        request.bucketsMax = body.bucketsMax
        request.aggregations = body.aggregations.map(\.aggregation)
        return request
    }

    private func cursor(_ context: SearchFailureContext) throws(RESTError) -> [SortValue]? {
        guard let after = body.after else { return nil }
        guard let sort = body.sort, !sort.isEmpty else {
            throw context.shardFailure(
                400, "illegal_argument_exception", "Sort must contain at least one field.")
        }
        guard after.count == sort.count else {
            throw context.shardFailure(
                400, "illegal_argument_exception",
                "search_after has \(after.count) value(s) but sort has \(sort.count).")
        }
        return after
    }
}

import VarveDocument
import VarveSegment

/// A request with everything in it that does not depend on documents read and checked.
struct PreparedSearch {
    let query: PreparedQuery
    let minimumScore: Float?
    let statistics: [ShardStatistics]
    let plan: SortPlan
    let cursor: SortCursor?
    let aggregations: AggregationPlan
    /// What hits have to match besides the query.
    let postFilter: PreparedQuery?
    let namedQueries: [PreparedQuery]

    /// What hits have to match.
    var hitQuery: PreparedQuery {
        guard let postFilter else { return query }
        var both = PreparedClauses()
        both.required = [query]
        both.filtered = [postFilter]
        return .bool(both)
    }

    init(_ request: SearchRequest, _ shards: [SearchableShard], _ context: SearchContext) throws {
        try Self.checkWindow(request)
        minimumScore = request.minimumScore
        statistics = shards.map { ShardStatistics($0) }
        let definitions = { (path: String) in Self.definitions(of: path, in: shards) }
        var preparation = QueryPreparation(FieldTestReader(now: context.now), definitions: definitions)
        query = try preparation.prepare(request.query).expanded(in: shards)
        if let filter = request.details.postFilter {
            postFilter = try Self.prepare(filter, context, definitions)
        } else {
            postFilter = nil
        }
        var named: [PreparedQuery] = []
        for query in request.details.namedQueries {
            named.append(try Self.prepare(query.query, context, definitions))
        }
        namedQueries = named
        plan = try SortPlan(request.sort, definitions: definitions)
        aggregations = try AggregationPlan(request.aggregations, now: context.now, definitions: definitions)
        if let after = request.after { cursor = try SortCursor(after, plan) } else { cursor = nil }
    }

    private static func prepare(
        _ query: Query, _ context: SearchContext, _ definitions: @escaping (String) -> [FieldDefinition]
    ) throws(QueryError) -> PreparedQuery {
        var preparation = QueryPreparation(FieldTestReader(now: context.now), definitions: definitions)
        return try preparation.prepare(query)
    }

    private static func checkWindow(_ request: SearchRequest) throws(QueryError) {
        if let slice = request.slice {
            guard slice.count >= 1 && (0..<slice.count).contains(slice.number) else {
                throw QueryError(.invalidRequest, "there is no slice \(slice.number) of \(slice.count)")
            }
        }
        guard request.size >= 0 else {
            throw QueryError(.invalidRequest, "[size] parameter cannot be negative, found [\(request.size)]")
        }
        guard request.from >= 0 else {
            throw QueryError(.invalidRequest, "[from] parameter cannot be negative, found [\(request.from)]")
        }
        let (end, overflow) = request.from.addingReportingOverflow(request.size)
        guard !overflow && end <= request.resultWindow else {
            throw QueryError(
                .windowTooLarge,
                """
                from + size is \(overflow ? "too large" : String(end)), beyond the result window of \
                \(request.resultWindow); page with search_after instead
                """)
        }
        guard request.after == nil || request.from == 0 else {
            throw QueryError(
                .invalidRequest, "`from` parameter must be set to 0 when `search_after` is used.")
        }
    }

    /// What a path is in the shards: in their mappings, or else in their segments.
    private static func definitions(of path: String, in shards: [SearchableShard]) -> [FieldDefinition] {
        var definitions: [FieldDefinition] = []
        for shard in shards {
            if let mapped = shard.fields.first(where: { $0.path == path }) { definitions.append(mapped) }
            for segment in shard.segments {
                guard let field = segment.view.field(named: path) else { continue }
                definitions.append(segment.view.fields[field].definition)
            }
        }
        return definitions
    }
}

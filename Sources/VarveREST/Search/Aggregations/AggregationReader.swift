import VarveQuery

/// `aggs` in all its forms.
struct AggregationReader {
    let body: JSONBody

    private static let supported: Set<String> = [
        "terms", "range", "date_range", "histogram", "date_histogram", "filter", "filters", "missing",
        "global",
        "composite", "min", "max", "avg", "sum", "stats", "extended_stats", "value_count", "cardinality",
    ]
    /// All that OpenSearch knows, for suggestions and for telling "unknown" from "not supported".
    private static let known =
        supported.union([
            "adjacency_matrix", "auto_date_histogram", "avg_bucket", "bucket_script", "bucket_selector",
            "bucket_sort", "children", "cumulative_sum", "derivative", "diversified_sampler",
            "extended_stats_bucket", "geo_bounds", "geo_centroid", "geo_distance", "geohash_grid",
            "geotile_grid", "ip_range", "matrix_stats", "max_bucket", "median_absolute_deviation",
            "min_bucket", "moving_avg", "moving_fn", "multi_terms", "nested", "parent", "percentile_ranks",
            "percentiles", "percentiles_bucket", "rare_terms", "reverse_nested", "sampler",
            "scripted_metric", "serial_diff", "significant_terms", "significant_text", "stats_bucket",
            "sum_bucket", "top_hits", "variable_width_histogram", "weighted_avg",
        ])

    init(_ body: JSONBody) { self.body = body }

    func read(_ node: JSONNode, depth: Int = 1) throws(RESTError) -> [AggregationClause] {
        guard let members = node.members else {
            throw parsing("Expected [START_OBJECT] but found [\(node.token)] in [aggs]", at: node.start)
        }
        guard depth <= 20 else {
            throw .illegalArgument("aggregations may be nested 20 deep, these are deeper")
        }
        var clauses: [AggregationClause] = []
        for member in members { clauses.append(try clause(member, depth)) }
        return clauses
    }

    private func clause(_ member: JSONNode.Member, _ depth: Int) throws(RESTError) -> AggregationClause {
        let name = member.key
        guard !name.isEmpty, !name.contains(where: { "[]>".contains($0) }) else {
            throw parsing(
                "Invalid aggregation name [\(name)]. Aggregation names can contain any character except '[', ']', "
                    + "and '>'", at: body.keyStart(of: member.value))
        }
        guard let definition = member.value.members else {
            throw parsing(
                "Aggregation definition for [\(name) starts with a [\(member.value.token)], expected a "
                    + "[START_OBJECT].", at: member.value.start)
        }
        var found: AggregationClause?
        var meta: [UInt8]?
        var parts: [AggregationClause]?
        for part in definition {
            guard part.value.members != nil else {
                throw parsing(
                    "Expected [START_OBJECT] under [\(part.key)], but got a [\(part.value.token)] in [\(name)]",
                    at: part.value.start)
            }
            switch part.key {
            case "meta": meta = Array(body.text(of: part.value))
            case "aggs", "aggregations":
                guard parts == nil else {
                    throw parsing(
                        "Found two sub aggregation definitions under [\(name)]", at: part.value.start)
                }
                parts = try read(part.value, depth: depth + 1)
            default:
                if let first = found?.aggregation {
                    throw parsing(
                        "Found two aggregation type definitions in [\(name)]: [\(type(of: first))] and "
                            + "[\(part.key)]", at: part.value.start)
                }
                found = try read(part.key, name, part.value)
            }
        }
        guard var clause = found else {
            throw parsing("Missing definition for aggregation [\(name)]", at: member.value.end - 1)
        }
        clause.meta = meta
        clause.parts = parts ?? []
        clause.aggregation.parts = clause.parts.map(\.aggregation)
        return clause
    }

    private func type(of aggregation: Aggregation) -> String { aggregation.typeName }

    private func read(
        _ type: String, _ name: String, _ node: JSONNode
    ) throws(RESTError) -> AggregationClause {
        guard Self.supported.contains(type) else { throw unknown(type, at: node.start) }
        let options = AggregationOptions(body: body, type: type, name: name, node: node)
        switch type {
        case "terms": return try options.terms()
        case "range": return try options.range()
        case "date_range": return try options.dateRange()
        case "histogram": return try options.histogram()
        case "date_histogram": return try options.dateHistogram()
        case "filter":
            let query = try QueryReader(body).read(node).query
            return AggregationClause(aggregation: Aggregation(name, .filter(query)), type: type)
        case "filters": return try options.filters()
        case "composite": return try options.composite()
        case "missing":
            try options.check(["field"])
            let field = try options.field()
            return AggregationClause(aggregation: Aggregation(name, .missing(field)), type: type)
        case "global":
            try options.check([])
            return AggregationClause(aggregation: Aggregation(name, .global), type: type)
        default: return try options.metric()
        }
    }

    private func unknown(_ type: String, at offset: Int) -> RESTError {
        if Self.known.contains(type) { return parsing("[\(type)] aggregation is not supported", at: offset) }
        let (line, column) = body.position(of: offset)
        var error = parsing(
            "Unknown aggregation type [\(type)]" + Suggestion.text(for: type, among: Array(Self.known)),
            at: offset)
        guard case .detailed(let detail, let root) = error.body else { return error }
        let cause = ErrorDetail(
            "named_object_not_found_exception", "[\(line):\(column)] unknown field [\(type)]")
        error.body = .detailed(
            ErrorDetail(detail.type, detail.reason, extra: detail.extra, cause: cause), root: root)
        return error
    }

    private func parsing(_ reason: String, at offset: Int) -> RESTError {
        QueryReader(body).parsing(reason, at: offset)
    }
}

import VarveDocument

/// The aggregations of a request with everything read that does not depend on documents: fields resolved, values
/// checked, one collector for each.
struct AggregationPlan {
    let names: [String]
    let collectors: [any Collector]
    /// Those that want to see values of documents that do not match.
    let unmatched: [TermsCollector]

    static let depthMax = 20
    static let countMax = 1_000

    init(
        _ aggregations: [Aggregation], now: Int64, definitions: @escaping (String) -> [FieldDefinition]
    ) throws(QueryError) {
        var builder = AggregationBuilder(now: now, definitions: definitions)
        let outermost = try builder.collectors(aggregations, path: [], isPageable: true)
        names = outermost.names
        collectors = outermost.collectors
        unmatched = builder.unmatched
    }
}

/// Makes collectors from requests.
struct AggregationBuilder {
    let now: Int64
    let definitions: (String) -> [FieldDefinition]
    let budget = CollectBudget()
    private var count = 0
    private(set) var unmatched: [TermsCollector] = []

    init(now: Int64, definitions: @escaping (String) -> [FieldDefinition]) {
        self.now = now
        self.definitions = definitions
    }

    /// - Parameters:
    ///   - path: The names of the enclosing aggregations.
    ///   - isPageable: Whether only single buckets enclose them.
    mutating func collectors(
        _ aggregations: [Aggregation], path: [String], isPageable: Bool
    ) throws(QueryError) -> InnerCollectors {
        guard path.count < AggregationPlan.depthMax else {
            throw QueryError(
                .tooComplex, "aggregations may be nested \(AggregationPlan.depthMax) deep, these are deeper")
        }
        var collectors: [any Collector] = []
        var names: [String] = []
        for aggregation in aggregations {
            count += 1
            guard count <= AggregationPlan.countMax else {
                throw QueryError(
                    .tooComplex,
                    "a search may have \(AggregationPlan.countMax) aggregations, this one has more")
            }
            if names.contains(aggregation.name) {
                throw QueryError(
                    .invalidRequest,
                    "Two sibling aggregations cannot have the same name: [\(aggregation.name)]")
            }
            names.append(aggregation.name)
            collectors.append(try collector(aggregation, path: path, isPageable: isPageable))
        }
        return InnerCollectors(names: names, collectors: collectors)
    }

    private mutating func collector(
        _ aggregation: Aggregation, path: [String], isPageable: Bool
    ) throws(QueryError) -> any Collector {
        let isSingle = aggregation.isSingleBucket
        if case .metric = aggregation.kind, !aggregation.parts.isEmpty {
            throw QueryError(
                .invalidRequest,
                "Aggregator [\(aggregation.name)] of type [\(aggregation.typeName)] cannot accept sub-aggregations"
            )
        }
        let inner = try collectors(
            aggregation.parts, path: path + [aggregation.name], isPageable: isPageable && isSingle)
        switch aggregation.kind {
        case .terms(let request): return try terms(request, aggregation, inner)
        case .range(let request): return try range(request, aggregation, inner)
        case .dateRange(let request): return try dateRange(request, aggregation, inner)
        case .histogram(let request): return try histogram(request, aggregation, inner)
        case .dateHistogram(let request): return try dateHistogram(request, aggregation, inner)
        case .composite(let request):
            guard isPageable else {
                throw QueryError(
                    .invalidRequest,
                    "[composite] aggregation cannot be used with a parentAggregation that makes several buckets"
                )
            }
            return try composite(request, aggregation, inner)
        case .filter(let query): return FilterCollector(try prepared(query), inner)
        case .filters(let request): return try filters(request, inner)
        case .missing(let path): return MissingCollector(try field(path), inner)
        case .global:
            guard path.isEmpty else {
                throw QueryError(
                    .invalidRequest,
                    "Aggregation [\(path[path.count - 1])] cannot have a global sub-aggregation "
                        + "[\(aggregation.name)]. Global aggregations can only be defined as top level "
                        + "aggregations")
            }
            return GlobalCollector(inner)
        case .metric(let request): return try metric(request, aggregation)
        }
    }

    func prepared(_ query: Query) throws(QueryError) -> PreparedQuery {
        var preparation = QueryPreparation(FieldTestReader(now: now), definitions: definitions)
        return try preparation.prepare(query)
    }

    func field(_ path: String, format: String? = nil, zone: Int64 = 0) throws(QueryError) -> AggregatedField {
        try AggregatedField(path, definitions(path), format: format, zone: zone)
    }

    /// A field whose values are numbers, or one that is unmapped.
    func numberField(
        _ path: String, _ aggregation: Aggregation, format: String? = nil, zone: Int64 = 0
    ) throws(QueryError) -> AggregatedField {
        let field = try field(path, format: format, zone: zone)
        if let type = field.unsupported {
            throw QueryError(
                .invalidRequest,
                "Field [\(path)] of type [\(type)] is not supported for aggregation [\(aggregation.typeName)]",
                field: path)
        }
        return field
    }

    private mutating func terms(
        _ request: TermsAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        guard request.size > 0 else {
            throw QueryError(
                .invalidRequest,
                "[size] must be greater than 0. Found [\(request.size)] in [\(aggregation.name)]")
        }
        guard request.minimumCount >= 0 else {
            throw Self.negative("min_doc_count", request.minimumCount, aggregation)
        }
        let order = request.order.isEmpty ? [BucketOrder(.count, isDescending: true)] : request.order
        let collector = try TermsCollector(
            request, try field(request.field, format: request.format), try BucketSorting(order, inner), inner,
            budget, now: now)
        if collector.wantsOthers { unmatched.append(collector) }
        return collector
    }

    static func negative(_ name: String, _ value: Int, _ aggregation: Aggregation) -> QueryError {
        QueryError(
            .invalidRequest,
            "[\(name)] must be greater than or equal to 0. Found [\(value)] in [\(aggregation.name)]")
    }

    private func filters(
        _ request: FiltersAggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        guard !request.filters.isEmpty else {
            throw QueryError(.invalidRequest, "[filters] cannot be empty.")
        }
        var queries: [PreparedQuery] = []
        for filter in request.filters { queries.append(try prepared(filter.query)) }
        let names = request.filters.map(\.name) + (request.hasOther ? [request.otherName] : [])
        return FiltersCollector(queries, names: names, hasOther: request.hasOther, inner, budget)
    }

    private func metric(
        _ request: MetricAggregation, _ aggregation: Aggregation
    ) throws(QueryError) -> any Collector {
        switch request.figure {
        case .cardinality(let threshold):
            guard threshold >= 0 else {
                throw QueryError(
                    .invalidRequest,
                    "[precisionThreshold] must be greater than or equal to 0. Found [\(threshold)] in "
                        + "[\(aggregation.name)]")
            }
            return try CardinalityCollector(
                request, threshold: threshold, try field(request.field), budget, now: now)
        case .count: return try MetricCollector(request, try field(request.field), now: now)
        case .minimum, .maximum, .sum, .average, .statistics, .extendedStatistics:
            let field = try numberField(request.field, aggregation, format: request.format)
            return try MetricCollector(request, field, now: now)
        }
    }
}

extension Aggregation {
    /// Whether it passes on documents as they come, in one bucket.
    fileprivate var isSingleBucket: Bool {
        switch kind {
        case .filter, .missing, .global: true
        case .terms, .range, .dateRange, .histogram, .dateHistogram, .composite, .filters, .metric: false
        }
    }

    /// What a request calls its kind.
    package var typeName: String {
        switch kind {
        case .terms: "terms"
        case .range: "range"
        case .dateRange: "date_range"
        case .histogram: "histogram"
        case .dateHistogram: "date_histogram"
        case .composite: "composite"
        case .filter: "filter"
        case .filters: "filters"
        case .missing: "missing"
        case .global: "global"
        case .metric(let request):
            switch request.figure {
            case .minimum: "min"
            case .maximum: "max"
            case .sum: "sum"
            case .average: "avg"
            case .count: "value_count"
            case .statistics: "stats"
            case .extendedStatistics: "extended_stats"
            case .cardinality: "cardinality"
            }
        }
    }
}

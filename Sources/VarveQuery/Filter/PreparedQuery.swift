import VarveDocument

/// A query whose values are read: every leaf carries its test for each type that its field has among the shards of
/// the search. Made once a search, so that what is wrong with a query does not depend on the documents.
indirect enum PreparedQuery {
    case all
    case none
    case ids([[UInt8]])
    case exists(String)
    case leaf(String, [FieldType: FieldTest])
    case bool(PreparedClauses)
    case boosted(PreparedQuery, Float)
    case constant(PreparedQuery)
    case best([PreparedQuery], Float)

    /// The limits of a query; `docs/architecture.md` lists all limits.
    static let depthMax = 20
    static let clausesMax = 1024
    static let termsMax = 65_536
}

struct PreparedClauses {
    var required: [PreparedQuery] = []
    /// Required, and of no account for the score.
    var filtered: [PreparedQuery] = []
    var optional: [PreparedQuery] = []
    var excluded: [PreparedQuery] = []
    /// How many of `optional` must match.
    var optionalCount = 0
}

/// Prepares one query, counting its clauses.
struct QueryPreparation {
    let reader: FieldTestReader
    /// The definitions that a path has among the shards: one, unless indexes disagree.
    let definitions: (String) -> [FieldDefinition]
    private var clauses = 0

    init(_ reader: FieldTestReader, definitions: @escaping (String) -> [FieldDefinition]) {
        self.reader = reader
        self.definitions = definitions
    }

    mutating func prepare(_ query: Query, depth: Int = 1) throws(QueryError) -> PreparedQuery {
        guard depth <= PreparedQuery.depthMax else {
            throw QueryError(
                .tooComplex, "a query may be \(PreparedQuery.depthMax) levels deep, this one is deeper")
        }
        clauses += 1
        guard clauses <= PreparedQuery.clausesMax else {
            throw QueryError(
                .tooComplex, "a query may have \(PreparedQuery.clausesMax) clauses, this one has more")
        }
        switch query.node {
        case .all: return .all
        case .none: return .none
        case .ids(let ids): return try Self.ids(ids)
        case .term("_id", let id): return try Self.ids([id.description])
        case .terms("_id", let ids): return try Self.ids(ids.map(\.description))
        case .exists(let path): return .exists(path)
        case .term(let path, _), .terms(let path, _), .range(let path, _), .prefix(let path, _),
            .wildcard(let path, _), .match(let path, _, _), .phrase(let path, _, _),
            .pattern(let path, _), .fuzzy(let path, _, _):
            return try leaf(query.node, on: path)
        case .bool(let clauses): return try bool(clauses, depth: depth)
        case .boosted(let query, let boost):
            clauses -= 1
            return .boosted(try prepare(query, depth: depth), boost)
        case .constant(let query): return .constant(try prepare(query, depth: depth + 1))
        case .best(let queries, let share):
            var parts: [PreparedQuery] = []
            for query in queries { parts.append(try prepare(query, depth: depth + 1)) }
            return .best(parts, share)
        }
    }

    private static func ids(_ ids: [String]) throws(QueryError) -> PreparedQuery {
        try checkCount(ids.count)
        return .ids(ids.map { Array($0.utf8) })
    }

    private static func checkCount(_ values: Int) throws(QueryError) {
        guard values <= PreparedQuery.termsMax else {
            throw QueryError(
                .tooComplex, "a query may name \(PreparedQuery.termsMax) values, this one names \(values)")
        }
    }

    private func leaf(_ node: QueryNode, on path: String) throws(QueryError) -> PreparedQuery {
        if case .terms(_, let values) = node { try Self.checkCount(values.count) }
        var tests: [FieldType: FieldTest] = [:]
        for definition in definitions(path) where tests[definition.type] == nil {
            guard definition.hasColumn || (definition.hasTerms && definition.isIndexed) else {
                throw QueryError(
                    .invalidRequest, "cannot search on field [\(path)] since it is not indexed", field: path)
            }
            tests[definition.type] = try reader.test(node, of: definition)
        }
        return tests.isEmpty ? .none : .leaf(path, tests)
    }

    private mutating func bool(_ clauses: BooleanClauses, depth: Int) throws(QueryError) -> PreparedQuery {
        var prepared = PreparedClauses()
        for query in clauses.must { prepared.required.append(try prepare(query, depth: depth + 1)) }
        for query in clauses.filter { prepared.filtered.append(try prepare(query, depth: depth + 1)) }
        for query in clauses.should { prepared.optional.append(try prepare(query, depth: depth + 1)) }
        for query in clauses.mustNot { prepared.excluded.append(try prepare(query, depth: depth + 1)) }
        let isDemanded =
            prepared.required.isEmpty && prepared.filtered.isEmpty && !prepared.optional.isEmpty
        prepared.optionalCount =
            clauses.minimumShouldMatch?.required(of: prepared.optional.count) ?? (isDemanded ? 1 : 0)
        return .bool(prepared)
    }
}

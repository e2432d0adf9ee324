import VarveBytes
import VarveDocument
import VarveSegment

/// Makes a query's scores ready for one segment.
struct ScoreBuilder {
    private(set) var filters: FilterBuilder
    private let statistics: ShardStatistics
    private var runs: [FilterRun] = []
    private var lists: [ScoredList] = []

    init(_ filters: FilterBuilder, _ statistics: ShardStatistics) {
        self.filters = filters
        self.statistics = statistics
    }

    /// - Parameter query: What every row that is asked about matches.
    mutating func run(_ query: PreparedQuery) throws -> ScoreRun {
        let root = try node(query, boost: 1, isCertain: true)
        return ScoreRun(root, lists, runs, filters.view, blockRows: filters.blockRows)
    }

    /// - Parameter isCertain: Whether all rows that are asked about match the query.
    private mutating func node(
        _ query: PreparedQuery, boost: Float, isCertain: Bool
    ) throws -> ScoreNode {
        switch query {
        case .boosted(let inner, let factor):
            return try node(inner, boost: boost * factor, isCertain: isCertain)
        case .bool(let clauses): return try bool(clauses, query, boost, isCertain)
        case .best(let queries, let share):
            var nodes: [ScoreNode] = []
            let isOnly = queries.count == 1 && isCertain
            for query in queries { nodes.append(try node(query, boost: boost, isCertain: isOnly)) }
            return nodes.count == 1 ? nodes[0] : .best(nodes, share: share)
        case .leaf(let path, let tests):
            guard let number = filters.view.field(named: path) else { break }
            switch tests[filters.view.fields[number].definition.type] {
            case .words(let words): return try self.words(words, query, path, number, boost, isCertain)
            case .phrase(let phrase): return try self.phrase(phrase, path, number, boost)
            default: break
            }
        case .all, .none, .ids, .exists, .constant: break
        }
        return .constant(filter: isCertain ? nil : try filter(query), boost)
    }

    private mutating func filter(_ query: PreparedQuery) throws -> Int {
        runs.append(
            FilterRun(
                try filters.filter(query), rowCount: filters.view.rowCount, blockRows: filters.blockRows))
        return runs.count - 1
    }

    private mutating func bool(
        _ clauses: PreparedClauses, _ query: PreparedQuery, _ boost: Float, _ isCertain: Bool
    ) throws -> ScoreNode {
        if clauses.required.isEmpty && clauses.optional.isEmpty {
            let isEmpty = clauses.filtered.isEmpty && clauses.excluded.isEmpty
            return .constant(filter: isCertain ? nil : try filter(query), isEmpty ? boost : 0)
        }
        var must: [ScoreNode] = []
        var should: [ScoreNode] = []
        for query in clauses.required { must.append(try node(query, boost: boost, isCertain: true)) }
        let areNeeded = clauses.optionalCount == clauses.optional.count
        for query in clauses.optional { should.append(try node(query, boost: boost, isCertain: areNeeded)) }
        return .sum(filter: isCertain ? nil : try filter(query), must: must, should: should)
    }

    // MARK: Terms and phrases

    private mutating func words(
        _ words: WordTest, _ query: PreparedQuery, _ path: String, _ number: Int, _ boost: Float,
        _ isCertain: Bool
    ) throws -> ScoreNode {
        if isCertain, let score = try uniform(words, path, number, boost) {
            return .constant(filter: nil, score)
        }
        var nodes: [ScoreNode] = []
        for group in words.groups {
            // Terms that stand for one another count as often as the commonest of them.
            var documents = 0
            for term in group.terms { documents = max(documents, try statistics.documents(path, term.bytes)) }
            if documents == 0 { continue }
            let idf = try statistics.idf(path, documents: documents)
            var parts: [ScoreNode] = []
            for term in group.terms {
                let weight = boost * term.boost * idf
                if let part = try list(term.bytes, path, number, weight) { parts.append(part) }
            }
            if parts.isEmpty { continue }
            nodes.append(parts.count == 1 ? parts[0] : .sum(filter: nil, must: [], should: parts))
        }
        if nodes.count == 1 && words.groups.count == 1 { return nodes[0] }
        let isGuarded = words.needed > 1 && !isCertain
        return .sum(filter: isGuarded ? try filter(query) : nil, must: [], should: nodes)
    }

    /// The score of a single keyword, which all rows that hold it have: its rows need not be read.
    private func uniform(
        _ words: WordTest, _ path: String, _ number: Int, _ boost: Float
    ) throws -> Float? {
        guard words.groups.count == 1, words.groups[0].terms.count == 1,
            filters.view.fields[number].definition.type == .keyword
        else { return nil }
        let term = words.groups[0].terms[0]
        let idf = try statistics.idf(path, documents: try statistics.documents(path, term.bytes))
        let norm = try statistics.field(path).inverseNorms[1]
        return Similarity.score(boost * term.boost * idf, 1, norm)
    }

    private mutating func list(
        _ term: [UInt8], _ path: String, _ number: Int, _ weight: Float
    ) throws -> ScoreNode? {
        let view = filters.view
        guard view.fields[number].termCount > 0,
            case .found(let ordinal) = try view.ordinal(of: term.rawSpan, field: number)
        else { return nil }
        var rows: [UInt32] = []
        var frequencies: [UInt32] = []
        try view.readPostings(ordinal, field: number, rows: &rows, frequencies: &frequencies)
        return .list(try add(rows, frequencies.map { Float($0) }, path, number, weight))
    }

    private mutating func phrase(
        _ phrase: PhraseTest, _ path: String, _ number: Int, _ boost: Float
    ) throws -> ScoreNode {
        let matches = try filters.matches(of: phrase, number)
        var sum = 0.0
        for term in phrase.terms {
            let documents = try statistics.documents(path, term)
            sum += Double(try statistics.idf(path, documents: documents))
        }
        return .list(try add(matches.rows, matches.frequencies, path, number, boost * Float(sum)))
    }

    private mutating func add(
        _ rows: [UInt32], _ frequencies: [Float], _ path: String, _ number: Int, _ weight: Float
    ) throws -> Int {
        let isText = filters.view.fields[number].definition.type == .text
        lists.append(
            ScoredList(
                rows: rows, frequencies: frequencies, weight: weight,
                inverseNorms: try statistics.field(path).inverseNorms,
                lengths: isText ? try filters.view.lengthBytes(field: number) : []))
        return lists.count - 1
    }
}

import VarveDocument

@testable import VarveQuery

/// What a search must answer, found the slow way: every document is asked by itself, and the whole is sorted.
struct PlainSearch {
    let fields: [String: FieldType]
    /// By shard: its live documents.
    let shards: [[ScriptedDocument]]

    struct Hit {
        let shard: Int
        let document: ScriptedDocument
        let keys: [Key]
    }

    enum Key: Equatable {
        case number(Double)
        case integer(Int64)
        case term([UInt8])
        case missingTerm

        func isLess(than other: Key) -> Bool {
            switch (self, other) {
            case (.number(let a), .number(let b)): a < b
            case (.integer(let a), .integer(let b)): a < b
            case (.term(let a), .term(let b)): a.lexicographicallyPrecedes(b)
            default: false
            }
        }
    }

    // MARK: Matching

    func matches(_ query: Query, _ document: ScriptedDocument) -> Bool {
        switch query.node {
        case .all: true
        case .none: false
        case .ids(let ids): ids.contains(document.id)
        case .term(let path, let value): equals(value, path, document)
        case .terms(let path, let values): values.contains { equals($0, path, document) }
        case .range(let path, let bounds): inRange(bounds, path, document)
        case .exists(let path):
            document.values.contains { name, values in
                (name == path || name.hasPrefix(path + ".")) && !searchable(name, values).isEmpty
            }
        case .prefix(let path, let prefix):
            texts(path, document).contains { $0.starts(with: Array(prefix.utf8)) }
        case .wildcard(let path, let pattern):
            texts(path, document).contains {
                Self.isLike(String(decoding: $0, as: UTF8.self)[...], pattern[...])
            }
        case .match(let path, let text, let options): holdsTokens(path, text, options.rule, document)
        case .bool(let clauses): satisfies(clauses, document)
        case .boosted(let query, _), .constant(let query): matches(query, document)
        case .best(let queries, _): queries.contains { matches($0, document) }
        case .phrase, .pattern, .fuzzy: preconditionFailure("not asked of this model")
        }
    }

    private func satisfies(_ clauses: BooleanClauses, _ document: ScriptedDocument) -> Bool {
        let required = clauses.must + clauses.filter
        if !required.allSatisfy({ matches($0, document) }) { return false }
        if clauses.mustNot.contains(where: { matches($0, document) }) { return false }
        let found = clauses.should.count { matches($0, document) }
        let fallback = required.isEmpty && !clauses.should.isEmpty ? 1 : 0
        return found >= clauses.minimumShouldMatch?.required(of: clauses.should.count) ?? fallback
    }

    private func searchable(_ path: String, _ values: [ScriptedValue]) -> [ScriptedValue] {
        guard fields[path] == .text else { return values }
        return values.filter { value in
            if case .string(let text) = value { !Analyzer.standard.tokens(of: text).isEmpty } else { false }
        }
    }

    /// Keywords as they are, tokens of texts.
    private func texts(_ path: String, _ document: ScriptedDocument) -> [[UInt8]] {
        (document.values[path] ?? []).flatMap { value -> [[UInt8]] in
            guard case .string(let text) = value else { return [] }
            return fields[path] == .text ? Analyzer.standard.tokens(of: text) : [Array(text.utf8)]
        }
    }

    private func holdsTokens(
        _ path: String, _ text: QueryValue, _ rule: TokenRule, _ document: ScriptedDocument
    ) -> Bool {
        guard fields[path] == .text else { return equals(text, path, document) }
        let wanted = Analyzer.standard.tokens(of: text.description)
        let held = Set(texts(path, document))
        let found = wanted.count { held.contains($0) }
        if wanted.isEmpty { return false }
        switch rule {
        case .any: return found > 0
        case .all: return found == wanted.count
        case .atLeast(let minimum): return found >= max(minimum.required(of: wanted.count), 1)
        }
    }

    private func equals(_ value: QueryValue, _ path: String, _ document: ScriptedDocument) -> Bool {
        if path == "_id" { return document.id == value.description }
        switch fields[path] {
        case .keyword, .text: return texts(path, document).contains(Array(value.description.utf8))
        case nil: return false
        default:
            return (document.values[path] ?? []).contains { own in
                Self.order(own, value, isFloat: fields[path] == .float) == 0
            }
        }
    }

    /// Negative, zero or positive; test values are small enough to compare as doubles.
    private static func order(_ own: ScriptedValue, _ value: QueryValue, isFloat: Bool) -> Int {
        let left: Double
        switch own {
        case .integer(let number): left = Double(number)
        case .double(let number): left = number
        case .string: preconditionFailure("not a number")
        }
        var right: Double
        switch value {
        case .integer(let number): right = Double(number)
        case .double(let number): right = number
        case .boolean(let flag): right = flag ? 1 : 0
        case .string(let text): right = text == "true" ? 1 : text == "false" ? 0 : Double(text)!
        }
        if isFloat { right = Double(Float(right)) }
        return left < right ? -1 : left == right ? 0 : 1
    }

    private func inRange(_ bounds: QueryBounds, _ path: String, _ document: ScriptedDocument) -> Bool {
        switch fields[path] {
        case nil: return false
        case .keyword, .text:
            return texts(path, document).contains { text in
                Self.holds(bounds) { value in
                    let other = Array(value.description.utf8)
                    return text == other ? 0 : text.lexicographicallyPrecedes(other) ? -1 : 1
                }
            }
        default:
            let isFloat = fields[path] == .float
            return (document.values[path] ?? []).contains { own in
                Self.holds(bounds) { Self.order(own, $0, isFloat: isFloat) }
            }
        }
    }

    private static func holds(_ bounds: QueryBounds, _ order: (QueryValue) -> Int) -> Bool {
        switch bounds.lower {
        case .including(let value): if order(value) < 0 { return false }
        case .excluding(let value): if order(value) <= 0 { return false }
        case nil: break
        }
        switch bounds.upper {
        case .including(let value): return order(value) <= 0
        case .excluding(let value): return order(value) < 0
        case nil: return true
        }
    }

    private static func isLike(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.unicodeScalars.first else { return text.isEmpty }
        let rest = Substring(pattern.unicodeScalars.dropFirst())
        let shorter = Substring(text.unicodeScalars.dropFirst())
        if first == "*" { return isLike(text, rest) || (!text.isEmpty && isLike(shorter, pattern)) }
        return !text.isEmpty && (first == "?" || first == text.unicodeScalars.first) && isLike(shorter, rest)
    }

    // MARK: Sorting

    func hits(_ query: Query, _ sort: [SortKey]) -> [Hit] {
        var hits: [Hit] = []
        for (shard, documents) in shards.enumerated() {
            for document in documents where matches(query, document) {
                hits.append(
                    Hit(shard: shard, document: document, keys: sort.map { key($0, document, shard) }))
            }
        }
        return hits.sorted {
            isBefore($0.keys, ($0.shard, $0.document.birth), $1.keys, ($1.shard, $1.document.birth), sort)
        }
    }

    private func isBefore(
        _ left: [Key], _ leftTie: (Int, UInt64), _ right: [Key], _ rightTie: (Int, UInt64), _ sort: [SortKey]
    ) -> Bool {
        let order = Self.order(left, right, sort)
        return order == 0 ? leftTie < rightTie : order < 0
    }

    /// How two lists of keys compare in the order asked for.
    static func order(_ left: [Key], _ right: [Key], _ sort: [SortKey]) -> Int {
        for ((a, b), key) in zip(zip(left, right), sort) where a != b {
            if a == .missingTerm || b == .missingTerm {
                return (a == .missingTerm) == (key.missing == .first) ? -1 : 1
            }
            return a.isLess(than: b) == (key.order == .ascending) ? -1 : 1
        }
        return 0
    }

    func key(_ sort: SortKey, _ document: ScriptedDocument, _ shard: Int) -> Key {
        switch sort.field {
        case "_doc", "_shard_doc":
            return .integer(TieBreak.encode(shard: shard, sequenceNumber: document.birth))
        case "_seq_no": return .integer(Int64(document.birth))
        case "_id": return .term(Array(document.id.utf8))
        default: break
        }
        var all: [Key] = (document.values[sort.field] ?? []).map { value in
            switch value {
            case .integer(let number): .integer(number)
            case .double(let number): .number(number)
            case .string(let text): .term(Array(text.utf8))
            }
        }
        all.sort { $0.isLess(than: $1) }
        if let chosen = sort.mode == .minimum ? all.first : all.last { return chosen }
        let isGreatest = (sort.missing == .last) == (sort.order == .ascending)
        switch fields[sort.field] {
        case .keyword: return .missingTerm
        case .double, .float: return .number(isGreatest ? .infinity : -.infinity)
        default: return .integer(isGreatest ? .max : .min)
        }
    }

    func sortValue(_ key: Key, _ field: String) -> SortValue {
        switch key {
        case .integer(let number): .integer(number)
        case .number(let number): fields[field] == .float ? .float(Float(number)) : .double(number)
        case .term(let text): .string(String(decoding: text, as: UTF8.self))
        case .missingTerm: .missing
        }
    }
}

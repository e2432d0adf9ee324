import VarveBytes
import VarveDocument
import VarveSegment

extension SegmentView {
    /// How many of all rows match, where that can be told without looking at them: a query for one term.
    func knownCount(of query: PreparedQuery) throws -> Int? {
        switch query {
        case .boosted(let inner, _), .constant(let inner): return try knownCount(of: inner)
        case .bool(let clauses):
            let parts = clauses.required + clauses.filtered
            guard parts.count == 1, clauses.optional.isEmpty, clauses.excluded.isEmpty else { return nil }
            return try knownCount(of: parts[0])
        case .leaf(let path, let tests):
            guard let number = field(named: path) else { return 0 }
            guard case .words(let words) = tests[fields[number].definition.type], words.groups.count == 1,
                words.groups[0].fuzzy == nil, words.groups[0].terms.count == 1,
                fields[number].termCount > 0
            else { return nil }
            let term = words.groups[0].terms[0].bytes
            guard case .found(let ordinal) = try ordinal(of: term.rawSpan, field: number) else { return 0 }
            return try documentFrequency(ordinal, field: number)
        case .all, .none, .ids, .exists, .best: return nil
        }
    }
}

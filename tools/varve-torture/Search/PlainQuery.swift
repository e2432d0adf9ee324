import Varve

/// A query that can be asked of one document by itself, and what the library is asked instead.
indirect enum PlainQuery {
    case all, none
    case ids([String])
    case terms(String, [String])
    case integers(String, [Int64])
    case doubles(String, [Double])
    case flag(Bool)
    /// Bounds, and whether each is in the range.
    case termRange(String, (String, Bool)?, (String, Bool)?)
    case integerRange(String, (Int64, Bool)?, (Int64, Bool)?)
    case doubleRange(String, (Double, Bool)?, (Double, Bool)?)
    /// Texts of dates, what they say at least, and whether each is in the range.
    case dateRange((PlainDate, Bool)?, (PlainDate, Bool)?)
    case date(PlainDate)
    case exists(String)
    case prefix(String, String)
    /// Characters, `*` and `?`.
    case wildcard(String, String)
    case bool(
        must: [PlainQuery], filter: [PlainQuery], should: [PlainQuery], not: [PlainQuery], minimum: Int?)

    var asked: Query {
        switch self {
        case .all: .all
        case .none: .none
        case .ids(let ids): .ids(ids)
        case .terms(let field, let values) where values.count == 1: .term(field, .string(values[0]))
        case .terms(let field, let values): .terms(field, values.map { .string($0) })
        case .integers(let field, let values) where values.count == 1: .term(field, .integer(values[0]))
        case .integers(let field, let values): .terms(field, values.map { .string(String($0)) })
        case .doubles(let field, let values): .terms(field, values.map { .double($0) })
        case .flag(let flag): .term("b", .boolean(flag))
        case .termRange(let field, let low, let high):
            .range(field, Self.bounds(low, high) { .string($0) })
        case .integerRange(let field, let low, let high):
            .range(field, Self.bounds(low, high) { .integer($0) })
        case .doubleRange(let field, let low, let high):
            .range(field, Self.bounds(low, high) { .double($0) })
        case .dateRange(let low, let high): .range("d", Self.bounds(low, high) { .string($0.text) })
        case .date(let date): .term("d", .string(date.text))
        case .exists(let field): .exists(field)
        case .prefix(let field, let text): .prefix(field, text)
        case .wildcard(let field, let pattern): .wildcard(field, pattern)
        case .bool(let must, let filter, let should, let not, let minimum):
            .bool(
                must: must.map(\.asked), filter: filter.map(\.asked), should: should.map(\.asked),
                mustNot: not.map(\.asked), minimumShouldMatch: minimum.map { .count($0) })
        }
    }

    private static func bounds<T>(
        _ low: (T, Bool)?, _ high: (T, Bool)?, _ value: (T) -> QueryValue
    ) -> QueryBounds {
        QueryBounds(
            from: low.map { $0.1 ? .including(value($0.0)) : .excluding(value($0.0)) },
            to: high.map { $0.1 ? .including(value($0.0)) : .excluding(value($0.0)) })
    }

    func matches(_ document: PlainDocument) -> Bool {
        switch self {
        case .all: return true
        case .none: return false
        case .ids(let ids): return ids.contains(document.id)
        case .terms(let field, let values):
            return document.terms(field).contains { term in
                values.contains { $0.utf8.elementsEqual(term.utf8) }
            }
        case .integers(let field, let values):
            return document.integers(field).contains { values.contains($0) }
        case .doubles(let field, let values):
            let wanted = values.map { field == "f" ? Double(Float($0)) : $0 }
            return document.doubles(field).contains { number in
                wanted.contains { $0.bitPattern == number.bitPattern }
            }
        case .flag(let flag): return document.integers("b").contains(flag ? 1 : 0)
        case .termRange(let field, let low, let high):
            return document.terms(field).contains { Self.lies($0, low, high, Plain.isBefore) }
        case .integerRange(let field, let low, let high):
            return document.integers(field).contains { Self.lies($0, low, high, <) }
        case .doubleRange(let field, let low, let high):
            let narrow = { (bound: (Double, Bool)) in
                (field == "f" ? Double(Float(bound.0)) : bound.0, bound.1)
            }
            return document.doubles(field).contains {
                Self.lies($0, low.map(narrow), high.map(narrow), Plain.isBefore)
            }
        case .dateRange(let low, let high):
            // Below: from the first moment on, or after the last. Above: through the last, or before the first.
            let from = low.map { ($0.1 ? $0.0.first : $0.0.last, $0.1) }
            let to = high.map { ($0.1 ? $0.0.last : $0.0.first, $0.1) }
            return document.integers("d").contains { Self.lies($0, from, to, <) }
        case .date(let date): return document.integers("d").contains { $0 >= date.first && $0 <= date.last }
        case .exists(let field): return document.hasValue(field)
        case .prefix(let field, let text):
            return document.terms(field).contains { $0.utf8.starts(with: text.utf8) }
        case .wildcard(let field, let pattern):
            return document.terms(field).contains {
                Self.isLike(Array($0.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
            }
        case .bool(let must, let filter, let should, let not, let minimum):
            guard (must + filter).allSatisfy({ $0.matches(document) }),
                !not.contains(where: { $0.matches(document) })
            else { return false }
            let needed = minimum ?? (must.isEmpty && filter.isEmpty && !should.isEmpty ? 1 : 0)
            let count = should.count { $0.matches(document) }
            return count >= min(needed < 0 ? max(should.count + needed, 0) : needed, should.count)
        }
    }

    private static func lies<T>(
        _ value: T, _ low: (T, Bool)?, _ high: (T, Bool)?, _ isBefore: (T, T) -> Bool
    ) -> Bool {
        if let (bound, isIncluded) = low, isIncluded ? isBefore(value, bound) : !isBefore(bound, value) {
            return false
        }
        if let (bound, isIncluded) = high, isIncluded ? isBefore(bound, value) : !isBefore(value, bound) {
            return false
        }
        return true
    }

    private static func isLike(
        _ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>
    ) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return isLike(text, pattern.dropFirst()) || (!text.isEmpty && isLike(text.dropFirst(), pattern))
        }
        guard let letter = text.first, first == "?" || first == letter else { return false }
        return isLike(text.dropFirst(), pattern.dropFirst())
    }
}

/// A date as a query spells it, and the moments that it leaves open.
struct PlainDate {
    let text: String
    let first: Int64
    let last: Int64
}

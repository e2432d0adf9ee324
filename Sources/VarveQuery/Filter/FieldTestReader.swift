import VarveBytes
import VarveDocument

/// Turns a query's leaf into a test of one field's values: numbers, dates and booleans are read and rounded here,
/// texts cut into tokens, so that what follows compares integers and bytes only.
struct FieldTestReader {
    /// Milliseconds since 1970 that `now` stands for.
    let now: Int64

    func test(_ leaf: QueryNode, of field: FieldDefinition) throws(QueryError) -> FieldTest {
        switch leaf {
        case .term(_, let value):
            if field.hasTerms { return .words(WordTest(field.term(value.description))) }
            return try terms([value], of: field)
        case .terms(_, let values): return try terms(values, of: field)
        case .range(_, let bounds): return try range(bounds, of: field)
        case .exists: return .anyValue
        case .prefix(_, let text):
            try Self.expectTerms(field, for: "prefix")
            return .termPrefix(field.term(text))
        case .wildcard(_, let pattern):
            try Self.expectTerms(field, for: "wildcard")
            return .termPattern(WildcardPattern(field.normalized(pattern)))
        case .match(_, let text, let options): return try match(text, options, of: field)
        case .phrase(_, let text, let options): return try phrase(text, options, of: field)
        case .pattern(_, let pattern): return try self.pattern(pattern, of: field)
        case .fuzzy(_, let value, let options): return try fuzzy(value, options, of: field)
        case .all, .none, .ids, .bool, .boosted, .constant, .best:
            preconditionFailure("not a leaf on a field")
        }
    }

    private func terms(_ values: [QueryValue], of field: FieldDefinition) throws(QueryError) -> FieldTest {
        if field.hasTerms {
            return .terms(Self.sortedUnique(values.map { field.term($0.description) }))
        }
        var ranges: [ClosedRange<Int64>] = []
        for value in values {
            if let range = try equal(to: value, field) { ranges.append(range) }
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        return ranges.isEmpty ? .nothing : .numbers(Self.joined(ranges))
    }

    private func range(_ bounds: QueryBounds, of field: FieldDefinition) throws(QueryError) -> FieldTest {
        if bounds.lower == nil && bounds.upper == nil { return .anyValue }
        if field.hasTerms {
            return .termRange(
                TermBounds(lower: bounds.lower.map(Self.termBound), upper: bounds.upper.map(Self.termBound)))
        }
        let dates = DateMath(
            now: now, timeZone: try TimeZoneOffset.milliseconds(bounds.timeZone), field: field.format,
            own: try bounds.format.map { (names) throws(QueryError) in try DateTextFormat(names) })
        var low: Int64? = .min
        if let bound = bounds.lower { low = try lowest(bound, field, dates) }
        var high: Int64? = .max
        if let bound = bounds.upper { high = try highest(bound, field, dates) }
        guard let low, let high, low <= high else { return .nothing }
        return .numbers([low...high])
    }

    private static func termBound(_ bound: QueryBounds.Bound) -> TermBounds.Bound {
        switch bound {
        case .including(let value): TermBounds.Bound(term: Array(value.description.utf8), isIncluded: true)
        case .excluding(let value): TermBounds.Bound(term: Array(value.description.utf8), isIncluded: false)
        }
    }

    private static func sortedUnique(_ terms: [[UInt8]]) -> [[UInt8]] {
        var unique: [[UInt8]] = []
        for term in terms.sorted(by: { $0.lexicographicallyPrecedes($1) }) where unique.last != term {
            unique.append(term)
        }
        return unique
    }

    /// Ranges in ascending order, those that touch made one.
    private static func joined(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
        var joined: [ClosedRange<Int64>] = []
        for range in ranges {
            if let last = joined.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}

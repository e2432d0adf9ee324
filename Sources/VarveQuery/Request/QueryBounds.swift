/// The bounds of a range query: `..<0`, `"2013-01-01"..<"2013-02-01"`, `10...`, or spelt out.
///
/// A bound may be absent; without any, the range asks whether the field exists. Nothing is compared before the
/// field's type is known, so bounds in the wrong order match nothing and never trap.
public struct QueryBounds: Hashable, Sendable {
    /// One end of a range.
    public enum Bound: Hashable, Sendable {
        /// The value itself is in the range: `gte` below, `lte` above.
        case including(QueryValue)
        /// The value itself is not in the range: `gt` below, `lt` above.
        case excluding(QueryValue)
    }

    public var lower: Bound?
    public var upper: Bound?
    /// Applies to dates without an offset, and to their rounding: `+01:00`, `-0330`, `Z`, `UTC`.
    public var timeZone: String?
    /// How dates of the bounds are written, instead of how the field's are: names or patterns with `||` between.
    public var format: String?

    public init(from lower: Bound? = nil, to upper: Bound? = nil, timeZone: String? = nil) {
        self.lower = lower
        self.upper = upper
        self.timeZone = timeZone
    }
}

/// What reads as bounds: the range operators on values, and Swift's ranges of numbers.
public protocol QueryBoundsConvertible: Sendable {
    var queryBounds: QueryBounds { get }
}

extension QueryBounds: QueryBoundsConvertible {
    public var queryBounds: QueryBounds { self }
}

/// Disfavoured, so that `0..<10` remains a Swift range wherever one will do.
extension QueryValue {
    @_disfavoredOverload public static func ..< (lower: QueryValue, upper: QueryValue) -> QueryBounds {
        QueryBounds(from: .including(lower), to: .excluding(upper))
    }

    @_disfavoredOverload public static func ... (lower: QueryValue, upper: QueryValue) -> QueryBounds {
        QueryBounds(from: .including(lower), to: .including(upper))
    }

    @_disfavoredOverload public static prefix func ..< (upper: QueryValue) -> QueryBounds {
        QueryBounds(to: .excluding(upper))
    }

    @_disfavoredOverload public static prefix func ... (upper: QueryValue) -> QueryBounds {
        QueryBounds(to: .including(upper))
    }

    @_disfavoredOverload public static postfix func ... (lower: QueryValue) -> QueryBounds {
        QueryBounds(from: .including(lower))
    }
}

/// Numbers whose Swift ranges are query bounds. Ranges of strings are left to the operators of `QueryValue`,
/// since `"now-1d"..<"2030"` is a sound range of dates and a trap as a range of strings.
public protocol QueryNumber: QueryValueConvertible, Comparable {}

extension Int: QueryNumber {}
extension Int64: QueryNumber {}
extension Double: QueryNumber {}

extension Range: QueryBoundsConvertible where Bound: QueryNumber {
    public var queryBounds: QueryBounds {
        QueryBounds(from: .including(lowerBound.queryValue), to: .excluding(upperBound.queryValue))
    }
}

extension ClosedRange: QueryBoundsConvertible where Bound: QueryNumber {
    public var queryBounds: QueryBounds {
        QueryBounds(from: .including(lowerBound.queryValue), to: .including(upperBound.queryValue))
    }
}

extension PartialRangeFrom: QueryBoundsConvertible where Bound: QueryNumber {
    public var queryBounds: QueryBounds { QueryBounds(from: .including(lowerBound.queryValue)) }
}

extension PartialRangeUpTo: QueryBoundsConvertible where Bound: QueryNumber {
    public var queryBounds: QueryBounds { QueryBounds(to: .excluding(upperBound.queryValue)) }
}

extension PartialRangeThrough: QueryBoundsConvertible where Bound: QueryNumber {
    public var queryBounds: QueryBounds { QueryBounds(to: .including(upperBound.queryValue)) }
}

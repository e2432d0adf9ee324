/// A value to compare a field with, as a query states it.
///
/// What it means depends on the field: on a keyword any value stands for its text; on numbers a string must spell
/// a number; on dates a string is a date or date math (`2013-01-01||+1M/d`, `now-1d`), an integer of four digits
/// is a year, as in OpenSearch, and any other integer is milliseconds since 1970.
public enum QueryValue: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
}

extension QueryValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension QueryValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension QueryValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension QueryValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension QueryValue: CustomStringConvertible {
    /// The value's text, as a keyword field holds it.
    public var description: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        }
    }
}

/// What can stand for a `QueryValue` without writing its case: strings, integers, doubles and booleans.
public protocol QueryValueConvertible: Sendable {
    var queryValue: QueryValue { get }
}

extension QueryValue: QueryValueConvertible {
    public var queryValue: QueryValue { self }
}

extension String: QueryValueConvertible {
    public var queryValue: QueryValue { .string(self) }
}

extension Int: QueryValueConvertible {
    public var queryValue: QueryValue { .integer(Int64(self)) }
}

extension Int64: QueryValueConvertible {
    public var queryValue: QueryValue { .integer(self) }
}

extension Double: QueryValueConvertible {
    public var queryValue: QueryValue { .double(self) }
}

extension Bool: QueryValueConvertible {
    public var queryValue: QueryValue { .boolean(self) }
}

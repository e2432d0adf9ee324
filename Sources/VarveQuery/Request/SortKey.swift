public import VarveDocument

/// One key of a sort order.
///
/// A field with several values sorts by its least one ascending and by its greatest one descending, unless `mode`
/// says otherwise. Documents without a value come last in both directions, unless `missing` says otherwise; among
/// numbers they tie with the greatest (or least) number there is; or they sort as if they had a given value. Ties beyond the last key are broken by shard and
/// sequence number, which no refresh, merge or restart changes.
public struct SortKey: Hashable, Sendable {
    public enum Order: Hashable, Sendable {
        case ascending
        case descending
    }

    /// Where documents without a value go.
    public enum Missing: Hashable, Sendable {
        case first
        case last
        /// As if this were their value.
        case value(SortValue)
    }

    /// Which of several values counts, or what is made of them. The last three need numbers; of integers and dates
    /// an average or a median is rounded to the nearest.
    public enum Mode: Hashable, Sendable {
        case minimum
        case maximum
        case sum
        case average
        case median
    }

    /// What numbers are compared as, where indices differ in what they have.
    public enum NumericType: Hashable, Sendable {
        /// Fractions are cut off.
        case long
        case double
        /// Milliseconds since 1970.
        case date
    }

    /// A field's path, or `_score`, `_doc`, `_shard_doc`, `_seq_no`, `_id`.
    public var field: String
    public var order: Order
    public var missing: Missing
    public var mode: Mode
    /// Where no mapping has the field: sort as if it had this type and no values. Otherwise that is an error.
    public var unmappedType: FieldType?
    public var numericType: NumericType?

    public init(
        _ field: String, _ order: Order, missing: Missing = .last, mode: Mode? = nil,
        unmappedType: FieldType? = nil
    ) {
        self.field = field
        self.order = order
        self.missing = missing
        self.mode = mode ?? (order == .ascending ? .minimum : .maximum)
        self.unmappedType = unmappedType
    }

    public static func ascending(_ field: String, missing: Missing = .last, mode: Mode? = nil) -> SortKey {
        SortKey(field, .ascending, missing: missing, mode: mode)
    }

    public static func descending(_ field: String, missing: Missing = .last, mode: Mode? = nil) -> SortKey {
        SortKey(field, .descending, missing: missing, mode: mode)
    }

    /// By shard and sequence number: the cheapest order, and the one that breaks every tie.
    public static let document = SortKey("_doc", .ascending)
    /// The best first, by how well they match the query.
    public static let score = SortKey("_score", .descending)
    /// By sequence number over all shards.
    public static let sequenceNumber = SortKey("_seq_no", .ascending)
}

/// A hit's value of one sort key, and what `SearchRequest.after` takes back.
///
/// Longs, dates (milliseconds) and booleans (0, 1) are `.integer`; `_doc`, `_shard_doc` and `_seq_no` too.
/// A number or date without a value reads as the greatest or least number there is, as in OpenSearch; a keyword
/// without one is `.missing`.
public enum SortValue: Hashable, Sendable {
    case integer(Int64)
    case double(Double)
    /// Of a float field: prints with the digits that a float needs.
    case float(Float)
    case string(String)
    case boolean(Bool)
    case missing
}

extension SortValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension SortValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .float(let number): String(number)
        case .string(let text): text
        case .boolean(let value): value ? "true" : "false"
        case .missing: "null"
        }
    }
}

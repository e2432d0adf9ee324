/// What one field of an index is: its dotted path, its type, and what is built for it.
public struct FieldDefinition: Hashable, Sendable {
    /// Dotted path, at most 255 bytes: `address.city`; a multi-field adds its own name: `note.keyword`.
    public var path: String
    public var type: FieldType
    /// Whether terms and ranges on it can be searched.
    public var isIndexed = true
    /// Whether it has a column, for sorting, ranges and aggregations. Never for text.
    public var hasColumn = true
    /// Keyword values of more characters are left out of the index; they stay in the source.
    public var ignoreAbove: Int?
    /// The path whose values this field takes, if it is a multi-field; otherwise nil.
    public var copies: String?
    /// Bits of a long's values: 64, or 32, 16 or 8 for what OpenSearch calls integer, short and byte.
    public var bits: UInt8 = 64
    /// How a date is written, if not in the default way: names with `||` between them.
    public var format: String?
    /// The value that a null stands for, as text.
    public var nullValue: String?
    /// How a text is cut into tokens, if not by `standard`; `lowercase` for a keyword that is put in lower case.
    public var analyzer: Analyzer?
    /// How a query's text is cut, if not as the field's own.
    public var searchAnalyzer: Analyzer?
    /// Paths of other fields that take this one's values as well.
    public var copyTo: [String] = []

    public init(_ path: String, _ type: FieldType) {
        self.path = path
        self.type = type
        hasColumn = type != .text
    }
}

/// The type of a field's values. Raw values are part of the format and never change.
public enum FieldType: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// A string as it is: terms, sorting, prefixes.
    case keyword = 1
    /// A string cut into lower-case tokens.
    case text = 2
    /// A 64-bit signed integer.
    case long = 3
    /// A 64-bit IEEE number.
    case double = 4
    /// A number kept with 32 bits for search, as dynamic mapping gives to fractions; the source is untouched.
    case float = 5
    case boolean = 6
    /// A point in time, kept as milliseconds since 1970.
    case date = 7
}

extension FieldDefinition {
    /// The type's name on the wire.
    package var typeName: String {
        switch type {
        case .keyword: "keyword"
        case .text: "text"
        case .long: bits == 8 ? "byte" : bits == 16 ? "short" : bits == 32 ? "integer" : "long"
        case .double: "double"
        case .float: "float"
        case .boolean: "boolean"
        case .date: "date"
        }
    }
}

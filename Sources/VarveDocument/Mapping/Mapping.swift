/// The fields of an index, as a user says them.
///
/// ```swift
/// let mapping: Mapping = [
///     "station": .keyword, "note": .text(fields: ["raw": .keyword]), "celsius": .double, "taken": .date,
///     "place": .object(["city": .keyword]),
/// ]
/// ```
/// Fields that are not in it are added by the first document that has them, unless `dynamic` says otherwise. On
/// the wire it has OpenSearch's shape: `{"properties": {"station": {"type": "keyword"}}}`.
public struct Mapping: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// What becomes of a field that no mapping names.
    public enum Dynamic: UInt8, Hashable, Sendable {
        /// It is added, with the type that its first value suggests.
        case on = 1
        /// It stays in the source and is not indexed.
        case off = 2
        /// The document is refused.
        case strict = 3
    }

    /// nil leaves an index as it is; a new index has `.on`.
    public var dynamic: Dynamic?
    /// Whether strings that are dates become date fields; nil as above, at first true.
    public var detectsDates: Bool?
    /// Whether strings that are numbers become number fields; nil as above, at first false.
    public var detectsNumbers: Bool?
    public var properties: [Property]

    public struct Property: Hashable, Sendable {
        public var name: String
        public var field: FieldMapping

        public init(_ name: String, _ field: FieldMapping) {
            self.name = name
            self.field = field
        }
    }

    /// Nothing mapped: documents bring their fields.
    public init() { properties = [] }

    public init(_ properties: [Property], dynamic: Dynamic? = nil) {
        self.properties = properties
        self.dynamic = dynamic
    }

    public init(dictionaryLiteral elements: (String, FieldMapping)...) {
        self.init(elements.map(Property.init))
    }
}

/// How one field, or an object of fields, is mapped.
public struct FieldMapping: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case field(FieldType)
        case object
    }

    public var kind: Kind
    /// `index`: whether terms and ranges on it can be searched.
    public var isIndexed = true
    /// `doc_values`: whether it has a column, for sorting and aggregations.
    public var hasColumn = true
    /// `ignore_above` of a keyword.
    public var ignoreAbove: Int?
    /// `null_value`, as text.
    public var nullValue: String?
    /// `format` of a date.
    public var format: String?
    /// `analyzer` of a text; `lowercase` as the `normalizer` of a keyword.
    public var analyzer: Analyzer?
    /// `search_analyzer` of a text.
    public var searchAnalyzer: Analyzer?
    /// `copy_to`: paths of other fields that take the values as well.
    public var copyTo: [String] = []
    /// Bits of a long's values: 64, or 32, 16 or 8 for integer, short and byte.
    public var bits: UInt8 = 64
    /// `fields`: further ways to index the same value.
    public var fields: [Mapping.Property] = []
    /// `properties` of an object.
    public var properties: [Mapping.Property] = []
    /// `dynamic` of an object; nil takes its parent's.
    public var dynamic: Mapping.Dynamic?
    /// `enabled` of an object: false keeps it in the source alone.
    public var isEnabled = true

    public init(_ kind: Kind) {
        self.kind = kind
        hasColumn = kind != .field(.text)
    }

    public static let keyword = FieldMapping(.field(.keyword))
    public static let text = FieldMapping(.field(.text))
    public static let long = FieldMapping(.field(.long))
    public static let integer = long.with { $0.bits = 32 }
    public static let short = long.with { $0.bits = 16 }
    public static let byte = long.with { $0.bits = 8 }
    public static let double = FieldMapping(.field(.double))
    public static let float = FieldMapping(.field(.float))
    public static let boolean = FieldMapping(.field(.boolean))
    public static let date = FieldMapping(.field(.date))

    public static func keyword(ignoreAbove: Int) -> FieldMapping {
        keyword.with { $0.ignoreAbove = ignoreAbove }
    }

    public static func date(format: String) -> FieldMapping {
        date.with { $0.format = format }
    }

    public static func text(fields: Mapping) -> FieldMapping {
        text.with { $0.fields = fields.properties }
    }

    public static func object(_ mapping: Mapping) -> FieldMapping {
        FieldMapping(.object).with {
            $0.properties = mapping.properties
            $0.dynamic = mapping.dynamic
        }
    }

    private func with(_ change: (inout FieldMapping) -> Void) -> FieldMapping {
        var copy = self
        change(&copy)
        return copy
    }
}

/// What a path of keys means in a schema: looked up once, and then read with every document that has the path.
struct FieldBinding: BitwiseCopyable, Sendable {
    enum Kind: UInt8 {
        /// Not looked up yet.
        case unresolved
        /// A mapped field.
        case field
        /// An object of mapped fields.
        case object
        /// No mapping names it, and dynamic mapping is on.
        case unmapped
        /// No mapping names it, and it is to stay that way.
        case ignored
        /// No mapping names it, and the mapping is strict.
        case strict
        /// A path that cannot be: through a field that is no object, or with an empty name in it.
        case impossible
        /// A name of ours, which no document has.
        case metadata
    }

    var kind = Kind.unresolved
    var type = FieldType.keyword
    var bits: UInt8 = 64
    /// Values are checked but not kept if the field is neither indexed nor has a column.
    var isKept = true
    var hasNullValue = false
    /// An integer goes to this field as it is, and to no other.
    var isPlainLong = false
    var field: UInt32 = 0
    /// Characters of a keyword; `max` for no limit.
    var ignoreAbove = UInt32.max
    /// Place in `chain` of the next field that takes the same values, or `none`.
    var next = FieldBinding.none {
        didSet { if next != FieldBinding.none { isPlainLong = false } }
    }
    var format = DateFormat.standard
    /// How a text is cut.
    var analyzer = Analyzer.standard

    static let none = UInt32.max

    init(_ kind: Kind) { self.kind = kind }

    init(_ definition: FieldDefinition, number: Int) {
        kind = .field
        type = definition.type
        bits = definition.bits
        isKept = definition.isIndexed || definition.hasColumn
        hasNullValue = definition.nullValue != nil
        field = UInt32(number)
        isPlainLong = type == .long && bits == 64 && isKept
        if let chosen = definition.analyzer { analyzer = chosen }
        if let limit = definition.ignoreAbove { ignoreAbove = UInt32(clamping: limit) }
        if let format = definition.format.flatMap({ DateFormat($0) }) { self.format = format }
    }
}

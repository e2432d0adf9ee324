import VarveDocument

/// The sort keys of a request, resolved against the mappings of its shards.
///
/// Every key turns a row into one integer that orders ascending: numbers as they are, doubles by their sortable
/// bits, terms by ordinals, and all of them complemented for descending order. Rows tie in every key only if they
/// would in the order asked for; then shard and sequence number decide.
struct SortPlan {
    enum Source: Equatable {
        case number(Number)
        case term
        case id
        /// Shard and sequence number.
        case document
        case sequenceNumber
        /// The score, as the sortable bits of a double.
        case score
    }

    /// How a number reads in a hit's sort values.
    enum Number {
        case integer
        case date
        case double
        case float
    }

    struct Key {
        let field: String
        let source: Source
        /// How dates of the field are written.
        let dateFormat: String?
        let isDescending: Bool
        let mode: SortKey.Mode
        /// The key of rows without a value.
        var missing: Int64
        /// The term of rows without one, if they have none of their own: then `missing` differs by segment.
        var missingTerm: [UInt8]?

        /// A term's key is its ordinal shifted so far, plus as much.
        var termShift: Int64 { missingTerm == nil ? 1 : 2 }
        var takesMaximum: Bool { mode == .maximum }
        /// Whether a row's key is made of all its values.
        var combines: Bool { mode != .minimum && mode != .maximum }

        /// Complements a value where the order is descending.
        func directed(_ value: Int64) -> Int64 { isDescending ? ~value : value }
    }

    static let keysMax = 8

    let keys: [Key]

    init(_ sort: [SortKey], definitions: (String) -> [FieldDefinition]) throws(QueryError) {
        guard sort.count <= Self.keysMax else {
            throw QueryError(
                .tooComplex, "a search may have \(Self.keysMax) sort keys, this one has \(sort.count)")
        }
        var keys: [Key] = []
        for key in sort { keys.append(try Self.resolve(key, definitions(key.field))) }
        self.keys = keys
    }

    /// A plan of one key.
    init(_ key: Key) { keys = [key] }

    private static func resolve(_ key: SortKey, _ definitions: [FieldDefinition]) throws(QueryError) -> Key {
        var source = try source(of: key, definitions)
        if let type = key.numericType { source = try converted(source, to: type, key, definitions) }
        if [.sum, .average, .median].contains(key.mode), case .term = source {
            throw QueryError(
                .invalidRequest, "we only support AVG, MEDIAN and SUM on number based fields",
                field: key.field)
        }
        var resolved = Key(
            field: key.field, source: source, dateFormat: definitions.first?.format,
            isDescending: key.order == .descending, mode: key.mode, missing: missing(key, source))
        if case .value(let value) = key.missing { try resolved.setMissing(value) }
        return resolved
    }

    private static func converted(
        _ source: Source, to type: SortKey.NumericType, _ key: SortKey, _ definitions: [FieldDefinition]
    ) throws(QueryError) -> Source {
        guard case .number = source else {
            throw QueryError(
                .invalidRequest,
                "[numeric_type] option cannot be set on a non-numeric field, got "
                    + "\(definitions.first?.typeName ?? key.field)", field: key.field)
        }
        switch type {
        case .long: return .number(.integer)
        case .double: return .number(.double)
        case .date: return .number(.date)
        }
    }

    private static func source(
        of key: SortKey, _ definitions: [FieldDefinition]
    ) throws(QueryError) -> Source {
        switch key.field {
        case "_doc", "_shard_doc": return .document
        case "_seq_no": return .sequenceNumber
        case "_id": return .id
        case "_score": return .score
        default: break
        }
        var types = Set<FieldType>()
        for definition in definitions {
            guard definition.type != .text else {
                throw QueryError(
                    .unsortableField, "[\(key.field)] is a text field; sort by a keyword field instead",
                    field: key.field)
            }
            guard definition.hasColumn else {
                throw QueryError(
                    .unsortableField, "[\(key.field)] has no column to sort by", field: key.field)
            }
            types.insert(definition.type)
        }
        if types.isEmpty, let type = key.unmappedType { types = [type == .text ? .keyword : type] }
        if types.isEmpty {
            throw QueryError(
                .unknownSortField, "no mapping found for [\(key.field)] in order to sort on", field: key.field
            )
        }
        if types == [.keyword] { return .term }
        if types.contains(.keyword) {
            throw QueryError(
                .unsortableField, "[\(key.field)] is a keyword in one index and a number in another",
                field: key.field)
        }
        if types == [.float] { return .number(.float) }
        if types == [.date] { return .number(.date) }
        return .number(types.contains(.double) || types.contains(.float) ? .double : .integer)
    }

    /// The greatest or least value there is, so that rows without one tie with it, as in OpenSearch. Nothing
    /// ties with a missing term.
    private static func missing(_ key: SortKey, _ source: Source) -> Int64 {
        let isLast = key.missing != .first
        guard source == .number(.double) || source == .number(.float) else { return isLast ? .max : .min }
        let infinity = Double.infinity.sortableBits
        // The complement of the least double's bits is not the greatest double's: mind the direction.
        let value = isLast == (key.order == .ascending) ? infinity : (-Double.infinity).sortableBits
        return key.order == .descending ? ~value : value
    }
}

extension SortPlan.Key {
    /// Rows without a value sort as if they had this one.
    fileprivate mutating func setMissing(_ value: SortValue) throws(QueryError) {
        switch source {
        case .term: missingTerm = Array(value.description.utf8)
        case .number:
            guard case .key(let key) = try SortCursor.read(value, self) else { return }
            missing = key
        case .id, .document, .sequenceNumber, .score: return
        }
    }
}

import VarveBytes
import VarveDocument
import VarveSegment

/// A field as an aggregation sees it: what its values are over all indices, and how they read.
struct AggregatedField {
    enum Kind: Equatable {
        case term
        case integer
        case boolean
        case date
        /// Doubles and floats: sortable bits.
        case double
        /// No mapping has it.
        case unmapped
    }

    let path: String
    let kind: Kind
    let text: ValueText
    /// The definition of the first index that has it.
    let definition: FieldDefinition?

    /// - Throws: For a text field, one without a column, or one that is a keyword here and a number there.
    init(
        _ path: String, _ definitions: [FieldDefinition], format: String?, zone: Int64 = 0
    ) throws(QueryError) {
        self.path = path
        definition = definitions.first
        for field in definitions {
            guard field.type != .text else {
                throw QueryError(
                    .unsortableField, "[\(path)] is a text field; aggregate over a keyword field instead",
                    field: path)
            }
            guard field.hasColumn else {
                throw QueryError(
                    .invalidRequest,
                    "Can't load fielddata on [\(path)] because fielddata is unsupported on fields of type "
                        + "[\(field.typeName)]. Use doc values instead.", field: path)
            }
        }
        let types = Set(definitions.map(\.type))
        if types.contains(.keyword) && types.count > 1 {
            throw QueryError(
                .invalidRequest, "[\(path)] is a keyword in one index and a number in another", field: path)
        }
        kind = Self.kind(types)
        text = try ValueText(
            kind, format: format ?? (kind == .date ? definitions.first?.format : nil), zone: zone)
    }

    private static func kind(_ types: Set<FieldType>) -> Kind {
        if types.isEmpty { return .unmapped }
        if types == [.keyword] { return .term }
        if types == [.boolean] { return .boolean }
        if types == [.date] { return .date }
        return types.contains(.double) || types.contains(.float) ? .double : .integer
    }

    /// A value of a request as a column would have it. A date may be math.
    func column(_ value: QueryValue, now: Int64, zone: Int64 = 0) throws(QueryError) -> Int64 {
        func misfit() -> QueryError {
            QueryError(
                .invalidValue, "failed to read [\(value)] as a value of field [\(path)]", field: path)
        }
        switch kind {
        case .term, .unmapped: throw misfit()
        case .boolean:
            let field = FieldDefinition(path, .boolean)
            if case .integer(let number) = value, number == 0 || number == 1 { return number }
            return try FieldTestReader.boolean(value, field)
        case .integer:
            if case .exact(let number) = try FieldTestReader.integer(value, FieldDefinition(path, .long)) {
                return number
            }
            throw misfit()
        case .double:
            return try FieldTestReader.double(value, FieldDefinition(path, .double)).sortableBits
        case .date:
            if case .integer(let number) = value { return number }
            if case .double(let number) = value, let whole = Int64(exactly: number) { return whole }
            return try text.date(value.description, now: now, zone: zone)
        }
    }

    /// What a column value is worth.
    @inline(__always)
    func number(_ value: Int64) -> Double {
        kind == .double ? Double(sortableBits: value) : Double(value)
    }

    /// The same with other texts.
    func reading(_ text: ValueText) -> AggregatedField {
        AggregatedField(path: path, kind: kind, text: text, definition: definition)
    }

    private init(path: String, kind: Kind, text: ValueText, definition: FieldDefinition?) {
        self.path = path
        self.kind = kind
        self.text = text
        self.definition = definition
    }

    /// The type's name, if its values are no numbers.
    var unsupported: String? {
        guard kind == .term else { return nil }
        return definition?.typeName
    }
}

/// Where a field's values lie in one segment.
struct SegmentColumn {
    private let slot: ColumnSet.Slot?
    private let isWidened: Bool
    let field: Int?

    init(_ field: AggregatedField, _ segment: inout AggregatedSegment) {
        guard field.kind != .unmapped, let number = segment.view.field(named: field.path),
            segment.view.fields[number].rowsWithValue > 0
        else {
            (slot, isWidened, self.field) = (nil, false, nil)
            return
        }
        let type = segment.view.fields[number].definition.type
        slot = segment.columns.slot(of: number)
        isWidened = field.kind == .double && type != .double && type != .float
        self.field = number
    }

    /// Replaces `out` by the values of a batch's rows.
    func gather(
        _ batch: RowBatch, block: Int, missing: Int64?, isDistinct: Bool, into out: inout ValueBatch,
        _ segment: inout AggregatedSegment
    ) throws {
        out.removeAll()
        guard let slot else { return out.gatherNone(batch, missing: missing) }
        try segment.columns.load(slot, block: block)
        guard isWidened else {
            return out.gather(
                batch, segment.columns.columns[slot], missing: missing, isDistinct: isDistinct)
        }
        out.gather(batch, segment.columns.columns[slot], missing: nil, isDistinct: isDistinct)
        out.widen()
        guard let missing else { return }
        var rest = RowBatch()
        try self.missing(batch, block: block, into: &rest, &segment)
        out.gatherNone(rest, missing: missing)
    }

    /// Replaces `out` by the rows of a batch that have no value.
    func missing(
        _ batch: RowBatch, block: Int, into out: inout RowBatch, _ segment: inout AggregatedSegment
    ) throws {
        out.removeAll()
        guard let slot else {
            out = batch
            return
        }
        try segment.columns.load(slot, block: block)
        let column = segment.columns.columns[slot]
        for i in batch.rows.indices {
            let row = Int(batch.rows[i])
            let isPresent =
                column.starts.isEmpty
                ? column.present.isEmpty || column.present[row &>> 6] &>> UInt64(row & 63) & 1 == 1
                : column.starts[row] < column.starts[row + 1]
            if !isPresent { out.append(batch.rows[i], batch.owners[i]) }
        }
    }
}

/// A segment while aggregations read it: its columns are shared by all of them.
struct AggregatedSegment {
    let view: any SegmentView
    var columns: ColumnSet
    let blockRows: Int

    init(_ view: any SegmentView, blockRows: Int) {
        self.view = view
        self.blockRows = blockRows
        columns = ColumnSet(view)
    }

    func rows(of block: Int) -> Int { min(blockRows, view.rowCount - block * blockRows) }
}

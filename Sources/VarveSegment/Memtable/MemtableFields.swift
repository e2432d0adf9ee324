import VarveBytes
import VarveDocument

/// Values of one numeric field: as extracted, in row order.
struct NumberColumn: Sendable {
    let field: Int
    private(set) var rows = ValueRows()
    private(set) var values = ChunkedArray<Int64>()

    init(field: Int) { self.field = field }

    var byteCount: Int { rows.byteCount + values.byteCount }

    @inline(__always)
    mutating func append(_ value: Int64, row: UInt32) {
        rows.note(row, valueCount: values.count)
        values.append(value)
    }

    /// Appends the column of another memtable, whose rows follow at `firstRow`.
    mutating func append(_ other: NumberColumn, firstRow: UInt32) {
        rows.append(other.rows, valueCount: other.values.count, after: values.count, firstRow: firstRow)
        other.values.forEachRun { run in
            for value in run { values.append(value) }
        }
    }
}

/// Terms of one keyword or text field: numbers in its term table, in row order. A keyword counts once a row.
struct TermColumn: Sendable {
    let field: Int
    let isText: Bool
    private(set) var rows = ValueRows()
    private(set) var values = ChunkedArray<UInt32>()
    private(set) var table: TermTable
    /// The values that begin a further text of their row; ascending.
    private(set) var breaks: [UInt32] = []
    private var lastRow = UInt32.max

    init(field: Int, isText: Bool, seed: UInt64) {
        self.field = field
        self.isText = isText
        table = TermTable(seed: seed)
    }

    var byteCount: Int {
        rows.byteCount + values.byteCount + table.byteCount + breaks.capacity * 4
    }

    @inline(__always)
    mutating func append(
        _ strings: RawSpan, _ value: FieldValue, row: UInt32, arena: inout ByteBuffer
    ) {
        let term = table.intern(strings, at: Int(value.payload), count: value.byteCount, arena: &arena)
        let isNew = table.note(term, row: row)
        if isNew || isText {
            if isText {
                if value.count >= FieldValue.beginsText && row == lastRow {
                    breaks.append(UInt32(truncatingIfNeeded: values.count))
                }
                lastRow = row
            }
            rows.note(row, valueCount: values.count)
            values.append(UInt32(truncatingIfNeeded: term))
        }
    }

    /// Appends the column of another memtable, whose rows follow at `firstRow`.
    mutating func append(
        _ other: TermColumn, terms otherTerms: RawSpan, firstRow: UInt32, arena: inout ByteBuffer
    ) {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(other.table.count)
        for term in other.table.terms {
            let number = table.intern(
                otherTerms, at: Int(term.offset), count: Int(term.count), arena: &arena)
            table.note(number, documents: term.documents)
            numbers.append(UInt32(number))
        }
        rows.append(other.rows, valueCount: other.values.count, after: values.count, firstRow: firstRow)
        for value in other.breaks { breaks.append(UInt32(values.count) + value) }
        other.values.forEachRun { run in
            for value in run { values.append(numbers[Int(value)]) }
        }
    }
}

/// The columns of a memtable: one for each field that some document has, made when its first value comes.
struct MemtableFields: Sendable {
    /// The schema's fields; numbers of values count in it.
    private(set) var definitions: [FieldDefinition] = []
    private(set) var numbers: [NumberColumn] = []
    private(set) var terms: [TermColumn] = []
    /// By field: twice the place in `numbers`, or twice the place in `terms` plus one; -1 without a column.
    private(set) var slots: [Int32] = []
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    var byteCount: Int {
        var sum = slots.capacity * MemoryLayout<Int32>.stride
        sum += numbers.capacity * MemoryLayout<NumberColumn>.stride
        sum += terms.capacity * MemoryLayout<TermColumn>.stride
        for at in numbers.indices { sum += numbers[at].byteCount }
        for at in terms.indices { sum += terms[at].byteCount }
        return sum
    }

    /// Takes over a schema that has grown; a shorter one is an older one and changes nothing.
    mutating func learn(_ schema: [FieldDefinition]) {
        guard schema.count > definitions.count else { return }
        definitions = schema
        slots.append(contentsOf: repeatElement(-1, count: schema.count - slots.count))
    }

    @inline(__always)
    mutating func append(_ value: FieldValue, row: UInt32, strings: RawSpan, arena: inout ByteBuffer) {
        var slot = slots[Int(value.field)]
        if slot < 0 { slot = makeColumn(Int(value.field)) }
        let at = Int(slot &>> 1)
        if slot & 1 == 0 {
            numbers[at].append(value.payload, row: row)
        } else {
            terms[at].append(strings, value, row: row, arena: &arena)
        }
    }

    /// Appends the columns of another memtable, whose rows follow at `firstRow`.
    mutating func append(
        _ other: MemtableFields, terms otherTerms: RawSpan, firstRow: UInt32, arena: inout ByteBuffer
    ) {
        learn(other.definitions)
        for column in other.numbers {
            let at = Int(slot(of: column.field) &>> 1)
            numbers[at].append(column, firstRow: firstRow)
        }
        for column in other.terms {
            let at = Int(slot(of: column.field) &>> 1)
            terms[at].append(column, terms: otherTerms, firstRow: firstRow, arena: &arena)
        }
    }

    private mutating func slot(of field: Int) -> Int32 {
        slots[field] < 0 ? makeColumn(field) : slots[field]
    }

    @inline(never)
    private mutating func makeColumn(_ field: Int) -> Int32 {
        switch definitions[field].type {
        case .keyword, .text:
            slots[field] = Int32(terms.count) * 2 + 1
            terms.append(TermColumn(field: field, isText: definitions[field].type == .text, seed: seed))
        case .long, .double, .float, .boolean, .date:
            slots[field] = Int32(numbers.count) * 2
            numbers.append(NumberColumn(field: field))
        }
        return slots[field]
    }
}

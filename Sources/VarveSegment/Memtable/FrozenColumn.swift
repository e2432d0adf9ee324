import VarveBytes
import VarveDocument

/// One field of a frozen memtable: its column, and what is derived from it when first asked for.
final class FrozenColumn: Sendable {
    enum Values: Sendable {
        case numbers(NumberColumn)
        case terms(TermColumn)
    }

    let definition: FieldDefinition
    let values: Values
    let rowCount: Int
    /// The bytes of all terms of the memtable.
    let bytes: SharedBytes
    private let order = Lazy<TermOrder>()
    private let postings = Lazy<Postings>()
    private let zones = Lazy<[ZoneMap]>()
    private let lengths = Lazy<[UInt8]>()

    init(_ definition: FieldDefinition, _ values: Values, rowCount: Int, bytes: SharedBytes) {
        self.definition = definition
        self.values = values
        self.rowCount = rowCount
        self.bytes = bytes
    }

    var rows: ValueRows {
        switch values {
        case .numbers(let column): column.rows
        case .terms(let column): column.rows
        }
    }

    var valueCount: Int {
        switch values {
        case .numbers(let column): column.values.count
        case .terms(let column): column.values.count
        }
    }

    /// The column of a keyword or text field; asking any other for terms is a mistake of ours.
    var terms: TermColumn {
        guard case .terms(let column) = values else { preconditionFailure("the field has no terms") }
        return column
    }

    /// The numbers of the terms in bytewise order, and the ordinal of each.
    var termOrder: TermOrder { order.value { TermOrder(terms.table, bytes) } }

    var termPostings: Postings { postings.value { Postings(terms) } }

    /// Bytes of what was derived so far.
    var derivedByteCount: Int {
        (order.current?.byteCount ?? 0) + (postings.current?.byteCount ?? 0)
            + (zones.current?.count ?? 0) * MemoryLayout<ZoneMap>.stride + (lengths.current?.count ?? 0)
    }

    /// What queries get to know of the field. Text has no column, hence no bounds.
    var summary: SegmentField {
        var termCount = 0
        var tokenCount = 0
        if case .terms(let column) = values {
            (termCount, tokenCount) = (column.table.count, column.values.count)
        }
        let filled = definition.hasColumn ? blockZones.filter { $0.missing < columnBlockRows } : []
        return SegmentField(
            definition: definition, termCount: termCount, rowsWithValue: rows.count(valueCount: valueCount),
            tokenCount: tokenCount, isMultiValued: definition.hasColumn && rows.shape == .several,
            minimum: filled.map { $0.minimum }.min() ?? 0, maximum: filled.map { $0.maximum }.max() ?? 0)
    }

    var blockZones: [ZoneMap] {
        zones.value {
            var block = ColumnBlock()
            return stride(from: 0, to: rowCount, by: columnBlockRows).map { start in
                read(start..<min(start + columnBlockRows, rowCount), into: &block)
                return ZoneMap(of: block)
            }
        }
    }

    /// Replaces `block` by the values of these rows.
    func read(_ range: Range<Int>, into block: inout ColumnBlock) {
        let rows = rows
        let valueCount = valueCount
        let places = rows.places(in: range, valueCount: valueCount)
        let start = rows.start(at: places.lowerBound, valueCount: valueCount)
        let end = rows.start(at: places.upperBound, valueCount: valueCount)
        block.rowCount = range.count
        block.values.removeAll(keepingCapacity: true)
        block.present.removeAll(keepingCapacity: true)
        block.starts.removeAll(keepingCapacity: true)
        appendValues(start..<end, to: &block.values)
        if places.count < range.count {
            block.markPresent(rows, places, from: range.lowerBound)
        }
        if end - start > places.count {
            block.start(rows, places, from: range.lowerBound, valueCount: valueCount)
        } else if places.count < range.count {
            block.spread(rows, places, from: range.lowerBound)
        }
    }

    private func appendValues(_ range: Range<Int>, to values: inout [Int64]) {
        switch self.values {
        case .numbers(let column):
            column.values.forEachRun(in: range) { values.append(contentsOf: $0) }
        case .terms(let column):
            let ordinals = termOrder.ordinals
            column.values.forEachRun(in: range) { run in
                for term in run { values.append(Int64(ordinals[Int(term)])) }
            }
        }
    }

    /// Sets the bit of every row that holds a term with one of these ordinals.
    func collect(_ ordinals: Range<Int>, into bitmap: inout RowBitmap) {
        let column = terms
        let rows = column.rows
        let order = termOrder
        if ordinals.count == 1 {
            let wanted = order.terms[ordinals.lowerBound]
            collect(column, rows, into: &bitmap) { $0 == wanted }
        } else {
            let known = order.ordinals
            collect(column, rows, into: &bitmap) { ordinals.contains(Int(known[Int($0)])) }
        }
    }

    @inline(__always)
    private func collect(
        _ column: TermColumn, _ rows: ValueRows, into bitmap: inout RowBitmap, _ isWanted: (UInt32) -> Bool
    ) {
        var at = 0
        var place = 0
        column.values.forEachRun { run in
            for value in run {
                if isWanted(value) {
                    place = rows.shape == .several ? rows.place(ofValue: at, from: place) : at
                    bitmap[rows.row(at: place)] = true
                }
                at &+= 1
            }
        }
    }

    /// The length of each row in one byte.
    var lengthBytes: [UInt8] {
        lengths.value {
            var read: [UInt32] = []
            readLengths(0..<rowCount, into: &read)
            return read.map { LengthByte.byte($0) }
        }
    }

    /// Replaces `lengths` by the number of values that each of these rows has.
    func readLengths(_ range: Range<Int>, into lengths: inout [UInt32]) {
        let rows = rows
        let valueCount = valueCount
        lengths.removeAll(keepingCapacity: true)
        lengths.append(contentsOf: repeatElement(0, count: range.count))
        for place in rows.places(in: range, valueCount: valueCount) {
            let start = rows.start(at: place, valueCount: valueCount)
            let end = rows.start(at: place + 1, valueCount: valueCount)
            lengths[rows.row(at: place) - range.lowerBound] = UInt32(end - start)
        }
    }
}

extension ColumnBlock {
    /// Sets the bits of the rows at these places.
    fileprivate mutating func markPresent(_ rows: ValueRows, _ places: Range<Int>, from firstRow: Int) {
        present.append(contentsOf: repeatElement(0, count: (rowCount + 63) / 64))
        for place in places {
            let row = rows.row(at: place) &- firstRow
            present[row &>> 6] |= 1 &<< UInt64(row & 63)
        }
    }

    /// Moves the values, which lie side by side, to the places of their rows. From the last to the first, since
    /// no value moves down.
    fileprivate mutating func spread(_ rows: ValueRows, _ places: Range<Int>, from firstRow: Int) {
        values.append(contentsOf: repeatElement(0, count: rowCount - values.count))
        for place in places.reversed() {
            let source = place &- places.lowerBound
            let target = rows.row(at: place) &- firstRow
            if source == target { continue }
            values[target] = values[source]
            values[source] = 0
        }
    }

    /// Notes where each row's values start, and sorts the values of each row.
    fileprivate mutating func start(
        _ rows: ValueRows, _ places: Range<Int>, from firstRow: Int, valueCount: Int
    ) {
        let base = rows.start(at: places.lowerBound, valueCount: valueCount)
        starts.reserveCapacity(rowCount + 1)
        for place in places {
            let row = rows.row(at: place) - firstRow
            let start = rows.start(at: place, valueCount: valueCount) - base
            let end = rows.start(at: place + 1, valueCount: valueCount) - base
            while starts.count <= row { starts.append(UInt32(start)) }
            if end - start > 1 { values[start..<end].sort() }
        }
        while starts.count <= rowCount { starts.append(UInt32(values.count)) }
    }
}

extension ZoneMap {
    /// What can be said of a block by looking at all of it.
    package init(of block: ColumnBlock) {
        var missing = 0
        if !block.present.isEmpty {
            missing = block.rowCount - block.present.reduce(0) { $0 + $1.nonzeroBitCount }
        }
        self.init(
            minimum: 0, maximum: 0, missing: missing, isSorted: missing == 0 && block.starts.isEmpty)
        if missing == block.rowCount { return }
        minimum = .max
        maximum = .min
        let hasHoles = missing > 0 && block.starts.isEmpty
        for (at, value) in block.values.enumerated() {
            if hasHoles && block.present[at &>> 6] &>> UInt64(at & 63) & 1 == 0 { continue }
            if value < maximum { isSorted = false }
            minimum = min(minimum, value)
            maximum = max(maximum, value)
        }
    }
}

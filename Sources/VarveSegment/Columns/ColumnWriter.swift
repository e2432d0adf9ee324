import VarveBytes
import VarveFiles

/// Cuts a column into blocks of 4,096 rows and writes its section, whatever the blocks that the rows come in.
struct ColumnWriter: ~Copyable {
    private(set) var rowsWithValue = 0
    private(set) var isMultiValued = false
    private(set) var minimum = Int64.max
    private(set) var maximum = Int64.min
    private let kind: IntegerKind
    private var pending = ColumnBlock()
    private var blockCount = 0
    private let firstEntryAt: Int

    init(_ kind: IntegerKind, _ file: inout SegmentFileWriter, with tools: borrowing ColumnTools) {
        self.kind = kind
        firstEntryAt = tools.directory.count
        file.beginSection()
    }

    /// Adds the rows of a block, or those that `kept` has; bit `first + i` of `kept` stands for row `i`.
    mutating func append(
        _ block: borrowing ColumnBlock, kept: RowBitmap?, first: Int, to file: inout SegmentFileWriter,
        with tools: inout ColumnTools
    ) throws(StorageError) {
        var row = 0
        if let kept {
            while row < block.rowCount {
                if kept[first + row] {
                    appendRow(block, row)
                    if pending.rowCount == columnBlockRows { try writeBlock(to: &file, with: &tools) }
                }
                row += 1
            }
            return
        }
        if pending.rowCount == 0 && block.rowCount == columnBlockRows {
            return try write(block, to: &file, with: &tools)
        }
        while row < block.rowCount {
            let count = min(block.rowCount - row, columnBlockRows - pending.rowCount)
            if block.starts.isEmpty && pending.starts.isEmpty {
                appendSingle(block, row..<(row + count))
            } else {
                for each in row..<(row + count) { appendRow(block, each) }
            }
            row += count
            if pending.rowCount == columnBlockRows { try writeBlock(to: &file, with: &tools) }
        }
    }

    /// Rows that have one value at most, as those before.
    private mutating func appendSingle(_ block: borrowing ColumnBlock, _ rows: Range<Int>) {
        pending.values.append(contentsOf: block.values[rows])
        if !block.present.isEmpty && pending.present.isEmpty { startMissing() }
        if !pending.present.isEmpty {
            var done = 0
            while done < rows.count {
                let count = min(64, rows.count - done)
                let from = rows.lowerBound + done
                let word = block.present.isEmpty ? .max : Self.bits(block.present, from: from)
                setBits(word & (count == 64 ? .max : (1 &<< UInt64(count)) &- 1), at: pending.rowCount + done)
                done += count
            }
        }
        pending.rowCount += rows.count
    }

    /// 64 bits from bit `first` on; zeros beyond the end.
    private static func bits(_ words: [UInt64], from first: Int) -> UInt64 {
        let word = first &>> 6
        let shift = UInt64(first & 63)
        if shift == 0 { return words[word] }
        let next = word + 1 < words.count ? words[word + 1] : 0
        return words[word] &>> shift | next &<< (64 &- shift)
    }

    private mutating func setBits(_ bits: UInt64, at first: Int) {
        let word = first &>> 6
        let shift = UInt64(first & 63)
        pending.present[word] |= bits &<< shift
        if shift > 0 && word + 1 < pending.present.count {
            pending.present[word + 1] |= bits &>> (64 &- shift)
        }
    }

    private mutating func appendRow(_ block: borrowing ColumnBlock, _ row: Int) {
        let isPresent =
            block.present.isEmpty || block.present[row &>> 6] &>> UInt64(row & 63) & 1 == 1
        if !isPresent && pending.present.isEmpty { startMissing() }
        if !pending.present.isEmpty { setPresent(pending.rowCount, isPresent) }
        var count = isPresent ? 1 : 0
        var from = row
        if !block.starts.isEmpty {
            from = Int(block.starts[row])
            count = Int(block.starts[row + 1]) - from
            if count > 1 && pending.starts.isEmpty { startSeveral() }
        }
        if pending.starts.isEmpty {
            pending.values.append(isPresent ? block.values[from] : 0)
        } else {
            if count > 0 { pending.values.append(contentsOf: block.values[from..<(from + count)]) }
            pending.starts.append(UInt32(pending.values.count))
        }
        pending.rowCount += 1
    }

    /// All rows so far have a value, the next one does not.
    private mutating func startMissing() {
        pending.present = [UInt64](repeating: 0, count: columnBlockRows / 64)
        for row in 0..<pending.rowCount { setPresent(row, true) }
    }

    private mutating func setPresent(_ row: Int, _ isPresent: Bool) {
        if isPresent { pending.present[row &>> 6] |= 1 &<< UInt64(row & 63) }
    }

    /// All rows so far have one value at most, the next one has several.
    private mutating func startSeveral() {
        var values: [Int64] = []
        pending.starts = [0]
        for row in 0..<pending.rowCount {
            if pending.present.isEmpty || pending.present[row &>> 6] &>> UInt64(row & 63) & 1 == 1 {
                values.append(pending.values[row])
            }
            pending.starts.append(UInt32(values.count))
        }
        pending.values = values
    }

    private mutating func writeBlock(
        to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) {
        var full = ColumnBlock()
        swap(&full, &pending)
        try write(full, to: &file, with: &tools)
        full.rowCount = 0
        full.values.removeAll(keepingCapacity: true)
        full.present.removeAll()
        full.starts.removeAll()
        pending = full
    }

    private mutating func write(
        _ block: borrowing ColumnBlock, to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) {
        let offset = file.sectionCount
        let start = file.offset
        let several = !block.starts.isEmpty
        guard offset < ColumnDirectory.sectionLengthMax,
            !several || block.starts[block.rowCount] <= UInt32(ColumnBlockCodec.valuesMax)
        else { throw .damaged(Damage(file.path, at: start, "a column is over the limits of the format")) }
        let zone = tools.encoder.append(block, kind: kind, to: &file.pending)
        file.pending.pad(to: 8)
        ColumnDirectory.append(
            zone, checksum: file.checksum(from: start), offset: offset, to: &tools.directory)
        blockCount += 1
        let present = block.rowCount - zone.missing
        rowsWithValue += present
        isMultiValued = isMultiValued || (several && Int(block.starts[block.rowCount]) > present)
        if present > 0 {
            minimum = min(minimum, zone.minimum)
            maximum = max(maximum, zone.maximum)
        }
        try file.writeIfLarge()
    }

    /// Writes the rest and ends the section. Nil, and no section, if no row has a value.
    consuming func finish(
        _ section: SectionKind, field: Int = 0, to file: inout SegmentFileWriter,
        with tools: inout ColumnTools
    ) throws(StorageError) -> ColumnSummary? {
        if pending.rowCount > 0 { try writeBlock(to: &file, with: &tools) }
        if rowsWithValue == 0 {
            tools.directory.truncate(to: firstEntryAt)
            return nil
        }
        try file.endSection(section, field: field, items: blockCount)
        return ColumnSummary(
            rowsWithValue: rowsWithValue, isMultiValued: isMultiValued, minimum: minimum, maximum: maximum)
    }
}

/// What the columns of one segment share while they are written.
struct ColumnTools: ~Copyable {
    var encoder = ColumnEncoder()
    /// The column index so far.
    var directory = ByteBuffer()

    init() {}
}

struct ColumnSummary {
    var rowsWithValue = 0
    var isMultiValued = false
    var minimum: Int64 = 0
    var maximum: Int64 = 0
}

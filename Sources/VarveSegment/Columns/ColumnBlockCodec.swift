import VarveBytes

/// One block of a column as it is stored: which rows have a value, how many, and the values. The format page is
/// `docs/formats/segment.md` (column blocks).
///
/// ```
/// flags u8 | presence | counts, if a row has several values | runs of values, 4,096 a run
/// ```
///
/// How many rows the block has follows from the segment, how many of them miss from the column directory; a
/// block in which all miss has no bytes at all.
enum ColumnBlockCodec {
    /// How the block says which rows have a value; the two low bits of the flags.
    enum Presence: UInt8 {
        case all = 0
        /// A bit a row.
        case bitmap = 1
        /// The places of the rows that miss, 12 bits each.
        case missingPlaces = 2
        /// The places of the rows that have a value.
        case presentPlaces = 3
    }

    /// Rows may have several values, and counts follow.
    static let severalFlag: UInt8 = 4
    /// Missing rows have a value too, a meaningless one, so that places need not be counted.
    static let everyRowFlag: UInt8 = 8
    /// Values of one block; what more a flush refuses to write.
    static let valuesMax = 1 << 28
}

/// Writes column blocks.
struct ColumnEncoder: ~Copyable {
    private var integers = IntegerRunEncoder()
    private var dense: [Int64] = []

    init() {}

    /// Appends a block's bytes, none if every row misses, and returns its bounds.
    mutating func append(_ block: borrowing ColumnBlock, kind: IntegerKind, to buffer: inout ByteBuffer)
        -> ZoneMap
    {
        let rows = block.rowCount
        let present = block.present.isEmpty ? rows : Self.countBits(block.present, rows)
        var zone = ZoneMap(minimum: 0, maximum: 0, missing: rows - present, isSorted: false)
        if present == 0 { return zone }
        let hasSeveral = !block.starts.isEmpty
        let isSparse = present < rows
        // A placeholder costs a value's bits, and spares the reader from counting bits.
        let fillsRows = isSparse && !hasSeveral && zone.missing * 8 <= rows
        let presence = Self.presence(present, rows)
        var flags = presence.rawValue
        if hasSeveral { flags |= ColumnBlockCodec.severalFlag }
        if fillsRows { flags |= ColumnBlockCodec.everyRowFlag }
        buffer.append(flags)
        appendPresence(presence, block.present, rows, to: &buffer)
        if hasSeveral { appendCounts(block, to: &buffer) }
        if isSparse && !hasSeveral { gather(block, fillsRows: fillsRows) } else { dense.removeAll() }
        let own = dense
        let values = isSparse && !hasSeveral ? own.span : block.values.span
        let count = hasSeveral ? Int(block.starts[rows]) : isSparse ? own.count : rows
        (zone.minimum, zone.maximum, zone.isSorted) = Self.bounds(values.extracting(0..<count))
        if isSparse || hasSeveral { zone.isSorted = false }
        var first = 0
        while first < count {
            let end = min(first + IntegerRun.countMax, count)
            integers.append(values.extracting(first..<end), kind: kind, to: &buffer)
            first = end
        }
        return zone
    }

    private static func presence(_ present: Int, _ rows: Int) -> ColumnBlockCodec.Presence {
        if present == rows { return .all }
        let listed = min(present, rows - present)
        if listed * IntegerRun.placeWidth >= rows { return .bitmap }
        return present < rows - present ? .presentPlaces : .missingPlaces
    }

    private func appendPresence(
        _ presence: ColumnBlockCodec.Presence, _ words: [UInt64], _ rows: Int, to buffer: inout ByteBuffer
    ) {
        switch presence {
        case .all: break
        case .bitmap:
            buffer.appendPacked(count: rows, width: 1) { words[$0 &>> 6] &>> UInt64($0 & 63) & 1 }
        case .missingPlaces, .presentPlaces:
            let wanted: UInt64 = presence == .presentPlaces ? 1 : 0
            var places: [UInt64] = []
            for row in 0..<rows where words[row &>> 6] &>> UInt64(row & 63) & 1 == wanted {
                places.append(UInt64(row))
            }
            buffer.appendPacked(places.span, width: IntegerRun.placeWidth)
        }
    }

    private mutating func appendCounts(_ block: borrowing ColumnBlock, to buffer: inout ByteBuffer) {
        var counts: [Int64] = []
        counts.reserveCapacity(block.rowCount)
        for row in 0..<block.rowCount {
            let count = block.starts[row + 1] - block.starts[row]
            if count > 0 { counts.append(Int64(count)) }
        }
        integers.append(counts.span, kind: .counts, to: &buffer)
    }

    /// The values of the rows that have one; in place of the others, if asked for, the value before.
    private mutating func gather(_ block: borrowing ColumnBlock, fillsRows: Bool) {
        dense.removeAll(keepingCapacity: true)
        dense.reserveCapacity(block.rowCount)
        let values = block.values.span
        let words = block.present.span
        var first = 0
        while words[first &>> 6] &>> UInt64(first & 63) & 1 == 0 { first &+= 1 }
        var last = values[first]
        for row in 0..<block.rowCount {
            if words[row &>> 6] &>> UInt64(row & 63) & 1 == 1 {
                last = values[row]
                dense.append(last)
            } else if fillsRows {
                dense.append(last)
            }
        }
    }

    private static func bounds(_ values: Span<Int64>) -> (Int64, Int64, Bool) {
        var (low, high, last) = (Int64.max, Int64.min, Int64.min)
        var descents: Int64 = 0
        for place in 0..<values.count {
            let value = values[place]
            low = min(low, value)
            high = max(high, value)
            descents |= value < last ? 1 : 0
            last = value
        }
        return (low, high, descents == 0)
    }

    private static func countBits(_ words: [UInt64], _ rows: Int) -> Int {
        var count = 0
        for (place, word) in words.enumerated() where place * 64 < rows {
            let rest = rows - place * 64
            count += (rest < 64 ? word & ((1 &<< UInt64(rest)) &- 1) : word).nonzeroBitCount
        }
        return count
    }
}

/// Reads column blocks whose checksum was verified.
struct ColumnDecoder: ~Copyable {
    private var scratch: [Int64] = []
    private var run: [Int64] = []

    init() {}

    /// Replaces `block` by the block that `bytes` hold; padding may follow it.
    ///
    /// - Parameters:
    ///   - rows: how many rows the block has, at most 4,096.
    ///   - missing: how many of them have no value, as the directory says.
    mutating func decode(
        _ bytes: RawSpan, rows: Int, missing: Int, into block: inout ColumnBlock
    ) throws(FormatError) {
        block.rowCount = rows
        block.starts.removeAll(keepingCapacity: true)
        block.present.removeAll(keepingCapacity: true)
        if missing == rows {
            guard bytes.byteCount == 0 else { throw FormatError("values of rows that have none", offset: 0) }
            return setMissing(rows, in: &block)
        }
        var reader = ByteReader(bytes)
        let flags: UInt8 = try reader.read()
        guard flags < 16, let presence = ColumnBlockCodec.Presence(rawValue: flags & 3) else {
            throw FormatError("unknown flags \(flags) of a column block", offset: 0)
        }
        let present = rows - missing
        guard (presence == .all) == (missing == 0) else {
            throw FormatError("\(missing) rows miss, unlike the directory says", offset: 0)
        }
        try Self.readPresence(presence, &reader, rows: rows, present: present, into: &block.present)
        if flags & ColumnBlockCodec.severalFlag != 0 {
            let total = try readCounts(&reader, rows: rows, present: present, into: &block)
            try readValues(&reader, total, into: &block)
        } else {
            let isFilled = presence == .all || flags & ColumnBlockCodec.everyRowFlag != 0
            Self.resize(&block.values, to: rows)
            let view = try IntegerRunView(bytes, at: reader.offset, count: isFilled ? rows : present)
            var target = block.values.mutableSpan
            view.decode(into: &target, scratch: &scratch)
            if !isFilled { Self.spread(&block, present) }
            try reader.skip(view.end - reader.offset)
        }
        try reader.skipPadding(to: 8)
        try reader.expectEnd(of: "a column block")
    }

    /// Replaces `block` by one in which no row has a value.
    func setMissing(_ rows: Int, in block: inout ColumnBlock) {
        block.rowCount = rows
        block.starts.removeAll(keepingCapacity: true)
        Self.resize(&block.values, to: rows)
        Self.resize(&block.present, to: (rows + 63) / 64)
        for word in block.present.indices { block.present[word] = 0 }
    }

    /// The run of a block in which every row has one value, for picking single ones.
    @_lifetime(copy bytes)
    static func fullRun(_ bytes: RawSpan, rows: Int) throws(FormatError) -> IntegerRunView {
        guard bytes.byteCount > 0 && bytes.byte(at: 0) == 0 else {
            throw FormatError("a column in which each row must have one value", offset: 0)
        }
        return try IntegerRunView(bytes, at: 1, count: rows)
    }

    @_lifetime(reader: copy reader)
    private static func readPresence(
        _ presence: ColumnBlockCodec.Presence, _ reader: inout ByteReader, rows: Int, present: Int,
        into words: inout [UInt64]
    ) throws(FormatError) {
        if presence == .all { return }
        let at = reader.offset
        let bytes = reader.bytes
        resize(&words, to: (rows + 63) / 64)
        if presence == .bitmap {
            let start = try reader.skipPacked(rows, 1)
            for word in words.indices {
                let first = word * 64
                words[word] = 0
                for byte in 0..<((min(64, rows - first) + 7) / 8) {
                    words[word] |= UInt64(bytes.byte(at: start + word * 8 + byte)) &<< UInt64(byte * 8)
                }
            }
        } else {
            let listsPresent = presence == .presentPlaces
            let count = listsPresent ? present : rows - present
            let start = try reader.skipPacked(count, IntegerRun.placeWidth)
            for word in words.indices { words[word] = listsPresent ? 0 : .max }
            if !listsPresent && rows % 64 != 0 { words[words.count - 1] = (1 &<< UInt64(rows % 64)) &- 1 }
            for item in 0..<count {
                let row = Int(bytes.packedValue(item, width: IntegerRun.placeWidth, from: start))
                guard row < rows else { throw FormatError("row \(row) of \(rows)", offset: start) }
                words[row &>> 6] ^= 1 &<< UInt64(row & 63)
            }
        }
        var count = 0
        for word in words { count &+= word.nonzeroBitCount }
        let beyond = rows % 64 == 0 ? 0 : words[words.count - 1] &>> UInt64(rows % 64)
        guard count == present && beyond == 0 else {
            throw FormatError("\(count) rows have values, the directory says \(present)", offset: at)
        }
    }

    /// Fills `starts`, and returns how many values there are.
    @_lifetime(reader: copy reader)
    private mutating func readCounts(
        _ reader: inout ByteReader, rows: Int, present: Int, into block: inout ColumnBlock
    ) throws(FormatError) -> Int {
        let at = reader.offset
        let view = try IntegerRunView(reader.bytes, at: at, count: present)
        decodeRun(view)
        block.starts.reserveCapacity(rows + 1)
        block.starts.append(0)
        var total: Int64 = 0
        var place = 0
        for row in 0..<rows {
            if block.present.isEmpty || block.present[row &>> 6] &>> UInt64(row & 63) & 1 == 1 {
                let count = run[place]
                guard count >= 1 && count <= Int64(ColumnBlockCodec.valuesMax) else {
                    throw FormatError("a row of \(count) values", offset: at)
                }
                total += count
                place += 1
                guard total <= Int64(ColumnBlockCodec.valuesMax) else {
                    throw FormatError(
                        "a column block of over \(ColumnBlockCodec.valuesMax) values", offset: at)
                }
            }
            block.starts.append(UInt32(total))
        }
        try reader.skip(view.end - at)
        return Int(total)
    }

    /// Values in runs; a run has at least three bytes, which bounds what is allocated by what is there.
    @_lifetime(reader: copy reader)
    private mutating func readValues(
        _ reader: inout ByteReader, _ total: Int, into block: inout ColumnBlock
    ) throws(FormatError) {
        guard (total + IntegerRun.countMax - 1) / IntegerRun.countMax * 3 <= reader.remaining else {
            throw FormatError("\(total) values in \(reader.remaining) bytes", offset: reader.offset)
        }
        block.values.removeAll(keepingCapacity: true)
        var left = total
        while left > 0 {
            let count = min(left, IntegerRun.countMax)
            let view = try IntegerRunView(reader.bytes, at: reader.offset, count: count)
            decodeRun(view)
            block.values.append(contentsOf: run[..<count])
            try reader.skip(view.end - reader.offset)
            left -= count
        }
    }

    /// Puts a run's values in `run`.
    private mutating func decodeRun(_ view: borrowing IntegerRunView) {
        var values: [Int64] = []
        swap(&values, &run)
        Self.resize(&values, to: IntegerRun.countMax)
        var target = values.mutableSpan
        view.decode(into: &target, scratch: &scratch)
        swap(&values, &run)
    }

    /// Moves the first `count` values to the rows that have one, the last first; the others get 0.
    private static func spread(_ block: inout ColumnBlock, _ count: Int) {
        let present = block.present
        let words = present.span
        var from = count
        var row = block.rowCount
        var values = block.values.mutableSpan
        while from < row {
            row &-= 1
            if words[row &>> 6] &>> UInt64(row & 63) & 1 == 1 {
                from &-= 1
                values[row] = values[from]
            } else {
                values[row] = 0
            }
        }
    }

    private static func resize<T: FixedWidthInteger>(_ array: inout [T], to count: Int) {
        if array.count > count {
            array.removeLast(array.count - count)
        } else if array.count < count {
            array.append(contentsOf: repeatElement(0, count: count - array.count))
        }
    }
}

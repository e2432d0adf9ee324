import VarveBytes

/// What a segment knows of its column blocks without reading them: bounds, place and checksum of each, 32 bytes a
/// block, kept in memory as stored. The format page is `docs/formats/segment.md` (column index).
///
/// ```
/// 0 minimum i64 | 8 maximum i64 | 16 checksum u64 | 24 offset / 8 in the section u32 | 28 missing rows u16
/// 30 flags u16: 1 sorted
/// ```
enum ColumnDirectory {
    static let entryByteCount = 32
    static let sortedFlag: UInt16 = 1
    /// What the offsets of a column's blocks can express.
    static let sectionLengthMax: UInt64 = 8 &<< 32

    static func append(_ zone: ZoneMap, checksum: UInt64, offset: UInt64, to buffer: inout ByteBuffer) {
        buffer.append(zone.minimum)
        buffer.append(zone.maximum)
        buffer.append(checksum)
        buffer.append(UInt32(truncatingIfNeeded: offset / 8))
        buffer.append(UInt16(zone.missing))
        buffer.append(zone.isSorted ? Self.sortedFlag : 0)
    }
}

/// One column of a segment: its part of the directory, and where its blocks lie in the file.
struct ColumnPlace: Sendable {
    /// The first of the column's entries.
    var firstEntry: Int
    /// The column's section.
    var section: Range<UInt64>
}

/// The column index of an open segment.
struct ColumnIndex: Sendable {
    let bytes: SharedBytes
    let rowCount: Int
    let blockCount: Int

    /// Takes the section, whose checksum was verified.
    init(_ bytes: SharedBytes, rowCount: Int, columnCount: Int) throws(FormatError) {
        self.bytes = bytes
        self.rowCount = rowCount
        blockCount = (rowCount + columnBlockRows - 1) / columnBlockRows
        guard bytes.count == blockCount * columnCount * ColumnDirectory.entryByteCount else {
            throw FormatError(
                "\(bytes.count) bytes for \(columnCount) columns of \(blockCount) blocks", offset: 0)
        }
    }

    func rows(ofBlock block: Int) -> Int {
        min(columnBlockRows, rowCount - block * columnBlockRows)
    }

    private func entry(_ column: ColumnPlace, _ block: Int) -> Int {
        precondition(block >= 0 && block < blockCount, "no such block")
        return (column.firstEntry + block) * ColumnDirectory.entryByteCount
    }

    func zone(_ column: ColumnPlace, _ block: Int) -> ZoneMap {
        let at = entry(column, block)
        let span = bytes.bytes
        return ZoneMap(
            minimum: span.load(at: at), maximum: span.load(at: at + 8),
            missing: Int(span.load(UInt16.self, at: at + 28)),
            isSorted: span.load(UInt16.self, at: at + 30) & ColumnDirectory.sortedFlag != 0)
    }

    func checksum(_ column: ColumnPlace, _ block: Int) -> UInt64 {
        bytes.bytes.load(at: entry(column, block) + 16)
    }

    /// Where the block lies in the file.
    func range(_ column: ColumnPlace, _ block: Int) -> Range<UInt64> {
        let start = offset(column, block)
        return start..<(block + 1 == blockCount ? column.section.upperBound : offset(column, block + 1))
    }

    private func offset(_ column: ColumnPlace, _ block: Int) -> UInt64 {
        column.section.lowerBound + UInt64(bytes.bytes.load(UInt32.self, at: entry(column, block) + 24)) * 8
    }

    /// Checks a column's entries once, so that later looks at them cannot leave its section.
    func check(_ column: ColumnPlace) throws(FormatError) {
        let span = bytes.bytes
        var last: UInt64 = 0
        let length = column.section.upperBound - column.section.lowerBound
        for block in 0..<blockCount {
            let at = entry(column, block)
            let offset = UInt64(span.load(UInt32.self, at: at + 24)) * 8
            let missing = Int(span.load(UInt16.self, at: at + 28))
            let flags: UInt16 = span.load(at: at + 30)
            guard offset >= last, offset <= length, block > 0 || offset == 0,
                missing <= rows(ofBlock: block), flags <= ColumnDirectory.sortedFlag
            else { throw FormatError("a block at \(offset) with \(missing) rows missing", offset: at) }
            last = offset
        }
    }
}

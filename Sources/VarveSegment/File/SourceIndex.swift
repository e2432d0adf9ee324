import VarveBytes

/// One source block of a segment: which rows it holds, where it lies and how to open it.
struct SourceBlockPlace: Equatable {
    var firstRow: Int
    var rowCount: Int
    /// Where the block lies in its section, padding included.
    var range: Range<UInt64>
    var storedCount: Int
    var rawCount: Int
    var codec: SourceBlockCodec
    /// The deflate level that it was written with.
    var level: Int
    /// The preset dictionary that it needs; nil for none.
    var dictionary: Int?
    var checksum: UInt64
}

/// Where source blocks lie: an entry of 32 bytes each. The format page is `docs/formats/segment.md` (sources).
///
/// ```
/// 0 checksum u64 | 8 offset in the section u64 | 16 first row u32 | 20 stored length u32 | 24 raw length u32
/// 28 codec u8 | 29 deflate level u8 | 30 dictionary u16, counted from 1; 0 for none
/// ```
struct SourceIndex: Sendable {
    static let entryByteCount = 32

    let blockCount: Int
    private let bytes: SharedBytes
    private let rowCount: Int
    private let sectionLength: UInt64

    /// Takes the section, whose checksum was verified, and checks every entry.
    init(
        _ bytes: SharedBytes, blockCount: Int, rowCount: Int, sectionLength: UInt64, dictionaryCount: Int
    ) throws(FormatError) {
        self.bytes = bytes
        self.blockCount = blockCount
        self.rowCount = rowCount
        self.sectionLength = sectionLength
        guard
            blockCount >= 1 && blockCount == bytes.count / Self.entryByteCount
                && bytes.count % Self.entryByteCount == 0
        else { throw FormatError("\(blockCount) blocks in an index of \(bytes.count) bytes", offset: 0) }
        let span = bytes.bytes
        var (lastRow, lastOffset) = (-1, UInt64(0))
        for block in 0..<blockCount {
            let at = block * Self.entryByteCount
            let offset: UInt64 = span.load(at: at + 8)
            let row = Int(span.load(UInt32.self, at: at + 16))
            let isFirst = block == 0
            guard isFirst ? row == 0 && offset == 0 : row > lastRow && offset > lastOffset, row < rowCount,
                row - max(lastRow, 0) <= SourceBlockLimits.rowCountMax, offset < sectionLength,
                offset % 8 == 0,
                SourceBlockCodec(rawValue: span.byte(at: at + 28)) != nil,
                Int(span.load(UInt16.self, at: at + 30)) <= dictionaryCount
            else { throw FormatError("a source block from row \(row) at \(offset)", offset: at) }
            (lastRow, lastOffset) = (row, offset)
        }
        guard rowCount - lastRow <= SourceBlockLimits.rowCountMax else {
            throw FormatError("the last source block has \(rowCount - lastRow) rows", offset: 0)
        }
    }

    func firstRow(_ block: Int) -> Int {
        block == blockCount
            ? rowCount : Int(bytes.bytes.load(UInt32.self, at: block * Self.entryByteCount + 16))
    }

    /// The block that holds a row, looked for from block `first` on.
    func block(ofRow row: Int, from first: Int = 0) -> Int {
        if first < blockCount && row >= firstRow(first) && row < firstRow(first + 1) { return first }
        var (low, high) = (first, blockCount - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if firstRow(middle) <= row { low = middle } else { high = middle - 1 }
        }
        return low
    }

    subscript(block: Int) -> SourceBlockPlace {
        let at = block * Self.entryByteCount
        let span = bytes.bytes
        let start: UInt64 = span.load(at: at + 8)
        let end =
            block + 1 == blockCount ? sectionLength : span.load(UInt64.self, at: at + Self.entryByteCount + 8)
        let first = firstRow(block)
        let dictionary = Int(span.load(UInt16.self, at: at + 30))
        return SourceBlockPlace(
            firstRow: first, rowCount: firstRow(block + 1) - first, range: start..<end,
            storedCount: Int(span.load(UInt32.self, at: at + 20)),
            rawCount: Int(span.load(UInt32.self, at: at + 24)),
            codec: SourceBlockCodec(rawValue: span.byte(at: at + 28)) ?? .rows,
            level: Int(span.byte(at: at + 29)), dictionary: dictionary == 0 ? nil : dictionary - 1,
            checksum: span.load(at: at))
    }

    static func append(_ block: SourceBlockPlace, to buffer: inout ByteBuffer) {
        buffer.append(block.checksum)
        buffer.append(block.range.lowerBound)
        buffer.append(UInt32(block.firstRow))
        buffer.append(UInt32(block.storedCount))
        buffer.append(UInt32(block.rawCount))
        buffer.append(block.codec.rawValue)
        buffer.append(UInt8(block.level))
        buffer.append(UInt16(block.dictionary.map { $0 + 1 } ?? 0))
    }
}

/// The preset dictionaries of a segment's source blocks: a length as u32 each, then the bytes.
struct SourceDictionaries: Sendable {
    static let countMax = 65_534
    private let bytes: SharedBytes?
    private let ends: [Int]

    /// A segment without dictionaries.
    init() {
        bytes = nil
        ends = []
    }

    init(_ bytes: SharedBytes, count: Int) throws(FormatError) {
        guard count <= Self.countMax && count * 4 <= bytes.count else {
            throw FormatError("\(count) dictionaries in \(bytes.count) bytes", offset: 0)
        }
        var ends = [count * 4]
        for number in 0..<count {
            let length = Int(bytes.bytes.load(UInt32.self, at: number * 4))
            guard length <= SourceBlockLimits.dictionaryBytesMax && length <= bytes.count - ends[number]
            else {
                throw FormatError("a dictionary of \(length) bytes", offset: number * 4)
            }
            ends.append(ends[number] + length)
        }
        guard ends[count] == bytes.count else {
            throw FormatError("bytes behind the last dictionary", offset: ends[count])
        }
        self.bytes = bytes
        self.ends = ends
    }

    var count: Int { max(0, ends.count - 1) }

    func bytes(_ number: Int) -> [UInt8] {
        guard let bytes else { return [] }
        return bytes.bytes.slice(ends[number], ends[number + 1] - ends[number]).copyBytes()
    }
}

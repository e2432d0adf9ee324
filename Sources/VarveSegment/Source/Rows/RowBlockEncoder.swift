import VarveBytes

/// Codec 1: up to 64 rows or 8 KiB a block, their lengths as varints before them, deflated with a dictionary
/// that is sampled from the first rows.
///
/// Small blocks make a cold get cheap; the dictionary gives back most of the ratio that small blocks cost.
struct RowBlockEncoder: ~Copyable {
    static let rowsPerBlock = 64
    static let bytesPerBlock = 8 << 10
    /// Rows kept back until the dictionary is chosen.
    static let sampleBytes = 64 << 10

    private(set) var dictionary: [UInt8] = []
    private var isDictionaryFixed = false
    private var deflater: Deflater
    private var bytes = ByteBuffer()
    private var ends: [Int] = []
    private var raw = ByteBuffer()
    private var firstRow = 0

    init(level: Int) { deflater = Deflater(level: level) }

    mutating func append(_ source: RawSpan, into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        bytes.append(source)
        ends.append(bytes.count)
        if isDictionaryFixed {
            if ends.count >= Self.rowsPerBlock || bytes.count >= Self.bytesPerBlock {
                writeBlocks(into: &output, blocks: &blocks)
            }
        } else if bytes.count >= Self.sampleBytes || ends.count >= Self.rowsPerBlock * 64 {
            fixDictionary()
            writeBlocks(into: &output, blocks: &blocks)
        }
    }

    mutating func finish(into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        if !isDictionaryFixed && !ends.isEmpty { fixDictionary() }
        writeBlocks(into: &output, blocks: &blocks)
    }

    mutating func skip(rows count: Int) {
        precondition(ends.isEmpty, "rows are pending")
        firstRow += count
    }

    /// Rows from all over the sample, a sixteenth of it at most: a dictionary must cost less than it saves.
    private mutating func fixDictionary() {
        isDictionaryFixed = true
        let room = min(SourceBlockLimits.dictionaryBytesMax, bytes.count / 16)
        let step = max(1, bytes.count / max(1, room))
        var row = 0
        while row < ends.count {
            let start = row == 0 ? 0 : ends[row - 1]
            let length = ends[row] - start
            if dictionary.count + length <= room {
                dictionary += bytes.bytes.slice(start, length).copyBytes()
            }
            row += step
        }
    }

    /// Writes all pending rows, cut into blocks.
    private mutating func writeBlocks(into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        var row = 0
        while row < ends.count {
            let start = row == 0 ? 0 : ends[row - 1]
            var end = row + 1
            while end < ends.count && end - row < Self.rowsPerBlock && ends[end] - start <= Self.bytesPerBlock
            {
                end += 1
            }
            writeBlock(row..<end, into: &output, blocks: &blocks)
            row = end
        }
        firstRow += ends.count
        bytes.removeAll()
        ends.removeAll(keepingCapacity: true)
    }

    private mutating func writeBlock(
        _ rows: Range<Int>, into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]
    ) {
        let start = rows.lowerBound == 0 ? 0 : ends[rows.lowerBound - 1]
        raw.removeAll()
        var last = start
        for row in rows {
            raw.appendVarint(UInt64(ends[row] - last))
            last = ends[row]
        }
        raw.append(partOf: bytes, from: start, count: last - start)
        let offset = output.count
        let stored = deflater.deflate(raw, dictionary: dictionary, into: &output)
        output.pad(to: 8)
        blocks.append(
            SourceBlockEntry(
                firstRow: firstRow + rows.lowerBound, rowCount: rows.count, offset: offset,
                storedCount: stored,
                rawCount: raw.count, codec: .rows))
    }
}

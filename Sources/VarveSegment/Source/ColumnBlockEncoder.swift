import VarveBytes

/// Codec 2: up to 1,024 rows a block, taken apart into shapes and columns and deflated together.
///
/// A block ends when it has 1,024 rows, 512 KiB of rows, or about 64 KiB of values: documents of short typed
/// values fill their rows first, prose its values, so that a cold get inflates some 64 KiB either way.
struct ColumnBlockEncoder: ~Copyable {
    static let rowsPerBlock = SourceBlockLimits.rowCountMax
    static let bytesPerBlock = 512 << 10
    static let valueBytesPerBlock = 64 << 10
    /// Room after the rows that scanning may look into.
    private static let slack = 16

    private var deflater: Deflater
    private var table = ShapeTable()
    private var writer = ColumnBlockWriter()
    /// The rows of the block, back to back, then zeros.
    private var rows = ByteBuffer()
    private var rowCount = 0
    private var rowStarts: [Int] = []
    private var rowShapes: [Int] = []
    /// Where the row's tokens begin.
    private var rowTokens: [Int] = []
    private var tokens: [SourceToken] = []
    private var valueBytes = 0
    private var firstRow = 0

    init(level: Int) { deflater = Deflater(level: level) }

    mutating func append(_ source: RawSpan, into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        let used = max(0, rows.count - Self.slack)
        if rowCount > 0 && used + source.byteCount > Self.bytesPerBlock {
            finish(into: &output, blocks: &blocks)
        }
        rows.truncate(to: max(0, rows.count - Self.slack))
        let start = rows.count
        rows.append(source)
        rows.append(repeating: 0, count: Self.slack)
        let firstToken = tokens.count
        let shape = Self.findShape(
            of: rows, start, start + source.byteCount, last: rowShapes.last, table: &table, tokens: &tokens)
        rowStarts.append(start)
        rowShapes.append(shape)
        rowTokens.append(firstToken)
        rowCount += 1
        writer.note(shape: shape, slotCount: tokens.count - firstToken)
        for token in tokens[firstToken...] { valueBytes += token.kinds == .integer ? 2 : Int(token.count) }
        if rowCount == Self.rowsPerBlock || valueBytes >= Self.valueBytesPerBlock || writer.isFull {
            finish(into: &output, blocks: &blocks)
        }
    }

    /// Most rows have the shape of the row before them.
    @inline(__always)
    private static func findShape(
        of rows: borrowing ByteBuffer, _ start: Int, _ end: Int, last: Int?, table: inout ShapeTable,
        tokens: inout [SourceToken]
    ) -> Int {
        let bytes = rows.bytes
        if end - start <= bytesPerBlock {
            if let last, last != ShapeTable.verbatim,
                table.match(last, bytes, start, end, into: &tokens)
            {
                return last
            }
            let found = table.find(bytes, start, end, into: &tokens)
            if found != ShapeTable.verbatim { return found }
        }
        tokens.append(SourceToken(offset: start, count: end - start, kinds: .other))
        return ShapeTable.verbatim
    }

    mutating func finish(into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        if rowCount == 0 { return }
        writer.write(
            rows: rows, rowShapes: rowShapes, rowTokens: rowTokens, tokens: tokens, table: table)
        if writer.payload.count > SourceBlockLimits.rawBytesMax && rowCount > 1 { rewriteVerbatim() }
        let offset = output.count
        let stored = deflater.deflate(writer.payload, into: &output)
        output.pad(to: 8)
        blocks.append(
            SourceBlockEntry(
                firstRow: firstRow, rowCount: rowCount, offset: offset, storedCount: stored,
                rawCount: writer.payload.count, codec: .columns))
        firstRow += rowCount
        startBlock()
    }

    mutating func skip(rows count: Int) {
        precondition(rowCount == 0, "rows are pending")
        firstRow += count
    }

    private mutating func startBlock() {
        rows.removeAll()
        rowCount = 0
        rowStarts.removeAll(keepingCapacity: true)
        rowShapes.removeAll(keepingCapacity: true)
        rowTokens.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        valueBytes = 0
        writer.startBlock()
        if table.isCrowded { table.removeAll() }
    }

    /// Columns made the block larger than its limit: every row becomes its one value.
    private mutating func rewriteVerbatim() {
        var at = 0
        tokens.removeAll(keepingCapacity: true)
        let total = rows.count - Self.slack
        writer.startBlock()
        for row in 0..<rowCount {
            let end = row + 1 < rowCount ? rowStarts[row + 1] : total
            tokens.append(SourceToken(offset: at, count: end - at, kinds: .other))
            rowShapes[row] = ShapeTable.verbatim
            rowTokens[row] = row
            writer.note(shape: ShapeTable.verbatim, slotCount: 1)
            at = end
        }
        writer.write(
            rows: rows, rowShapes: rowShapes, rowTokens: rowTokens, tokens: tokens, table: table)
    }
}

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
    private var bytes = ByteBuffer()
    private var rows = ShapedRows()
    private var rowEnds: [Int] = []
    private var valueBytes = 0
    private var firstRow = 0

    init(level: Int) { deflater = Deflater(level: level) }

    mutating func append(_ source: RawSpan, into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        if !rowEnds.isEmpty && rowEnds[rowEnds.count - 1] + source.byteCount > Self.bytesPerBlock {
            finish(into: &output, blocks: &blocks)
        }
        let start = rowEnds.last ?? 0
        bytes.truncate(to: start)
        bytes.append(source)
        bytes.append(repeating: 0, count: Self.slack)
        rowEnds.append(start + source.byteCount)
        let firstToken = rows.tokens.count
        let shape = Self.takeApart(start..<start + source.byteCount, of: bytes, &table, &rows)
        let localShape = writer.localShape(shape, slotCount: rows.tokens.count - firstToken)
        rows.append(shape: shape, localShape: localShape, firstToken: firstToken)
        valueBytes += Self.valueBytes(of: rows.tokens, from: firstToken)
        if rowEnds.count == Self.rowsPerBlock || valueBytes >= Self.valueBytesPerBlock || writer.isFull {
            finish(into: &output, blocks: &blocks)
        }
    }

    mutating func finish(into output: inout ByteBuffer, blocks: inout [SourceBlockEntry]) {
        if rowEnds.isEmpty { return }
        writer.write(bytes: bytes, rows: rows, table: table)
        if writer.payload.count > SourceBlockLimits.rawBytesMax && rowEnds.count > 1 { writeVerbatim() }
        let offset = output.count
        let stored = deflater.deflate(writer.payload, into: &output)
        output.pad(to: 8)
        blocks.append(
            SourceBlockEntry(
                firstRow: firstRow, rowCount: rowEnds.count, offset: offset, storedCount: stored,
                rawCount: writer.payload.count, codec: .columns))
        firstRow += rowEnds.count
        rowEnds.removeAll(keepingCapacity: true)
        rows.removeAll()
        valueBytes = 0
        writer.startBlock()
        if table.isCrowded {
            table.removeAll()
            writer.forgetShapes()
        }
    }

    mutating func skip(rows count: Int) {
        precondition(rowEnds.isEmpty, "rows are pending")
        firstRow += count
    }

    /// Finds the row's shape and its values; most rows have the shape of the row before them.
    @inline(__always)
    private static func takeApart(
        _ row: Range<Int>, of bytes: borrowing ByteBuffer, _ table: inout ShapeTable, _ rows: inout ShapedRows
    ) -> Int {
        var shape = ShapeTable.verbatim
        if row.count <= bytesPerBlock {
            let last = rows.count == 0 ? ShapeTable.verbatim : rows.shapes[rows.count - 1]
            let isLast =
                last != ShapeTable.verbatim && table.match(last, bytes.bytes, row, into: &rows.tokens)
            shape = isLast ? last : table.find(bytes.bytes, row, into: &rows.tokens)
        }
        if shape == ShapeTable.verbatim {
            rows.tokens.append(SourceToken(offset: row.lowerBound, count: row.count, kinds: .other))
        }
        return shape
    }

    /// What the values will take up once they lie in columns, about.
    @inline(__always)
    private static func valueBytes(of tokens: borrowing ItemBuffer<SourceToken>, from first: Int) -> Int {
        var total = 0
        for at in first..<tokens.count {
            let count = tokens[at].count
            total &+= tokens[at].kinds.isSubset(of: .numbers) ? 2 : count <= 32 ? min(count, 6) : count
        }
        return total
    }

    /// Columns would be larger than a block may be: every row becomes its one value.
    private mutating func writeVerbatim() {
        rows.removeAll()
        writer.startBlock()
        var start = 0
        for end in rowEnds {
            let localShape = writer.localShape(ShapeTable.verbatim, slotCount: 1)
            rows.append(shape: ShapeTable.verbatim, localShape: localShape, firstToken: rows.tokens.count)
            rows.tokens.append(SourceToken(offset: start, count: end - start, kinds: .other))
            start = end
        }
        writer.write(bytes: bytes, rows: rows, table: table)
    }
}

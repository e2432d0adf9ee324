import VarveBytes

/// The shapes that documents were seen to have: the literal bytes between values, and which column each value
/// belongs to.
///
/// A column is a path of keys, whatever shape it occurs in, so documents with optional fields share columns.
/// Arrays are one value. Shapes are kept from block to block, until there are too many.
struct ShapeTable: ~Copyable {
    struct Piece: BitwiseCopyable {
        var offset: Int
        var count: Int
        /// The same bytes have the same number in all shapes.
        var literal: Int
    }

    struct Shape: BitwiseCopyable {
        /// Its `slotCount + 1` literals begin here in `pieces`, its columns in `slotColumns`.
        var firstPiece: Int
        var firstSlot: Int
        var slotCount: Int
    }

    private(set) var shapes: [Shape] = []
    private(set) var pieces: [Piece] = []
    private(set) var slotColumns: [Int] = []
    private(set) var literals = ByteBuffer()
    private(set) var literalRanges: [Range<Int>] = []
    private(set) var columnCount = 0
    private var literalNumbers: [[UInt8]: Int] = [:]
    private var columnNumbers: [UInt64: Int] = [:]
    private var shapeNumbers: [UInt64: Int] = [:]
    private var scan = ShapeScan()

    init() { removeAll() }

    /// Shape 0: no literals, the row is its one value.
    static let verbatim = 0

    /// True when so much is remembered that starting afresh is better.
    var isCrowded: Bool { shapes.count > 2_048 || literals.count > 4 << 20 || columnCount > 65_536 }

    mutating func removeAll() {
        shapes.removeAll()
        pieces.removeAll()
        slotColumns.removeAll()
        literals.removeAll()
        literalRanges.removeAll()
        columnCount = 0
        literalNumbers.removeAll()
        columnNumbers.removeAll()
        shapeNumbers.removeAll()
        let nothing = literalNumber(RawSpan())
        pieces = [Piece(offset: 0, count: 0, literal: nothing), Piece(offset: 0, count: 0, literal: nothing)]
        slotColumns = [columnNumber(path: 0)]
        shapes = [Shape(firstPiece: 0, firstSlot: 0, slotCount: 1)]
    }

    /// Appends the values of the row if it has this shape.
    @inline(__always)
    func match(
        _ number: Int, _ bytes: RawSpan, _ row: Range<Int>, into tokens: inout ItemBuffer<SourceToken>
    ) -> Bool {
        let shape = shapes[number]
        let before = tokens.count
        let end = row.upperBound
        var at = row.lowerBound
        let known = literals.bytes
        let pieces = pieces.span
        for slot in 0..<shape.slotCount {
            let piece = pieces[shape.firstPiece &+ slot]
            guard at &+ piece.count <= end, Self.equal(bytes, at, known, piece.offset, piece.count),
                let token = TokenScanner.scan(bytes, at: at &+ piece.count)
            else {
                tokens.truncate(to: before)
                return false
            }
            at = token.offset &+ token.count
            tokens.append(token)
        }
        let tail = pieces[shape.firstPiece &+ shape.slotCount]
        if at &+ tail.count == end && Self.equal(bytes, at, known, tail.offset, tail.count) { return true }
        tokens.truncate(to: before)
        return false
    }

    /// Both sides have 8 bytes to spare after what is compared.
    @inline(__always)
    private static func equal(
        _ bytes: RawSpan, _ at: Int, _ known: RawSpan, _ offset: Int, _ count: Int
    ) -> Bool {
        var done = 0
        while done &+ 8 <= count {
            let left: UInt64 = bytes.load(at: at &+ done)
            let right: UInt64 = known.load(at: offset &+ done)
            if left != right { return false }
            done &+= 8
        }
        if done == count { return true }
        let left: UInt64 = bytes.load(at: at &+ done)
        let right: UInt64 = known.load(at: offset &+ done)
        return (left ^ right) &<< UInt64(64 &- (count &- done) &* 8) == 0
    }

    /// The shape of the row, made if it is new, and its values; `verbatim` if it has none.
    @inline(never)
    mutating func find(_ bytes: RawSpan, _ row: Range<Int>, into tokens: inout ItemBuffer<SourceToken>) -> Int
    {
        guard scan.run(bytes, row) else { return Self.verbatim }
        if let known = shapeNumbers[scan.hash] {
            return match(known, bytes, row, into: &tokens) ? known : Self.verbatim
        }
        let firstPiece = pieces.count
        let firstSlot = slotColumns.count
        for range in scan.pieces {
            let literal = literalNumber(bytes.slice(range.lowerBound, range.count))
            pieces.append(
                Piece(offset: literalRanges[literal].lowerBound, count: range.count, literal: literal))
        }
        for path in scan.paths { appendColumn(path: path, after: firstSlot) }
        shapeNumbers[scan.hash] = shapes.count
        shapes.append(Shape(firstPiece: firstPiece, firstSlot: firstSlot, slotCount: scan.paths.count))
        for token in scan.tokens { tokens.append(token) }
        return shapes.count - 1
    }

    /// A column must not occur twice in a shape, as it would for a repeated key.
    private mutating func appendColumn(path: UInt64, after firstSlot: Int) {
        var path = path
        var column = columnNumber(path: path)
        while slotColumns[firstSlot...].contains(column) {
            path = path &* 0x9E37_79B9_7F4A_7C15 &+ 1
            column = columnNumber(path: path)
        }
        slotColumns.append(column)
    }

    private mutating func columnNumber(path: UInt64) -> Int {
        if let known = columnNumbers[path] { return known }
        columnNumbers[path] = columnCount
        columnCount += 1
        return columnCount - 1
    }

    private mutating func literalNumber(_ bytes: RawSpan) -> Int {
        let key = bytes.copyBytes()
        if let known = literalNumbers[key] { return known }
        if literals.count >= 16 { literals.truncate(to: literals.count - 16) }
        let start = literals.count
        literals.append(bytes)
        literalRanges.append(start..<literals.count)
        literals.append(repeating: 0, count: 16)
        literalNumbers[key] = literalRanges.count - 1
        return literalRanges.count - 1
    }
}

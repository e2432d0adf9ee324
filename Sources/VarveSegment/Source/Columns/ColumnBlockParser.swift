import VarveBytes

/// Reads the inflated form of codec 2 and compiles it into a plan; `docs/formats/source-block.md` has the layout.
///
/// Counts are bounded before memory is taken, and the longest row that the block could render is held to the
/// limit of a document, so that a small block cannot ask for much memory later.
struct ColumnBlockParser: ~Copyable {
    struct Column {
        var column: SourceColumn
        var domain: Int
        /// A value is at most this long.
        var lengthMax = 0
        /// Quotes stand around every value, a prefix and a suffix inside them; all belong to the literals, unless
        /// there are words.
        var isQuoted = false
        var prefix = 0..<0
        var suffix = 0..<0
        /// For columns of one value: where its bytes lie. Such a slot vanishes into the literals.
        var constant: Range<Int>?
        /// For dictionaries.
        var entryCount = 0
    }

    let rowCount: Int
    var plan: SourceBlockPlan
    var literals: [Range<Int>] = []
    var columns: [Column] = []
    /// The shapes of each domain; domain 0 is all of them.
    var domains: [[Bool]] = []
    /// How many rows each domain has.
    var domainCounts: [Int] = []

    static func parse(_ payload: SharedBytes, rowCount: Int) throws(FormatError) -> SourceBlockPlan {
        var parser = ColumnBlockParser(payload, rowCount: rowCount)
        var reader = ByteReader(payload.bytes)
        try parser.run(&reader)
        return parser.finish()
    }

    private init(_ payload: SharedBytes, rowCount: Int) {
        self.rowCount = rowCount
        plan = SourceBlockPlan(payload: payload)
    }

    private consuming func finish() -> SourceBlockPlan { plan }

    private mutating func run(_ reader: inout ByteReader) throws(FormatError) {
        let shapeCount = try reader.readCount(
            limit: ColumnBlockLimits.shapeCountMax, of: "the number of shapes")
        guard shapeCount > 0 else { throw FormatError("a block without shapes", offset: 0) }
        try readRowShapes(&reader, shapeCount: shapeCount)
        try readDomains(&reader, shapeCount: shapeCount)
        try readLiterals(&reader)
        try readColumns(&reader)
        try readShapes(&reader, shapeCount: shapeCount)
        try reader.expectEnd(of: "a source block")
    }

    private mutating func readRowShapes(_ reader: inout ByteReader, shapeCount: Int) throws(FormatError) {
        if shapeCount == 1 { return }
        plan.rowShapes = reader.offset
        let shapes = try reader.readBytes(rowCount)
        for row in 0..<rowCount where Int(shapes.byte(at: row)) >= shapeCount {
            throw FormatError("shape \(shapes.byte(at: row)) of \(shapeCount)", offset: plan.rowShapes + row)
        }
    }

    /// Domains say which shapes a column belongs to. A row's place in such a column is the number of rows of the
    /// domain before it.
    private mutating func readDomains(_ reader: inout ByteReader, shapeCount: Int) throws(FormatError) {
        domains = [[Bool](repeating: true, count: shapeCount)]
        domainCounts = [rowCount]
        let count = try reader.readCount(
            limit: ColumnBlockLimits.domainCountMax, of: "the number of domains")
        plan.ranks.reserveCapacity(count * rowCount)
        let inflated = plan.payload
        let payload = inflated.bytes
        for _ in 0..<count {
            let bits = try reader.readBytes((shapeCount + 7) / 8)
            var members = [Bool](repeating: false, count: shapeCount)
            for shape in 0..<shapeCount { members[shape] = bits.byte(at: shape / 8) >> (shape % 8) & 1 == 1 }
            var rank: UInt16 = 0
            for row in 0..<rowCount {
                plan.ranks.append(rank)
                if members[plan.rowShapes < 0 ? 0 : Int(payload.byte(at: plan.rowShapes + row))] { rank += 1 }
            }
            domains.append(members)
            domainCounts.append(Int(rank))
        }
    }

    private mutating func readLiterals(_ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: reader.remaining, of: "the number of literals")
        literals.reserveCapacity(count)
        for _ in 0..<count {
            let length = try reader.readSized(limit: reader.remaining, of: "a literal").byteCount
            literals.append(reader.offset - length..<reader.offset)
        }
    }
}

extension ByteReader {
    /// The number of one of `count` things that were read before.
    @_lifetime(self: copy self)
    mutating func readNumber(below count: Int, of what: StaticString) throws(FormatError) -> Int {
        guard count > 0 else { throw FormatError("\(what), and there is none", offset: offset) }
        return try readCount(limit: count - 1, of: what)
    }
}

/// Limits of codec 2, part of the format.
enum ColumnBlockLimits {
    /// A row's shape is one byte.
    static let shapeCountMax = 256
    static let domainCountMax = 512
    static let columnCountMax = 1_024
    /// More values than this in a document: it is kept verbatim.
    static let slotCountMax = 512
    static let entryCountMax = 1 << 16
    /// Terms of one column.
    static let termCountMax = 4
}

import VarveBytes

/// Lays out the rows of one block of codec 2: shapes, domains, literals, then the columns one by one.
struct ColumnBlockWriter: ~Copyable {
    private(set) var payload = ByteBuffer()
    /// The table's numbers of the shapes in this block, in order of appearance.
    private var shapes: [Int] = []
    /// The block's number of a shape of the table; -1 if the block does not have it.
    private var localShapes: [Int] = []
    private var slotCount = 0
    private var drafts = ColumnDrafts()

    /// No further shape may fit.
    var isFull: Bool {
        shapes.count == ColumnBlockLimits.shapeCountMax
            || slotCount > ColumnBlockLimits.columnCountMax - ColumnBlockLimits.slotCountMax
    }

    mutating func startBlock() {
        for shape in shapes { localShapes[shape] = -1 }
        shapes.removeAll(keepingCapacity: true)
        slotCount = 0
    }

    /// The shape table was emptied.
    mutating func forgetShapes() {
        localShapes.removeAll()
        drafts.forgetTerms()
    }

    /// The block's number of a shape; the block has a row of it.
    @inline(__always)
    mutating func localShape(_ shape: Int, slotCount slots: Int) -> Int {
        if shape < localShapes.count && localShapes[shape] >= 0 { return localShapes[shape] }
        while localShapes.count <= shape { localShapes.append(-1) }
        localShapes[shape] = shapes.count
        shapes.append(shape)
        slotCount += slots
        return shapes.count - 1
    }

    mutating func write(
        bytes: borrowing ByteBuffer, rows: borrowing ShapedRows, table: borrowing ShapeTable
    ) {
        let layout = BlockLayout(shapes: shapes, table: table)
        drafts.start()
        for column in layout.columns.indices {
            drafts.addColumn(
                layout.columns[column], domain: layout.columnDomains[column],
                slots: layout.slots(ofColumn: column), rows: rows, bytes: bytes)
        }
        drafts.chooseTerms()
        payload.removeAll()
        payload.appendVarint(UInt64(shapes.count))
        if shapes.count > 1 {
            for row in 0..<rows.count { payload.append(UInt8(rows.localShapes[row])) }
        }
        layout.writeDomains(into: &payload)
        payload.appendVarint(UInt64(layout.literals.count))
        for literal in layout.literals {
            let range = table.literalRanges[literal]
            payload.appendVarint(UInt64(range.count))
            payload.append(partOf: table.literals, from: range.lowerBound, count: range.count)
        }
        let numbers = drafts.write(bytes, into: &payload)
        layout.writeShapes(table: table, columnNumbers: numbers, into: &payload)
    }
}

/// Which literals, columns and domains a block has, numbered for the block.
struct BlockLayout {
    private let shapes: [Int]
    private(set) var literals: [Int] = []
    /// The table's numbers of the block's columns.
    private(set) var columns: [Int] = []
    private(set) var columnDomains: [Int] = []
    /// Shapes of each domain but the first, which is all of them.
    private var domains: [[Bool]] = []
    private var localLiterals: [Int: Int] = [:]
    private var localColumns: [Int: Int] = [:]
    /// Per column and shape, the slot; -1 for none.
    private var slots: [Int] = []

    init(shapes: [Int], table: borrowing ShapeTable) {
        self.shapes = shapes
        for shape in shapes {
            let known = table.shapes[shape]
            for slot in 0...known.slotCount {
                addLiteral(table.pieces[known.firstPiece + slot].literal)
                if slot < known.slotCount { addColumn(table.slotColumns[known.firstSlot + slot]) }
            }
        }
        slots = [Int](repeating: -1, count: columns.count * shapes.count)
        for (number, shape) in shapes.enumerated() {
            let known = table.shapes[shape]
            for slot in 0..<known.slotCount {
                let column = localColumns[table.slotColumns[known.firstSlot + slot]] ?? 0
                slots[column * shapes.count + number] = slot
            }
        }
        findDomains()
    }

    /// For each of the block's shapes, which of its slots takes values from the column; -1 for none.
    func slots(ofColumn column: Int) -> [Int] {
        Array(slots[column * shapes.count..<(column + 1) * shapes.count])
    }

    func writeDomains(into payload: inout ByteBuffer) {
        payload.appendVarint(UInt64(domains.count))
        for members in domains {
            var bits = [UInt8](repeating: 0, count: (shapes.count + 7) / 8)
            for shape in members.indices where members[shape] { bits[shape / 8] |= 1 << (shape % 8) }
            payload.append(bits)
        }
    }

    /// - Parameter columnNumbers: where each column was written among the columns.
    func writeShapes(table: borrowing ShapeTable, columnNumbers: [Int], into payload: inout ByteBuffer) {
        for shape in shapes {
            let known = table.shapes[shape]
            payload.appendVarint(UInt64(known.slotCount))
            for slot in 0...known.slotCount {
                let literal = localLiterals[table.pieces[known.firstPiece + slot].literal] ?? 0
                payload.appendVarint(UInt64(literal))
                if slot == known.slotCount { break }
                let column = localColumns[table.slotColumns[known.firstSlot + slot]] ?? 0
                payload.appendVarint(UInt64(columnNumbers[column]))
            }
        }
    }

    private mutating func addLiteral(_ literal: Int) {
        if localLiterals[literal] != nil { return }
        localLiterals[literal] = literals.count
        literals.append(literal)
    }

    private mutating func addColumn(_ column: Int) {
        if localColumns[column] != nil { return }
        localColumns[column] = columns.count
        columns.append(column)
    }

    private mutating func findDomains() {
        var numbers: [[Bool]: Int] = [:]
        for column in columns.indices {
            let members = slots(ofColumn: column).map { $0 >= 0 }
            if members.allSatisfy({ $0 }) {
                columnDomains.append(0)
            } else if let known = numbers[members] {
                columnDomains.append(known)
            } else {
                domains.append(members)
                numbers[members] = domains.count
                columnDomains.append(domains.count)
            }
        }
    }
}

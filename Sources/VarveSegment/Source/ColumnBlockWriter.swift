import VarveBytes

/// Lays out the rows of one block of codec 2: shapes, domains, literals, then the columns one by one.
struct ColumnBlockWriter: ~Copyable {
    private(set) var payload = ByteBuffer()
    /// The table's numbers of the shapes in this block, in order of appearance.
    private var shapes: [Int] = []
    /// The block's number of a shape of the table; -1 if the block does not have it.
    private var localShapes: [Int] = []
    private var slotCount = 0
    private var column = SourceColumnWriter()

    /// No further shape fits.
    var isFull: Bool {
        shapes.count == ColumnBlockLimits.shapeCountMax || slotCount > ColumnBlockLimits.columnCountMax / 2
    }

    mutating func startBlock() {
        for shape in shapes { localShapes[shape] = -1 }
        shapes.removeAll(keepingCapacity: true)
        slotCount = 0
    }

    /// The block has a row of this shape.
    @inline(__always)
    mutating func note(shape: Int, slotCount slots: Int) {
        if shape < localShapes.count && localShapes[shape] >= 0 { return }
        while localShapes.count <= shape { localShapes.append(-1) }
        localShapes[shape] = shapes.count
        shapes.append(shape)
        slotCount += slots
    }

    mutating func write(
        rows: borrowing ByteBuffer, rowShapes: [Int], rowTokens: [Int], tokens: [SourceToken],
        table: borrowing ShapeTable
    ) {
        payload.removeAll()
        payload.appendVarint(UInt64(shapes.count))
        if shapes.count > 1 {
            for shape in rowShapes { payload.append(UInt8(localShapes[shape])) }
        }
        let layout = BlockLayout(shapes: shapes, table: table)
        layout.writeDomains(into: &payload)
        payload.appendVarint(UInt64(layout.literals.count))
        for literal in layout.literals {
            let range = table.literalRanges[literal]
            payload.appendVarint(UInt64(range.count))
            payload.append(partOf: table.literals, from: range.lowerBound, count: range.count)
        }
        payload.appendVarint(UInt64(layout.columns.count))
        for number in layout.columns.indices {
            let domain = layout.columnDomains[number]
            let slots = layout.slots(ofColumn: number)
            column.start()
            for row in rowShapes.indices {
                let slot = slots[localShapes[rowShapes[row]]]
                if slot >= 0 { column.add(tokens[rowTokens[row] &+ slot]) }
            }
            column.write(rows: rows.bytes, domain: domain, into: &payload)
        }
        layout.writeShapes(table: table, into: &payload)
    }
}

/// Which literals, columns and domains a block has, numbered for the block.
struct BlockLayout {
    let shapes: [Int]
    private(set) var literals: [Int] = []
    /// The table's numbers of the block's columns.
    private(set) var columns: [Int] = []
    private(set) var columnDomains: [Int] = []
    /// Shapes of each domain but the first, which is all of them.
    private(set) var domains: [[Bool]] = []
    private var localLiterals: [Int: Int] = [:]
    private var localColumns: [Int: Int] = [:]
    /// Per column and shape, the slot; -1 for none.
    private var slots: [Int] = []

    init(shapes: [Int], table: borrowing ShapeTable) {
        self.shapes = shapes
        for shape in shapes {
            let known = table.shapes[shape]
            for slot in 0...known.slotCount {
                let literal = table.pieces[known.firstPiece + slot].literal
                if localLiterals[literal] == nil {
                    localLiterals[literal] = literals.count
                    literals.append(literal)
                }
                if slot == known.slotCount { break }
                let column = table.slotColumns[known.firstSlot + slot]
                if localColumns[column] == nil {
                    localColumns[column] = columns.count
                    columns.append(column)
                }
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

    /// For each of the block's shapes, which of its slots takes values from the column; -1 for none.
    func slots(ofColumn column: Int) -> ArraySlice<Int> {
        let part = slots[column * shapes.count..<(column + 1) * shapes.count]
        return ArraySlice(Array(part))
    }

    func writeDomains(into payload: inout ByteBuffer) {
        payload.appendVarint(UInt64(domains.count))
        for members in domains {
            var bits = [UInt8](repeating: 0, count: (shapes.count + 7) / 8)
            for shape in members.indices where members[shape] { bits[shape / 8] |= 1 << (shape % 8) }
            payload.append(bits)
        }
    }

    func writeShapes(table: borrowing ShapeTable, into payload: inout ByteBuffer) {
        for shape in shapes {
            let known = table.shapes[shape]
            payload.appendVarint(UInt64(known.slotCount))
            for slot in 0...known.slotCount {
                payload.appendVarint(
                    UInt64(localLiterals[table.pieces[known.firstPiece + slot].literal] ?? 0))
                if slot == known.slotCount { break }
                payload.appendVarint(
                    UInt64(localColumns[table.slotColumns[known.firstSlot + slot]] ?? 0))
            }
        }
    }
}

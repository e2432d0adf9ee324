import VarveBytes

/// What renders rows: the inflated bytes, and where in them everything lies. Checked when it was made.
///
/// Both codecs end up in this form. A *shape* is a run of slots, each a literal from `template` and then a value
/// from a column, with one more literal at its end. A row of codec 1 has one shape with one slot, a bytes column.
struct SourceBlockPlan: Sendable {
    /// The inflated block.
    let payload: SharedBytes
    /// Literals of all slots, with room after them for wide copies.
    var template: SharedBytes
    var slots: [SourceSlot] = []
    var shapes: [SourceShape] = []
    /// Columns by number, for terms that refer to them.
    var columns: [SourceColumn] = []
    var terms: [SourceTerm] = []
    /// Where in the payload the rows' shapes lie, a byte each; negative if there is one shape.
    var rowShapes = -1
    /// For columns that not every row has: the place of each row in the column.
    var ranks: [UInt16] = []
    /// Boundaries of the entries of dictionaries and of values of bytes columns: offsets in the payload.
    var bounds: [UInt32] = []

    init(payload: SharedBytes) {
        self.payload = payload
        template = payload
    }

    var byteCount: Int {
        payload.capacity + template.capacity + slots.count * MemoryLayout<SourceSlot>.stride
            + shapes.count * MemoryLayout<SourceShape>.stride + columns.count
            * MemoryLayout<SourceColumn>.stride
            + terms.count * MemoryLayout<SourceTerm>.stride + ranks.count * 2 + bounds.count * 4 + 256
    }

    func appendRow(_ row: Int, to buffer: inout ByteBuffer) {
        let payload = payload.bytes
        let template = template.bytes
        let shape = shapes[rowShapes < 0 ? 0 : Int(payload.byte(at: rowShapes &+ row))]
        let slots = slots.span
        let bounds = bounds.span
        for number in shape.firstSlot..<(shape.firstSlot &+ shape.slotCount) {
            let slot = slots[number]
            buffer.appendPiece(of: template, at: Int(slot.literalOffset), count: Int(slot.literalCount))
            let column = slot.column
            let place = place(of: row, in: column)
            let code = column.code(at: place, in: payload)
            switch column.form {
            case .integer:
                buffer.appendDecimal(column.base &+ Int64(bitPattern: code) &* column.scale)
            case .entry:
                let start = Int(bounds[column.table &+ Int(code)])
                let end = Int(bounds[column.table &+ Int(code) &+ 1])
                buffer.appendPiece(of: payload, at: start, count: end &- start)
            case .bytes:
                let start = Int(bounds[column.table &+ place])
                let end = Int(bounds[column.table &+ place &+ 1])
                buffer.appendPiece(of: payload, at: start, count: end &- start)
            case .fixedBytes:
                let start = column.table &+ place &* column.fixedCount
                buffer.appendPiece(of: payload, at: start, count: column.fixedCount)
            case .general: appendValue(column, row, place, code, to: &buffer)
            }
        }
        buffer.appendPiece(of: template, at: shape.tailOffset, count: shape.tailCount)
    }

    @inline(__always)
    private func place(of row: Int, in column: SourceColumn) -> Int {
        column.ranks < 0 ? row : Int(ranks[Int(column.ranks) &+ row])
    }

    /// Values that are words, quoted, dates, fractions, or computed from other columns.
    private func appendValue(
        _ column: SourceColumn, _ row: Int, _ place: Int, _ code: UInt64, to buffer: inout ByteBuffer
    ) {
        if code < UInt64(column.wordCount) {
            column.appendWord(code, to: &buffer)
            return
        }
        if column.isQuoted { buffer.append(word: 0x22, count: 1) }
        switch column.kind {
        case .bytes:
            let start = Int(bounds[column.table &+ place])
            let end = Int(bounds[column.table &+ place &+ 1])
            buffer.appendPiece(of: payload.bytes, at: start, count: end &- start)
        case .dates:
            buffer.appendDate(number(column, row, place), style: column.dateStyle)
        case .numbers:
            buffer.appendNumber(
                number(column, row, place), decimals: Int(column.decimals), atLeast: Int(column.decimalsMin))
        case .dictionary: break
        }
        if column.isQuoted { buffer.append(word: 0x22, count: 1) }
    }

    /// The number that a row has in a column of numbers or dates; words count as 0.
    ///
    /// Terms refer to columns of lesser depth, and depth is bounded, so this ends, and soon.
    private func number(_ column: SourceColumn, _ row: Int, _ place: Int) -> Int64 {
        let payload = payload.bytes
        let code = column.code(at: place, in: payload)
        if code < UInt64(column.wordCount) { return 0 }
        let step = Int64(bitPattern: code &- UInt64(column.wordCount))
        var value = column.base &+ step &* column.scale
        for at in column.firstTerm..<(column.firstTerm &+ Int(column.termCount)) {
            let term = terms[at]
            let other = columns[term.column]
            let otherPlace = self.place(of: row, in: other)
            if term.width == 0 {
                value = value &+ term.factor &* number(other, row, otherPlace)
            } else {
                value = value &+ term.entry(Int(other.code(at: otherPlace, in: payload)), in: payload)
            }
        }
        return value
    }
}

struct SourceShape: Sendable, BitwiseCopyable {
    var firstSlot: Int
    var slotCount: Int
    /// The literal after the last slot.
    var tailOffset: Int
    var tailCount: Int
}

/// One literal and the column that the value behind it comes from.
struct SourceSlot: Sendable, BitwiseCopyable {
    var literalOffset: UInt32
    var literalCount: UInt32
    var column: SourceColumn
}

import VarveBytes

/// Renders rows of a plan: its arrays as spans, so that they are looked up once and not for each row.
struct SourceRenderer: ~Escapable {
    private let payload: RawSpan
    private let template: RawSpan
    private let slots: Span<SourceSlot>
    private let shapes: Span<SourceShape>
    private let columns: Span<SourceColumn>
    private let terms: Span<SourceTerm>
    private let ranks: Span<UInt16>
    private let bounds: Span<UInt32>
    private let rowShapes: Int

    @_lifetime(borrow plan)
    init(_ plan: borrowing SourceBlockPlan) {
        payload = plan.payload.bytes
        template = plan.template.bytes
        slots = plan.slots.span
        shapes = plan.shapes.span
        columns = plan.columns.span
        terms = plan.terms.span
        ranks = plan.ranks.span
        bounds = plan.bounds.span
        rowShapes = plan.rowShapes
    }

    @inline(__always)
    func appendRow(_ row: Int, to buffer: inout ByteBuffer) {
        let shape = shapes[rowShapes < 0 ? 0 : Int(payload.byte(at: rowShapes &+ row))]
        for number in shape.firstSlot..<(shape.firstSlot &+ shape.slotCount) {
            let slot = slots[number]
            buffer.appendPiece(of: template, at: Int(slot.literalOffset), count: Int(slot.literalCount))
            let place = slot.ranks < 0 ? row : Int(ranks[Int(slot.ranks) &+ row])
            switch slot.form {
            case .integer:
                let code = slot.codes.code(at: place, in: payload)
                if code >= UInt64(slot.wordCount) {
                    buffer.appendDecimal(slot.base &+ Int64(bitPattern: code &- UInt64(slot.wordCount)))
                } else {
                    columns[Int(slot.column)].appendWord(code, to: &buffer)
                }
            case .entry:
                appendPart(Int(slot.table) &+ Int(slot.codes.code(at: place, in: payload)), to: &buffer)
            case .bytes:
                appendPart(Int(slot.table) &+ place, to: &buffer)
            case .fixedBytes:
                let start = Int(slot.table) &+ place &* Int(slot.fixedCount)
                buffer.appendPiece(of: payload, at: start, count: Int(slot.fixedCount))
            case .general: appendValue(ofColumn: Int(slot.column), place, to: &buffer)
            }
        }
        buffer.appendPiece(of: template, at: shape.tailOffset, count: shape.tailCount)
    }

    /// The bytes between two neighbouring bounds.
    @inline(__always)
    private func appendPart(_ number: Int, to buffer: inout ByteBuffer) {
        let start = Int(bounds[number])
        buffer.appendPiece(of: payload, at: start, count: Int(bounds[number &+ 1]) &- start)
    }

    /// Values that may be quoted, dates, fractions, or told by other columns.
    @inline(never)
    private func appendValue(ofColumn number: Int, _ place: Int, to buffer: inout ByteBuffer) {
        let column = columns[number]
        let code = column.codes.code(at: place, in: payload)
        if code < UInt64(column.wordCount) {
            column.appendWord(code, to: &buffer)
            return
        }
        if column.isQuoted { buffer.append(word: 0x22, count: 1) }
        append(column.prefix, to: &buffer)
        if column.kind == .bytes {
            appendPart(Int(column.table) &+ place, to: &buffer)
        } else {
            let step = Int64(bitPattern: code &- UInt64(column.wordCount))
            var value = column.base &+ step &* column.scale
            let first = Int(column.firstTerm)
            for at in first..<(first &+ Int(column.termCount)) {
                value = value &+ terms[at].value(at: place, in: payload)
            }
            if column.kind == .dates {
                buffer.appendDate(value, style: column.dateStyle)
            } else if column.digitsMin > 0 {
                buffer.appendDigits(value.magnitude, count: Int(column.digitsMin))
            } else if column.decimals == 0 {
                buffer.appendDecimal(value)
            } else {
                buffer.appendNumber(
                    value, decimals: Int(column.decimals), atLeast: Int(column.decimalsMin))
            }
        }
        append(column.suffix, to: &buffer)
        if column.isQuoted { buffer.append(word: 0x22, count: 1) }
    }

    @inline(__always)
    private func append(_ part: SourcePart, to buffer: inout ByteBuffer) {
        if part.count == 0 { return }
        buffer.appendPiece(of: payload, at: Int(part.offset), count: Int(part.count))
    }
}

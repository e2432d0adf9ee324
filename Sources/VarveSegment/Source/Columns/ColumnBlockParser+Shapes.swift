import VarveBytes

extension ColumnBlockParser {
    /// Reads the shapes and compiles them: constants and quotes move into the literals around them.
    mutating func readShapes(_ reader: inout ByteReader, shapeCount: Int) throws(FormatError) {
        var template = ByteBuffer()
        for shape in 0..<shapeCount {
            let slotCount = try reader.readCount(
                limit: ColumnBlockLimits.slotCountMax, of: "the slots of a shape")
            var compiled = SourceShape(
                firstSlot: plan.slots.count, slotCount: 0, tailOffset: template.count, tailCount: 0)
            var longest = 0
            for _ in 0..<slotCount {
                try appendLiteral(&reader, to: &template)
                let number = try reader.readNumber(below: columns.count, of: "a slot's column")
                let column = columns[number]
                guard domains[column.domain][shape] else {
                    throw FormatError("shape \(shape) has no part in column \(number)", offset: reader.offset)
                }
                if column.isQuoted { template.append(UInt8(ascii: "\"")) }
                appendPayload(column.prefix, to: &template)
                if let constant = column.constant {
                    appendPayload(constant, to: &template)
                } else {
                    longest += column.lengthMax + template.count - compiled.tailOffset
                    let slot = SourceSlot(
                        literal: compiled.tailOffset..<template.count, column.column, number: number,
                        ranks: column.domain == 0 ? -1 : Int32((column.domain - 1) * rowCount))
                    plan.slots.append(slot)
                    compiled.slotCount += 1
                    compiled.tailOffset = template.count
                }
                appendPayload(column.suffix, to: &template)
                if column.isQuoted { template.append(UInt8(ascii: "\"")) }
                try check(template.count, reader.offset)
            }
            try appendLiteral(&reader, to: &template)
            compiled.tailCount = template.count - compiled.tailOffset
            try check(template.count, reader.offset)
            try check(longest + compiled.tailCount, reader.offset)
            plan.shapes.append(compiled)
        }
        // Room for wide copies of the last literal.
        template.append(repeating: 0, count: 32)
        plan.template = SharedBytes(template)
    }

    private func appendLiteral(
        _ reader: inout ByteReader, to template: inout ByteBuffer
    ) throws(FormatError) {
        let number = try reader.readNumber(below: literals.count, of: "a literal's number")
        appendPayload(literals[number], to: &template)
    }

    private func appendPayload(_ range: Range<Int>, to template: inout ByteBuffer) {
        let inflated = plan.payload
        template.append(inflated.bytes.slice(range.lowerBound, range.count))
    }

    /// The templates of all shapes together, and the longest row, have at most the length of a document.
    private func check(_ length: Int, _ offset: Int) throws(FormatError) {
        guard length <= SourceBlockLimits.sourceBytesMax else {
            throw FormatError("a row could have \(length) bytes", offset: offset)
        }
    }
}

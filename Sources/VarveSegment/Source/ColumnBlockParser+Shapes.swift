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
                let number = try reader.readCount(limit: columns.count - 1, of: "a slot's column")
                let column = columns[number]
                guard domains[column.domain][shape] else {
                    throw FormatError(
                        "shape \(shape) uses a column that it has no values in", offset: reader.offset)
                }
                if column.isQuoted { template.append(UInt8(ascii: "\"")) }
                if let constant = column.constant {
                    template.append(plan.payload.bytes.slice(constant.lowerBound, constant.count))
                } else {
                    var slot = column.slot
                    slot.literalOffset = UInt32(compiled.tailOffset)
                    slot.literalCount = UInt32(template.count - compiled.tailOffset)
                    compiled.tailOffset = template.count
                    compiled.slotCount += 1
                    longest += column.lengthMax + Int(slot.literalCount)
                    plan.slots.append(slot)
                }
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

    private func appendLiteral(_ reader: inout ByteReader, to template: inout ByteBuffer) throws(FormatError)
    {
        let number = try reader.readCount(limit: literals.count - 1, of: "a literal's number")
        template.append(plan.payload.bytes.slice(literals[number].lowerBound, literals[number].count))
    }

    private func check(_ length: Int, _ offset: Int) throws(FormatError) {
        guard length <= SourceBlockLimits.sourceBytesMax else {
            throw FormatError("a row could have \(length) bytes", offset: offset)
        }
    }
}

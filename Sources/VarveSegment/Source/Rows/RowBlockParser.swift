import VarveBytes

/// Reads the inflated form of codec 1, row lengths as varints and then the rows: a plan of one bytes column.
enum RowBlockParser {
    static func parse(_ payload: SharedBytes, rowCount: Int) throws(FormatError) -> SourceBlockPlan {
        var reader = ByteReader(payload.bytes)
        var bounds: [UInt32] = [0]
        bounds.reserveCapacity(rowCount + 1)
        var total = 0
        for _ in 0..<rowCount {
            total += try reader.readCount(limit: SourceBlockLimits.sourceBytesMax, of: "a row's length")
            guard total <= reader.remaining else {
                throw FormatError("rows end past the block", offset: reader.offset)
            }
            bounds.append(UInt32(total))
        }
        guard total == reader.remaining else {
            throw FormatError("\(reader.remaining) bytes of rows, expected \(total)", offset: reader.offset)
        }
        for place in bounds.indices { bounds[place] += UInt32(reader.offset) }
        var column = SourceColumn(kind: .bytes)
        // Not of one length; the bounds below stand for any codes.
        column.codes.width = 4
        var plan = SourceBlockPlan(payload: payload)
        plan.columns = [column]
        plan.slots = [SourceSlot(literal: 0..<0, column, number: 0, ranks: -1)]
        plan.shapes = [SourceShape(firstSlot: 0, slotCount: 1, tailOffset: 0, tailCount: 0)]
        plan.bounds = bounds
        return plan
    }
}

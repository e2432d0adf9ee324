import VarveBytes

extension ColumnBlockParser {
    mutating func readColumns(_ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: ColumnBlockLimits.columnCountMax, of: "the number of columns")
        columns.reserveCapacity(count)
        for _ in 0..<count {
            let tag: UInt8 = try reader.read()
            let domain = try reader.readCount(limit: domains.count - 1, of: "a column's domain")
            let quoted = tag & 0x80 != 0
            if tag & 0x7F == 0 {
                let length = try reader.readSized(limit: reader.remaining, of: "a constant").byteCount
                let range = reader.offset - length..<reader.offset
                columns.append(
                    Column(slot: SourceSlot(kind: .bytes), domain: domain, isQuoted: quoted, constant: range))
                continue
            }
            guard let kind = SourceColumnKind(rawValue: tag & 0x7F) else {
                throw FormatError("a column of kind \(tag & 0x7F)", offset: reader.offset - 1)
            }
            var column = Column(slot: SourceSlot(kind: kind), domain: domain, isQuoted: quoted)
            if domain > 0 { column.slot.ranks = Int32((domain - 1) * rowCount) }
            switch kind {
            case .integers: try readIntegers(&reader, &column)
            case .dates: try readDates(&reader, &column)
            case .dictionary: try readDictionary(&reader, &column)
            case .bytes: try readBytes(&reader, &column)
            }
            columns.append(column)
        }
    }

    private func readIntegers(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        column.slot.specials = try reader.read()
        guard column.slot.specials < 8 else { throw FormatError("unknown words", offset: reader.offset - 1) }
        column.slot.specialCount = UInt8(column.slot.specials.nonzeroBitCount)
        column.slot.base = try reader.readZigzag()
        try readPlanes(&reader, &column, widths: 1...8)
        column.lengthMax = 20
    }

    private func readDates(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        column.slot.base = try reader.readZigzag()
        column.slot.scale = try reader.readZigzag()
        try readPlanes(&reader, &column, widths: 1...8)
        column.lengthMax = Timestamp.byteCount
    }

    private mutating func readDictionary(_ reader: inout ByteReader, _ column: inout Column)
        throws(FormatError)
    {
        let count = try reader.readCount(
            limit: min(65_536, reader.remaining), of: "the entries of a dictionary")
        column.slot.table = plan.ends.count
        column.lengthMax = try readEntries(&reader, count: count)
        try readPlanes(&reader, &column, widths: 1...2)
        let inflated = plan.payload
        let payload = inflated.bytes
        var highest: UInt64 = 0
        for place in 0..<column.slot.planeCount {
            highest = max(highest, column.slot.code(at: place, in: payload))
        }
        guard highest < UInt64(count) || column.slot.planeCount == 0 else {
            throw FormatError("ordinal \(highest) of \(count) entries", offset: column.slot.planes)
        }
    }

    private mutating func readBytes(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        try readPlanes(&reader, &column, widths: 1...4)
        let inflated = plan.payload
        let payload = inflated.bytes
        var total = 0
        column.slot.table = plan.ends.count
        let count = column.slot.planeCount
        plan.ends.append(0)
        for place in 0..<count {
            let length = Int(column.slot.code(at: place, in: payload))
            column.lengthMax = max(column.lengthMax, length)
            total += length
            guard total <= reader.remaining else {
                throw FormatError("values end past the block", offset: reader.offset)
            }
            plan.ends.append(UInt32(total))
        }
        let start = UInt32(reader.offset)
        for entry in column.slot.table...(column.slot.table + count) { plan.ends[entry] += start }
        _ = try reader.readBytes(total)
        column.slot.width = 0
    }

    /// Lengths as varints, then the entries themselves. Returns the longest length.
    private mutating func readEntries(_ reader: inout ByteReader, count: Int) throws(FormatError) -> Int {
        var total = 0
        var longest = 0
        let first = plan.ends.count
        plan.ends.append(0)
        for _ in 0..<count {
            let length = try reader.readCount(limit: reader.remaining, of: "an entry's length")
            total += length
            longest = max(longest, length)
            guard total <= reader.remaining else {
                throw FormatError("entries end past the block", offset: reader.offset)
            }
            plan.ends.append(UInt32(total))
        }
        let start = UInt32(reader.offset)
        for entry in first...(first + count) { plan.ends[entry] += start }
        _ = try reader.readBytes(total)
        return longest
    }

    private func readPlanes(
        _ reader: inout ByteReader, _ column: inout Column, widths: ClosedRange<UInt8>
    ) throws(FormatError) {
        let width: UInt8 = try reader.read()
        guard widths.contains(width) else {
            throw FormatError("a width of \(width)", offset: reader.offset - 1)
        }
        column.slot.width = width
        column.slot.planes = reader.offset
        column.slot.planeCount = domainCounts[column.domain]
        _ = try reader.readBytes(Int(width) * column.slot.planeCount)
    }
}

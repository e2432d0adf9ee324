import VarveBytes

extension ColumnBlockParser {
    mutating func readColumns(_ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(
            limit: ColumnBlockLimits.columnCountMax, of: "the number of columns")
        columns.reserveCapacity(count)
        for _ in 0..<count {
            let tag: UInt8 = try reader.read()
            let kind = try Self.kind(tag, reader.offset - 1)
            let domain = try reader.readNumber(below: domains.count, of: "a column's domain")
            var column = Column(column: SourceColumn(kind: kind), domain: domain)
            column.isQuoted = tag & SourceColumnTag.quoted != 0
            if tag & SourceColumnTag.affixed != 0 { try readAffixes(&reader, &column) }
            switch kind {
            case .bytes where tag & SourceColumnTag.kindMask == SourceColumnTag.constant:
                try readConstant(&reader, &column)
            case .numbers, .dates: try readNumbers(&reader, &column)
            case .dictionary: try readDictionary(&reader, &column)
            case .bytes: try readBytes(&reader, &column)
            }
            if column.column.wordCount > 0 { column.moveAffixes() }
            columns.append(column)
            plan.columns.append(column.column)
        }
    }

    private static func kind(_ tag: UInt8, _ offset: Int) throws(FormatError) -> SourceColumnKind {
        if tag & SourceColumnTag.kindMask == SourceColumnTag.constant { return .bytes }
        guard let kind = SourceColumnKind(rawValue: tag & SourceColumnTag.kindMask) else {
            throw FormatError("a column of kind \(tag & SourceColumnTag.kindMask)", offset: offset)
        }
        return kind
    }

    private func readAffixes(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let prefixCount = try reader.readSized(limit: reader.remaining, of: "a prefix").byteCount
        column.prefix = reader.offset - prefixCount..<reader.offset
        let suffixCount = try reader.readSized(limit: reader.remaining, of: "a suffix").byteCount
        column.suffix = reader.offset - suffixCount..<reader.offset
    }

    private func readConstant(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let length = try reader.readSized(limit: reader.remaining, of: "a constant").byteCount
        column.constant = reader.offset - length..<reader.offset
    }

    private mutating func readDictionary(
        _ reader: inout ByteReader, _ column: inout Column
    ) throws(FormatError) {
        let limit = min(ColumnBlockLimits.entryCountMax, reader.remaining)
        column.entryCount = try reader.readCount(limit: limit, of: "the entries of a dictionary")
        column.column.table = UInt32(plan.bounds.count)
        plan.bounds.append(0)
        var total = 0
        for _ in 0..<column.entryCount {
            let length = try reader.readCount(limit: reader.remaining, of: "an entry's length")
            column.lengthMax = max(column.lengthMax, length)
            try addBound(length, &total, reader.remaining, reader.offset)
        }
        try finishBounds(&reader, from: column, total: total)
        column.column.codes = try readPlanes(&reader, count: domainCounts[column.domain], widthMax: 2)
        let codes = column.column.codes
        let highest = highestCode(codes)
        guard highest < column.entryCount || codes.count == 0 else {
            throw FormatError("ordinal \(highest) of \(column.entryCount)", offset: Int(codes.offset))
        }
    }

    private func highestCode(_ codes: SourcePlanes) -> Int {
        let inflated = plan.payload
        let payload = inflated.bytes
        if codes.width == 1 {
            var highest: UInt8 = 0
            for at in Int(codes.offset)..<Int(codes.offset + codes.count) {
                highest = max(highest, payload.byte(at: at))
            }
            return Int(highest)
        }
        var highest: UInt64 = 0
        for place in 0..<Int(codes.count) { highest = max(highest, codes.code(at: place, in: payload)) }
        return Int(highest)
    }

    private mutating func readBytes(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        try readWords(&reader, &column)
        let count = domainCounts[column.domain]
        column.column.codes = try readPlanes(&reader, count: count, widthMax: 4)
        if column.column.codes.width == 0 {
            try readFixedBytes(&reader, count: count, &column)
            return
        }
        column.column.table = UInt32(plan.bounds.count)
        let inflated = plan.payload
        let payload = inflated.bytes
        let wordCount = Int(column.column.wordCount)
        var total = 0
        plan.bounds.append(0)
        for place in 0..<count {
            let code = Int(column.column.codes.code(at: place, in: payload))
            let length = max(0, code - wordCount)
            column.lengthMax = max(column.lengthMax, length)
            try addBound(length, &total, reader.remaining, reader.offset)
        }
        try finishBounds(&reader, from: column, total: total)
    }

    private func readFixedBytes(
        _ reader: inout ByteReader, count: Int, _ column: inout Column
    ) throws(FormatError) {
        guard column.column.words == 0 else {
            throw FormatError("words in a column of one length", offset: reader.offset)
        }
        column.lengthMax = try reader.readCount(limit: reader.remaining, of: "a length")
        column.column.fixedCount = UInt32(column.lengthMax)
        column.column.table = UInt32(reader.offset)
        guard count == 0 || column.lengthMax <= reader.remaining / count else {
            throw FormatError("values end past the block", offset: reader.offset)
        }
        _ = try reader.readBytes(count * column.lengthMax)
    }

    private mutating func addBound(
        _ length: Int, _ total: inout Int, _ remaining: Int, _ offset: Int
    ) throws(FormatError) {
        total += length
        guard total <= remaining else { throw FormatError("values end past the block", offset: offset) }
        plan.bounds.append(UInt32(total))
    }

    /// The bounds of the column were counted from 0; now its bytes follow.
    private mutating func finishBounds(
        _ reader: inout ByteReader, from column: Column, total: Int
    ) throws(FormatError) {
        for place in Int(column.column.table)..<plan.bounds.count {
            plan.bounds[place] += UInt32(reader.offset)
        }
        _ = try reader.readBytes(total)
    }

    func readWords(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let words: UInt8 = try reader.read()
        guard words < 8 else { throw FormatError("words of set \(words)", offset: reader.offset - 1) }
        column.column.words = words
        column.column.wordCount = UInt8(words.nonzeroBitCount)
    }

    func readPlanes(
        _ reader: inout ByteReader, count: Int, widthMax: UInt8
    ) throws(FormatError) -> SourcePlanes {
        let width: UInt8 = try reader.read()
        guard width <= widthMax else { throw FormatError("a width of \(width)", offset: reader.offset - 1) }
        let planes = SourcePlanes(offset: UInt32(reader.offset), count: UInt32(count), width: width)
        _ = try reader.readBytes(Int(width) * count)
        return planes
    }
}

extension ColumnBlockParser.Column {
    /// With words, what stands around a value depends on the row.
    fileprivate mutating func moveAffixes() {
        column.isQuoted = isQuoted
        column.prefix = SourcePart(prefix)
        column.suffix = SourcePart(suffix)
        // A word may be longer than all values, and the quotes count.
        lengthMax += 8 + prefix.count + suffix.count
        isQuoted = false
        prefix = 0..<0
        suffix = 0..<0
    }
}

/// The first byte of a column's head: its kind, and whether quotes, prefix and suffix stand around its values.
enum SourceColumnTag {
    static let kindMask: UInt8 = 0x3F
    static let affixed: UInt8 = 0x40
    static let quoted: UInt8 = 0x80
    /// One value for all rows.
    static let constant: UInt8 = 0
}

import VarveBytes

extension ColumnBlockParser {
    mutating func readColumns(_ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(
            limit: ColumnBlockLimits.columnCountMax, of: "the number of columns")
        columns.reserveCapacity(count)
        for _ in 0..<count {
            let tag: UInt8 = try reader.read()
            let domain = try reader.readNumber(below: domains.count, of: "a column's domain")
            var column = try Column(column: SourceColumn(kind: Self.kind(tag, reader.offset)), domain: domain)
            column.isQuoted = tag & SourceColumnTag.quoted != 0
            if domain > 0 { column.column.ranks = Int32((domain - 1) * rowCount) }
            switch tag & SourceColumnTag.kindMask {
            case SourceColumnTag.constant: try readConstant(&reader, &column)
            case SourceColumnKind.numbers.rawValue, SourceColumnKind.dates.rawValue:
                try readNumbers(&reader, &column)
            case SourceColumnKind.dictionary.rawValue: try readDictionary(&reader, &column)
            default: try readBytes(&reader, &column)
            }
            // With words, quotes depend on the row.
            if column.column.wordCount > 0 && column.isQuoted {
                column.isQuoted = false
                column.column.isQuoted = true
            }
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

    private mutating func readConstant(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError)
    {
        let length = try reader.readSized(limit: reader.remaining, of: "a constant").byteCount
        column.constant = reader.offset - length..<reader.offset
    }

    private mutating func readNumbers(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError)
    {
        try readWords(&reader, &column)
        if column.column.kind == .dates {
            let style: UInt8 = try reader.read()
            guard let dateStyle = DateStyle(rawValue: style) else {
                throw FormatError("a date style of \(style)", offset: reader.offset - 1)
            }
            column.column.dateStyle = dateStyle
        } else {
            column.column.decimals = try reader.read()
            column.column.decimalsMin = try reader.read()
            guard column.column.decimals <= UInt8(Decimals.countMax),
                column.column.decimalsMin <= column.column.decimals
            else {
                throw FormatError("a fraction of \(column.column.decimals) digits", offset: reader.offset - 2)
            }
        }
        column.column.base = try reader.readZigzag()
        column.column.scale = try reader.readZigzag()
        try readTerms(&reader, &column)
        try readPlanes(&reader, &column, widthMax: 8)
        // At most a sign, 19 digits, a point and a zero before it; or a date in quotes.
        column.lengthMax = 26
        let isInteger = column.column.kind == .numbers && column.column.decimals == 0
        if isInteger && column.column.words == 0 && column.column.termCount == 0 {
            column.column.form = .integer
        }
    }

    private func readWords(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let words: UInt8 = try reader.read()
        guard words < 8 else { throw FormatError("words of set \(words)", offset: reader.offset - 1) }
        column.column.words = words
        column.column.wordCount = UInt8(words.nonzeroBitCount)
    }

    private mutating func readTerms(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let count = try reader.readCount(limit: ColumnBlockLimits.termCountMax, of: "the number of terms")
        column.column.firstTerm = plan.terms.count
        column.column.termCount = UInt8(count)
        for _ in 0..<count {
            let at = reader.offset
            let number = try reader.readNumber(below: columns.count, of: "a term's column")
            let other = columns[number]
            guard other.constant == nil, other.column.kind != .bytes,
                other.domain == 0 || other.domain == column.domain,
                other.depth < ColumnBlockLimits.termDepthMax
            else { throw FormatError("column \(number) cannot be a term", offset: at) }
            column.depth = max(column.depth, other.depth + 1)
            var term = SourceTerm(column: number)
            if other.column.kind == .dictionary {
                term.base = try reader.readZigzag()
                term.width = try Int(reader.read(UInt8.self))
                guard term.width >= 1 && term.width <= 8 else {
                    throw FormatError("a width of \(term.width)", offset: reader.offset - 1)
                }
                term.planes = reader.offset
                term.planeCount = other.entryCount
                _ = try reader.readBytes(term.width * other.entryCount)
            } else {
                term.factor = try reader.readZigzag()
            }
            plan.terms.append(term)
        }
    }

    private mutating func readDictionary(
        _ reader: inout ByteReader, _ column: inout Column
    ) throws(FormatError) {
        let limit = min(ColumnBlockLimits.entryCountMax, reader.remaining)
        column.entryCount = try reader.readCount(limit: limit, of: "the entries of a dictionary")
        column.column.table = plan.bounds.count
        column.column.form = .entry
        plan.bounds.append(0)
        var total = 0
        for _ in 0..<column.entryCount {
            let length = try reader.readCount(limit: reader.remaining, of: "an entry's length")
            column.lengthMax = max(column.lengthMax, length)
            try addBound(length, &total, reader.remaining, reader.offset)
        }
        moveBounds(from: column.column.table, by: reader.offset)
        _ = try reader.readBytes(total)
        try readPlanes(&reader, &column, widthMax: 2)
        let highest = highestCode(column.column)
        guard highest < column.entryCount || column.column.planeCount == 0 else {
            throw FormatError("ordinal \(highest) of \(column.entryCount)", offset: column.column.planes)
        }
    }

    private func highestCode(_ column: SourceColumn) -> Int {
        let inflated = plan.payload
        let payload = inflated.bytes
        if column.width == 1 {
            var highest: UInt8 = 0
            for place in 0..<column.planeCount {
                highest = max(highest, payload.byte(at: column.planes &+ place))
            }
            return Int(highest)
        }
        var highest: UInt64 = 0
        for place in 0..<column.planeCount { highest = max(highest, column.code(at: place, in: payload)) }
        return Int(highest)
    }

    private mutating func readBytes(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        try readWords(&reader, &column)
        try readPlanes(&reader, &column, widthMax: 4)
        let count = column.column.planeCount
        if column.column.width == 0 {
            guard column.column.words == 0 else {
                throw FormatError("words in a column of one length", offset: reader.offset)
            }
            column.column.form = .fixedBytes
            column.column.fixedCount = try reader.readCount(limit: reader.remaining, of: "a length")
            column.lengthMax = column.column.fixedCount
            column.column.table = reader.offset
            guard count == 0 || column.column.fixedCount <= reader.remaining / count else {
                throw FormatError("values end past the block", offset: reader.offset)
            }
            _ = try reader.readBytes(count * column.column.fixedCount)
            return
        }
        column.column.table = plan.bounds.count
        column.column.form = column.column.words == 0 ? .bytes : .general
        let inflated = plan.payload
        let payload = inflated.bytes
        let wordCount = Int(column.column.wordCount)
        var total = 0
        plan.bounds.append(0)
        for place in 0..<count {
            let code = Int(column.column.code(at: place, in: payload))
            let length = max(0, code - wordCount)
            column.lengthMax = max(column.lengthMax, length)
            try addBound(length, &total, reader.remaining, reader.offset)
        }
        if wordCount > 0 { column.lengthMax += 8 }
        moveBounds(from: column.column.table, by: reader.offset)
        _ = try reader.readBytes(total)
    }

    private mutating func addBound(
        _ length: Int, _ total: inout Int, _ remaining: Int, _ offset: Int
    ) throws(FormatError) {
        total += length
        guard total <= remaining else { throw FormatError("values end past the block", offset: offset) }
        plan.bounds.append(UInt32(total))
    }

    private mutating func moveBounds(from first: Int, by offset: Int) {
        for place in first..<plan.bounds.count { plan.bounds[place] += UInt32(offset) }
    }

    private func readPlanes(
        _ reader: inout ByteReader, _ column: inout Column, widthMax: UInt8
    ) throws(FormatError) {
        let width: UInt8 = try reader.read()
        guard width <= widthMax else { throw FormatError("a width of \(width)", offset: reader.offset - 1) }
        column.column.width = width
        column.column.planes = reader.offset
        column.column.planeCount = domainCounts[column.domain]
        _ = try reader.readBytes(Int(width) * column.column.planeCount)
    }
}

/// The first byte of a column's head: its kind, and whether quotes stand around its values.
enum SourceColumnTag {
    static let kindMask: UInt8 = 0x7F
    static let quoted: UInt8 = 0x80
    /// One value for all rows.
    static let constant: UInt8 = 0
}

import VarveBytes

extension ColumnBlockParser {
    mutating func readNumbers(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
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
                throw FormatError(
                    "a fraction of \(column.column.decimals) digits", offset: reader.offset - 2)
            }
            column.column.digitsMin = try reader.read()
            guard column.column.digitsMin <= UInt8(Decimals.countMax) else {
                throw FormatError("\(column.column.digitsMin) digits", offset: reader.offset - 1)
            }
        }
        column.column.base = try reader.readZigzag()
        column.column.scale = try reader.readZigzag()
        guard column.column.scale > 0 else { throw FormatError("a scale below 1", offset: reader.offset - 1) }
        try readTerms(&reader, &column)
        column.column.codes = try readPlanes(&reader, count: domainCounts[column.domain], widthMax: 8)
        // At most a sign, 19 digits, a point and a zero before it; or a date in quotes.
        column.lengthMax = 26
    }

    private mutating func readTerms(_ reader: inout ByteReader, _ column: inout Column) throws(FormatError) {
        let count = try reader.readCount(limit: ColumnBlockLimits.termCountMax, of: "the number of terms")
        column.column.firstTerm = UInt32(plan.terms.count)
        column.column.termCount = UInt8(count)
        for _ in 0..<count {
            let other = try readTermColumn(&reader, column.domain)
            var term = SourceTerm(codes: other.column.codes)
            if other.column.kind == .dictionary {
                try readTable(&reader, column.domain, entryCount: other.entryCount, &term)
            } else {
                let factor = try reader.readZigzag()
                guard factor != 0 else { throw FormatError("a factor of 0", offset: reader.offset - 1) }
                term.wordCount = other.column.wordCount
                term.constant = factor &* other.column.base
                term.factor = factor &* other.column.scale
            }
            plan.terms.append(term)
        }
    }

    /// A column that a term may refer to: of dictionaries, or of numbers that no terms tell.
    private func readTermColumn(_ reader: inout ByteReader, _ domain: Int) throws(FormatError) -> Column {
        let at = reader.offset
        let number = try reader.readNumber(below: columns.count, of: "a term's column")
        let other = columns[number]
        guard other.domain == domain && other.column.kind != .bytes && other.column.termCount == 0 else {
            throw FormatError("column \(number) cannot be a term", offset: at)
        }
        return other
    }

    private func readTable(
        _ reader: inout ByteReader, _ domain: Int, entryCount: Int, _ term: inout SourceTerm
    ) throws(FormatError) {
        let isPair: UInt8 = try reader.read()
        guard isPair <= 1 else { throw FormatError("a table of kind \(isPair)", offset: reader.offset - 1) }
        if isPair == 1 {
            let second = try readTermColumn(&reader, domain)
            guard second.column.kind == .dictionary && second.entryCount > 0 else {
                throw FormatError("a table by what is no dictionary", offset: reader.offset)
            }
            term.second = second.column.codes
            term.secondCount = UInt32(second.entryCount)
        }
        term.constant = try reader.readZigzag()
        let count = entryCount * Int(term.secondCount)
        guard count <= ColumnBlockLimits.entryCountMax else {
            throw FormatError("a table of \(count) entries", offset: reader.offset)
        }
        term.table = try readPlanes(&reader, count: count, widthMax: 8)
    }
}

package import VarveBytes
import VarveDocument
package import VarveFiles

extension SegmentReader {
    // MARK: Columns

    package func zone(_ field: Int, block: Int) -> ZoneMap {
        guard fields[field].definition.hasColumn, let column = columns[field] else {
            return ZoneMap(
                minimum: 0, maximum: 0, missing: columnIndex.rows(ofBlock: block), isSorted: false)
        }
        return columnIndex.zone(column, block)
    }

    package func readColumn(
        _ field: Int, block: Int, into values: inout ColumnBlock
    ) throws(StorageError) {
        var decoder = ColumnDecoder()
        try readColumn(field, block: block, into: &values, with: &decoder)
    }

    func readColumn(
        _ field: Int, block: Int, into values: inout ColumnBlock, with decoder: inout ColumnDecoder
    ) throws(StorageError) {
        let rows = columnIndex.rows(ofBlock: block)
        guard fields[field].definition.hasColumn, let column = columns[field] else {
            return decoder.setMissing(rows, in: &values)
        }
        let missing = columnIndex.zone(column, block).missing
        if missing == rows { return decoder.setMissing(rows, in: &values) }
        let range = columnIndex.range(column, block)
        let bytes = try file.cached(range, columnIndex.checksum(column, block))
        do throws(FormatError) {
            try decoder.decode(bytes.bytes, rows: rows, missing: missing, into: &values)
            if fields[field].definition.hasTerms {
                try Self.checkOrdinals(values.values.span, termCount: fields[field].termCount)
            }
        } catch {
            throw file.damage(from: range.lowerBound, error)
        }
    }

    /// Ordinals are used as places in tables, so none may lie outside.
    private static func checkOrdinals(_ values: Span<Int64>, termCount: Int) throws(FormatError) {
        let last = Int64(termCount) - 1
        var signs: Int64 = 0
        for place in 0..<values.count { signs |= values[place] | (last &- values[place]) }
        guard signs >= 0 else { throw FormatError("an ordinal beyond \(last)", offset: 0) }
    }

    // MARK: Terms

    private func dictionary(_ field: Int) -> TermDictionary? {
        precondition(fields[field].definition.hasTerms, "the field has no terms")
        return terms[field]
    }

    package func ordinal(of term: RawSpan, field: Int) throws(StorageError) -> TermPosition {
        guard let dictionary = dictionary(field) else { return .absent(0) }
        return try dictionary.position(of: term)
    }

    package func appendTerm(_ ordinal: Int, field: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        guard let dictionary = dictionary(field) else { preconditionFailure("no such term") }
        try dictionary.appendTerm(ordinal, to: &buffer)
    }

    package func readTerms(
        _ ordinals: Range<Int>, field: Int, into terms: inout SortedTerms
    ) throws(StorageError) {
        terms.removeAll()
        if ordinals.isEmpty { return }
        guard let dictionary = dictionary(field) else { preconditionFailure("no such terms") }
        try dictionary.appendTerms(ordinals, to: &terms.bytes, ends: &terms.offsets)
    }

    package func documentFrequency(_ ordinal: Int, field: Int) throws(StorageError) -> Int {
        guard let dictionary = dictionary(field) else { preconditionFailure("no such term") }
        return try dictionary.documentFrequency(ordinal)
    }

    package func readPostings(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) throws(StorageError) {
        guard let dictionary = dictionary(field) else { preconditionFailure("no such term") }
        if dictionary.hasPostings {
            return try dictionary.readPostings(ordinal, rows: &rows, frequencies: &frequencies)
        }
        var bitmap = RowBitmap(rowCount: rowCount)
        try scanColumn(field, for: ordinal..<(ordinal + 1), into: &bitmap)
        frequencies.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        for row in 0..<rowCount where bitmap[row] { rows.append(UInt32(row)) }
    }

    package func readPositions(
        _ ordinal: Int, field: Int, rows: inout [UInt32], frequencies: inout [UInt32],
        positions: inout [UInt32]
    ) throws(StorageError) {
        guard let dictionary = dictionary(field) else { preconditionFailure("no such term") }
        if fields[field].definition.type == .text {
            return try dictionary.readPositions(
                ordinal, rows: &rows, frequencies: &frequencies, positions: &positions)
        }
        positions.removeAll(keepingCapacity: true)
        try readPostings(ordinal, field: field, rows: &rows, frequencies: &frequencies)
    }

    package func lengthBytes(field: Int) throws(StorageError) -> [UInt8] {
        guard let dictionary = dictionary(field) else { return [UInt8](repeating: 0, count: rowCount) }
        return try dictionary.lengthBytes.value { () throws(StorageError) in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(rowCount)
            var lengths: [UInt32] = []
            for first in stride(from: 0, to: rowCount, by: columnBlockRows) {
                try readLengths(first..<min(first + columnBlockRows, rowCount), field: field, into: &lengths)
                for length in lengths { bytes.append(LengthByte.byte(length)) }
            }
            return bytes
        }
    }

    package func collectRows(
        ofTerms ordinals: Range<Int>, field: Int, into bitmap: inout RowBitmap
    ) throws(StorageError) {
        if ordinals.isEmpty { return }
        guard let dictionary = dictionary(field) else { preconditionFailure("no such terms") }
        if !dictionary.hasPostings { return try scanColumn(field, for: ordinals, into: &bitmap) }
        var rows: [UInt32] = []
        var frequencies: [UInt32] = []
        for ordinal in ordinals {
            try dictionary.readPostings(ordinal, rows: &rows, frequencies: &frequencies)
            for row in rows { bitmap[Int(row)] = true }
        }
    }

    /// Sets the rows whose keyword is one of these, found by looking at every block that may hold one.
    private func scanColumn(
        _ field: Int, for ordinals: Range<Int>, into bitmap: inout RowBitmap
    ) throws(StorageError) {
        var block = ColumnBlock()
        var decoder = ColumnDecoder()
        let wanted = Int64(ordinals.lowerBound)..<Int64(ordinals.upperBound)
        for number in 0..<columnIndex.blockCount {
            let zone = zone(field, block: number)
            if zone.maximum < wanted.lowerBound || zone.minimum >= wanted.upperBound { continue }
            try readColumn(field, block: number, into: &block, with: &decoder)
            let first = number * columnBlockRows
            for row in 0..<block.rowCount where block.hasValue(row, in: wanted) {
                bitmap[first + row] = true
            }
        }
    }
}

extension ColumnBlock {
    /// Whether a row has a value within `wanted`.
    fileprivate func hasValue(_ row: Int, in wanted: Range<Int64>) -> Bool {
        if !starts.isEmpty {
            return values[Int(starts[row])..<Int(starts[row + 1])].contains { wanted.contains($0) }
        }
        let isPresent = present.isEmpty || present[row &>> 6] &>> UInt64(row & 63) & 1 == 1
        return isPresent && wanted.contains(values[row])
    }
}

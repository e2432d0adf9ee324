import VarveBytes
import VarveDocument
import VarveFiles

extension SegmentVerifier {
    /// Every block has the bounds that the index says, and all together those of the field.
    mutating func checkColumn(_ field: Int) throws(StorageError) {
        let known = reader.fields[field]
        guard known.definition.hasColumn else { return }
        let section = start(of: .column, field: field)
        var block = ColumnBlock()
        var sums = ColumnSummary(rowsWithValue: 0, isMultiValued: false, minimum: .max, maximum: .min)
        for number in 0..<reader.columnIndex.blockCount {
            try attempt { (verifier) throws(StorageError) in
                try verifier.reader.readColumn(field, block: number, into: &block)
                let zone = ZoneMap(of: block)
                if zone != verifier.reader.zone(field, block: number) {
                    verifier.report(
                        at: section, "block \(number) is not within the bounds that the index says")
                }
                if zone.missing == block.rowCount { return }
                sums.rowsWithValue += block.rowCount - zone.missing
                sums.isMultiValued = sums.isMultiValued || !block.starts.isEmpty
                sums.minimum = min(sums.minimum, zone.minimum)
                sums.maximum = max(sums.maximum, zone.maximum)
            }
        }
        if sums.rowsWithValue != known.rowsWithValue || sums.isMultiValued != known.isMultiValued
            || sums.minimum != known.minimum || sums.maximum != known.maximum
        {
            report(at: section, "field \(known.definition.path) is not within its bounds")
        }
    }

    /// Terms ascend and are found; their rows are as many as they should be, and those that the column names.
    mutating func checkTerms(_ field: Int) throws(StorageError) {
        guard let dictionary = reader.terms[field] else { return }
        let section = start(of: .terms, field: field)
        var counts = [Int](
            repeating: 0, count: reader.fields[field].definition.hasColumn ? dictionary.termCount : 0)
        try attempt { (verifier) throws(StorageError) in
            try verifier.countValues(field, &counts)
        }
        var lengths = [UInt64](repeating: 0, count: reader.rowCount)
        var tokens = 0
        var last: [UInt8]?
        for first in stride(from: 0, to: dictionary.termCount, by: StringBlock.countMax) {
            let ordinals = first..<min(first + StringBlock.countMax, dictionary.termCount)
            try attempt { (verifier) throws(StorageError) in
                for (place, term) in try dictionary.copyTerms(ordinals).enumerated() {
                    if let last, term.rawSpan.compare(last.rawSpan) <= 0 {
                        verifier.report(at: section, "term \(first + place) is out of order")
                    }
                    last = term
                    tokens += try verifier.checkTerm(first + place, term, dictionary, counts, &lengths)
                }
            }
        }
        if tokens != reader.fields[field].tokenCount {
            report(at: section, "field \(field) has \(tokens) tokens, not \(reader.fields[field].tokenCount)")
        }
        if reader.fields[field].definition.hasLengths { try checkLengths(field, lengths) }
    }

    /// How many rows of the column have each ordinal.
    private func countValues(_ field: Int, _ counts: inout [Int]) throws(StorageError) {
        if counts.isEmpty { return }
        var block = ColumnBlock()
        for number in 0..<reader.columnIndex.blockCount {
            try reader.readColumn(field, block: number, into: &block)
            for row in 0..<block.rowCount {
                for place in block.places(ofRow: row) { counts[Int(block.values[place])] += 1 }
            }
        }
    }

    /// How many tokens of the field are this term.
    private mutating func checkTerm(
        _ ordinal: Int, _ term: [UInt8], _ dictionary: TermDictionary, _ counts: [Int],
        _ lengths: inout [UInt64]
    ) throws(StorageError) -> Int {
        let section = start(of: .terms, field: dictionary.field)
        guard try dictionary.position(of: term.rawSpan) == .found(ordinal) else {
            report(at: section, "term \(ordinal) is not found")
            return 0
        }
        let frequency = try dictionary.documentFrequency(ordinal)
        if frequency == 0 || (!counts.isEmpty && counts[ordinal] != frequency) {
            report(at: section, "term \(ordinal) is said to be in \(frequency) rows")
        }
        guard dictionary.hasPostings else { return frequency }
        var rows: [UInt32] = []
        var frequencies: [UInt32] = []
        guard dictionary.hasFrequencies else {
            try dictionary.readPostings(ordinal, rows: &rows, frequencies: &frequencies)
            return frequency
        }
        var positions: [UInt32] = []
        try dictionary.readPositions(
            ordinal, rows: &rows, frequencies: &frequencies, positions: &positions)
        for (place, count) in frequencies.enumerated() { lengths[Int(rows[place])] += UInt64(count) }
        return positions.count
    }

    /// A text's length is the number of its tokens.
    private mutating func checkLengths(_ field: Int, _ sums: [UInt64]) throws(StorageError) {
        try attempt { (verifier) throws(StorageError) in
            var lengths: [UInt32] = []
            try verifier.reader.readLengths(0..<verifier.reader.rowCount, field: field, into: &lengths)
            var filled = 0
            for (row, length) in lengths.enumerated() {
                if length > 0 { filled += 1 }
                if UInt64(length) != sums[row] {
                    verifier.report(
                        at: verifier.start(of: .lengths, field: field),
                        "row \(row) is said to have \(length) tokens and has \(sums[row])")
                }
            }
            if filled != verifier.reader.fields[field].rowsWithValue {
                verifier.report(at: verifier.start(of: .lengths, field: field), "\(filled) rows have tokens")
            }
        }
    }
}

extension TermDictionary {
    fileprivate func copyTerms(_ ordinals: Range<Int>) throws(StorageError) -> [[UInt8]] {
        var buffer = ByteBuffer()
        var ends: [UInt32] = []
        try appendTerms(ordinals, to: &buffer, ends: &ends)
        return ends.indices.map { place in
            let start = place == 0 ? 0 : Int(ends[place - 1])
            return buffer.bytes.slice(start, Int(ends[place]) - start).copyBytes()
        }
    }
}

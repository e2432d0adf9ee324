import VarveBytes
import VarveDocument
import VarveSegment

/// Terms of one segment's field as runs of ordinals, and such runs as rows.
extension FilterBuilder {
    /// Rows that hold a term of these ascending runs of ordinals, by postings or by the column of ordinals,
    /// whichever has less to read.
    mutating func rows(
        withTerms runs: [Range<Int>], _ number: Int, _ field: SegmentField
    ) throws -> RowFilter {
        let runs = runs.filter { !$0.isEmpty }
        let terms = runs.reduce(0) { $0 + $1.count }
        if terms == 0 { return .none }
        let definition = field.definition
        let isWhole = terms == field.termCount
        if isWhole && definition.hasColumn { return .present(columns.slot(of: number)) }
        if definition.hasColumn {
            // About a nanosecond a row in a column, two in postings, and forty to open a term's postings.
            let postings = terms * 40 + field.rowsWithValue / max(field.termCount, 1) * terms * 2
            if !definition.isIndexed || postings > view.rowCount {
                let ranges = runs.map { Int64($0.lowerBound)...Int64($0.upperBound - 1) }
                return .column(columns.slot(of: number), ranges)
            }
        }
        guard definition.isIndexed else { return .none }
        var rows = RowBitmap(rowCount: view.rowCount)
        for run in runs { try view.collectRows(ofTerms: run, field: number, into: &rows) }
        return .rows(rows)
    }

    /// The ordinals of those of the terms that the segment has, neighbours joined. The terms ascend.
    func ordinals(of terms: [[UInt8]], _ number: Int) throws -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for term in terms {
            guard case .found(let ordinal) = try view.ordinal(of: term.rawSpan, field: number) else {
                continue
            }
            Self.append(ordinal, to: &runs)
        }
        return runs
    }

    static func append(_ ordinal: Int, to runs: inout [Range<Int>]) {
        if let last = runs.last, last.upperBound == ordinal {
            runs[runs.count - 1] = last.lowerBound..<(ordinal + 1)
        } else {
            runs.append(ordinal..<(ordinal + 1))
        }
    }

    func ordinals(in bounds: TermBounds, _ number: Int, _ field: SegmentField) throws -> Range<Int> {
        var low = 0
        if let lower = bounds.lower {
            switch try view.ordinal(of: lower.term.rawSpan, field: number) {
            case .found(let ordinal): low = lower.isIncluded ? ordinal : ordinal + 1
            case .absent(let ordinal): low = ordinal
            }
        }
        var high = field.termCount
        if let upper = bounds.upper {
            switch try view.ordinal(of: upper.term.rawSpan, field: number) {
            case .found(let ordinal): high = upper.isIncluded ? ordinal + 1 : ordinal
            case .absent(let ordinal): high = ordinal
            }
        }
        return low..<max(low, high)
    }

    func ordinals(startingWith prefix: [UInt8], _ number: Int, _ field: SegmentField) throws -> Range<Int> {
        // The first term after all that start so: the prefix with its last byte raised by one.
        var successor = prefix
        while let last = successor.last, last == 0xff { successor.removeLast() }
        if let last = successor.last { successor[successor.count - 1] = last + 1 }
        return try ordinals(
            in: TermBounds(
                lower: TermBounds.Bound(term: prefix, isIncluded: true),
                upper: successor.isEmpty ? nil : TermBounds.Bound(term: successor, isIncluded: false)),
            number, field)
    }

    func ordinals(
        matching pattern: WildcardPattern, _ number: Int, _ field: SegmentField
    ) throws -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var term = ByteBuffer()
        for ordinal in try ordinals(startingWith: pattern.literalPrefix, number, field) {
            term.removeAll()
            try view.appendTerm(ordinal, field: number, to: &term)
            if pattern.matches(term.bytes) { Self.append(ordinal, to: &runs) }
        }
        return runs
    }
}

import VarveBytes
import VarveDocument
import VarveFiles

/// The terms of one field as they come out of the merge, and the new ordinals of the old ones.
private struct MergedTerms: ~Copyable {
    var bytes = ByteBuffer()
    var ends: [Int] = []
    /// By input and old ordinal.
    var ordinals: [[UInt32]]

    var count: Int { ends.count }

    func term(_ ordinal: Int) -> Range<Int> { (ordinal == 0 ? 0 : ends[ordinal - 1])..<ends[ordinal] }
}

/// The values of a keyword column, in the order of rows, for making postings of them.
private struct KeywordValues {
    var ordinals: [UInt32] = []
    /// The row of each value; empty while value `i` is that of row `i`.
    var rows: [UInt32] = []
    var rowCount = 0
    private var isPlain = true

    mutating func reserve(_ count: Int) { ordinals.reserveCapacity(count) }

    /// Adds a row's values.
    mutating func append(_ values: ArraySlice<Int64>) {
        if isPlain && values.count != 1 {
            isPlain = false
            rows = (0..<UInt32(ordinals.count)).map { $0 }
        }
        for value in values {
            ordinals.append(UInt32(truncatingIfNeeded: value))
            if !isPlain { rows.append(UInt32(rowCount)) }
        }
        rowCount += 1
    }

    /// Adds rows that have one value each.
    mutating func append(plain values: ArraySlice<Int64>) {
        for value in values { ordinals.append(UInt32(truncatingIfNeeded: value)) }
        if !isPlain {
            for row in rowCount..<(rowCount + values.count) { rows.append(UInt32(row)) }
        }
        rowCount += values.count
    }
}

extension BuildPlan {
    /// Terms are read and merged in chunks of this many.
    private static let termChunk = 1024

    /// A keyword field with a column: terms first, since the column holds their ordinals, then the postings,
    /// made of the column by a counting sort.
    func writeKeywords(
        _ plan: FieldPlan, _ number: Int, to file: inout SegmentFileWriter, with tools: inout ColumnTools
    ) throws(StorageError) -> (ColumnSummary, termCount: Int, tokenCount: Int) {
        let terms = try mergeTerms(plan, used: try usedOrdinals(plan))
        if terms.count == 0 { return (ColumnSummary(), 0, 0) }
        var column = ColumnWriter(.integers, &file, with: tools)
        var values = KeywordValues()
        values.reserve(rowCount)
        try forEachBlock(plan) { (source, first, block) throws(StorageError) in
            Self.renumber(&block, terms.ordinals[source])
            Self.gather(block, inputs[source].keep, first, into: &values)
            try column.append(block, kept: inputs[source].keep, first: first, to: &file, with: &tools)
        }
        let summary = try column.finish(.column, field: number, to: &file, with: &tools) ?? ColumnSummary()
        try writeTerms(terms, values, plan, number, to: &file)
        return (summary, terms.count, values.ordinals.count)
    }

    /// By input: which terms a kept row has; nil if all rows are kept, and with them all terms.
    private func usedOrdinals(_ plan: FieldPlan) throws(StorageError) -> [[Bool]?] {
        var used = inputs.indices.map { source -> [Bool]? in
            guard inputs[source].keep != nil, let field = plan.numbers[source] else { return nil }
            return [Bool](repeating: false, count: inputs[source].view.fields[field].termCount)
        }
        if used.allSatisfy({ $0 == nil }) { return used }
        try forEachBlock(plan) { (source, first, block) throws(StorageError) in
            guard let keep = inputs[source].keep, used[source] != nil else { return }
            for row in 0..<block.rowCount where keep[first + row] {
                for place in block.places(ofRow: row) { used[source]?[Int(block.values[place])] = true }
            }
        }
        return used
    }

    private func mergeTerms(_ plan: FieldPlan, used: [[Bool]?]) throws(StorageError) -> MergedTerms {
        var merged = MergedTerms(
            ordinals: inputs.indices.map { source in
                guard let field = plan.numbers[source] else { return [] }
                return [UInt32](repeating: 0, count: inputs[source].view.fields[field].termCount)
            })
        try forEachTerm(plan) { (source, ordinal, term) throws(StorageError) in
            // Of equal terms the first that is used brings it in, and the others find it there.
            guard used[source]?[ordinal] ?? true else { return }
            let last = merged.count - 1
            let isKnown = last >= 0 && merged.bytes.bytes.slice(merged.term(last)).equals(term)
            if !isKnown {
                merged.bytes.append(term)
                merged.ends.append(merged.bytes.count)
            }
            merged.ordinals[source][ordinal] = UInt32(merged.count - 1)
        }
        return merged
    }

    /// Calls `body` with every term of every input, in order, equal ones of later inputs first.
    private func forEachTerm(
        _ plan: FieldPlan,
        _ body: (_ source: Int, _ ordinal: Int, _ term: RawSpan) throws(StorageError) -> Void
    ) throws(StorageError) {
        var merge = StringMerge(sourceCount: inputs.count)
        var next = [Int](repeating: 0, count: inputs.count)
        var firsts = next
        for source in inputs.indices {
            guard let field = plan.numbers[source], inputs[source].view.fields[field].termCount > 0 else {
                continue
            }
            let chunk = try readTerms(source, field, from: &next[source])
            merge.add(source, chunk.bytes, chunk.offsets)
        }
        while let source = merge.top, let field = plan.numbers[source] {
            let ordinal = firsts[source] + merge.place(source)
            try merge.withString(of: source) { (term) throws(StorageError) in try body(source, ordinal, term)
            }
            if merge.advance() { continue }
            firsts[source] = next[source]
            if next[source] == inputs[source].view.fields[field].termCount {
                merge.removeTop()
            } else {
                let chunk = try readTerms(source, field, from: &next[source])
                merge.refill(source, chunk.bytes, chunk.offsets)
                merge.settle()
            }
        }
    }

    private func readTerms(
        _ source: Int, _ field: Int, from next: inout Int
    ) throws(StorageError) -> (bytes: SharedBytes, offsets: [UInt32]) {
        let view = inputs[source].view
        let end = min(next + Self.termChunk, view.fields[field].termCount)
        var terms = SortedTerms()
        try view.readTerms(next..<end, field: field, into: &terms)
        next = end
        let offsets = terms.offsets
        return (SharedBytes(terms.takeBytes()), offsets)
    }

    /// Puts the new ordinals in place of the old ones. Places of rows without a value may hold anything.
    private static func renumber(_ block: inout ColumnBlock, _ ordinals: [UInt32]) {
        let table = ordinals.span
        let limit = UInt64(table.count)
        var values = block.values.mutableSpan
        for place in 0..<values.count {
            let old = UInt64(bitPattern: values[place])
            values[place] = old < limit ? Int64(table[Int(old)]) : 0
        }
    }

    private static func gather(
        _ block: borrowing ColumnBlock, _ keep: RowBitmap?, _ first: Int, into values: inout KeywordValues
    ) {
        if keep == nil && block.present.isEmpty && block.starts.isEmpty {
            return values.append(plain: block.values[..<block.rowCount])
        }
        for row in 0..<block.rowCount where keep?[first + row] ?? true {
            values.append(block.values[block.places(ofRow: row)])
        }
    }

    /// Sorts the values by term, and writes terms and postings.
    private func writeTerms(
        _ terms: borrowing MergedTerms, _ values: KeywordValues, _ plan: FieldPlan, _ number: Int,
        to file: inout SegmentFileWriter
    ) throws(StorageError) {
        var ends = [UInt32](repeating: 0, count: terms.count + 1)
        for ordinal in values.ordinals { ends[Int(ordinal) + 1] += 1 }
        for term in 0..<terms.count { ends[term + 1] += ends[term] }
        var rows = [UInt32](repeating: 0, count: values.ordinals.count)
        let ordinals = values.ordinals.span
        // `ends` holds where each term's rows begin, and after this loop where they end.
        if values.rows.isEmpty {
            for row in 0..<ordinals.count {
                let term = Int(ordinals[row])
                rows[Int(ends[term])] = UInt32(truncatingIfNeeded: row)
                ends[term] &+= 1
            }
        } else {
            for place in 0..<ordinals.count {
                let term = Int(ordinals[place])
                rows[Int(ends[term])] = values.rows[place]
                ends[term] &+= 1
            }
        }
        var dictionary = TermDictionaryWriter(field: number, hasPostings: plan.definition.hasPostings, &file)
        let none: [UInt32] = []
        var start = 0
        for term in 0..<terms.count {
            let end = Int(ends[term])
            try dictionary.append(
                terms.bytes.bytes.slice(terms.term(term)), documentFrequency: end - start,
                rows: rows.span.extracting(start..<end), frequencies: none.span, positions: none.span,
                to: &file)
            start = end
        }
        try dictionary.finish(to: &file)
    }

    /// The terms of a field without a column, with the postings of the inputs joined; text has frequencies and
    /// positions. Returns how many terms some kept row has, how many such rows there are, and their tokens.
    func writePostings(
        _ plan: FieldPlan, _ number: Int, to file: inout SegmentFileWriter
    ) throws(StorageError) -> (termCount: Int, rowsWithTerm: Int, tokenCount: Int) {
        let dictionary = TermDictionaryWriter(
            field: number, hasPostings: plan.definition.hasPostings,
            hasPositions: plan.definition.hasLengths, &file)
        var join = PostingsJoin(dictionary, rowCount: rowCount)
        let isText = plan.definition.type == .text
        try forEachTerm(plan) { (source, ordinal, term) throws(StorageError) in
            try join.begin(term, to: &file)
            guard let field = plan.numbers[source] else { return }
            let input = inputs[source]
            if isText {
                try input.view.readPositions(
                    ordinal, field: field, rows: &join.list.rows, frequencies: &join.list.frequencies,
                    positions: &join.list.positions)
            } else {
                try input.view.readPostings(
                    ordinal, field: field, rows: &join.list.rows, frequencies: &join.list.frequencies)
            }
            join.add(source, input.mapping)
        }
        return try join.finish(to: &file)
    }
}

/// Joins the postings of equal terms, which come one input after the other, later inputs first.
private struct PostingsJoin: ~Copyable {
    /// The rows of a term; for text how often each holds it, and where.
    struct List {
        var rows: [UInt32] = []
        var frequencies: [UInt32] = []
        var positions: [UInt32] = []
    }

    /// What was read of one input.
    var list = List()
    private var dictionary: TermDictionaryWriter
    private var term = ByteBuffer()
    private var parts: [List] = []
    private var tokenCount = 0
    /// Rows with any term.
    private var holders: RowBitmap

    init(_ dictionary: consuming TermDictionaryWriter, rowCount: Int) {
        self.dictionary = dictionary
        holders = RowBitmap(rowCount: rowCount)
    }

    /// Postings that follow are of this term.
    mutating func begin(_ next: RawSpan, to file: inout SegmentFileWriter) throws(StorageError) {
        if term.bytes.equals(next) { return }
        try write(to: &file)
        term.removeAll()
        term.append(next)
    }

    /// Takes over what is in `rows` and `frequencies`, with the rows' new numbers.
    mutating func add(_ source: Int, _ mapping: RowMapping) {
        var kept = List()
        kept.rows.reserveCapacity(list.rows.count)
        kept.frequencies.reserveCapacity(list.frequencies.count)
        kept.positions.reserveCapacity(list.positions.count)
        var at = 0
        for (place, row) in list.rows.enumerated() {
            let count = list.frequencies.isEmpty ? 0 : Int(list.frequencies[place])
            defer { at += count }
            guard let new = mapping.newRow(Int(row)) else { continue }
            kept.rows.append(UInt32(new))
            holders[new] = true
            if count == 0 { continue }
            kept.frequencies.append(UInt32(count))
            kept.positions.append(contentsOf: list.positions[at..<(at + count)])
        }
        if !kept.rows.isEmpty { parts.append(kept) }
    }

    private mutating func write(to file: inout SegmentFileWriter) throws(StorageError) {
        if parts.isEmpty { return }
        var joined = parts.removeLast()
        while let next = parts.popLast() {
            joined.rows += next.rows
            joined.frequencies += next.frequencies
            joined.positions += next.positions
        }
        tokenCount += joined.frequencies.isEmpty ? joined.rows.count : joined.positions.count
        var name = ByteBuffer()
        swap(&name, &term)
        try dictionary.append(
            name.bytes, documentFrequency: joined.rows.count, rows: joined.rows.span,
            frequencies: joined.frequencies.span, positions: joined.positions.span, to: &file)
    }

    mutating func finish(to file: inout SegmentFileWriter) throws(StorageError) -> (Int, Int, Int) {
        try write(to: &file)
        if dictionary.termCount > 0 { try dictionary.finish(to: &file) }
        return (dictionary.termCount, holders.count, tokenCount)
    }
}

extension ColumnBlock {
    /// Where in `values` the values of a row stand.
    func places(ofRow row: Int) -> Range<Int> {
        if !starts.isEmpty { return Int(starts[row])..<Int(starts[row + 1]) }
        let isPresent = present.isEmpty || present[row &>> 6] &>> UInt64(row & 63) & 1 == 1
        return row..<(isPresent ? row + 1 : row)
    }
}

extension RawSpan {
    @_lifetime(copy self)
    fileprivate func slice(_ range: Range<Int>) -> RawSpan { slice(range.lowerBound, range.count) }
}

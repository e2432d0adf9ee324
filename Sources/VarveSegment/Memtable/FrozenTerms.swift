import VarveBytes
import VarveDocument

/// The terms of a frozen field in bytewise order.
struct TermOrder: Sendable {
    /// By ordinal: the term's number in the table.
    let terms: [UInt32]
    /// By number in the table: the term's ordinal.
    let ordinals: [UInt32]

    private struct Strings: PrefixSortable {
        let terms: [TermTable.Term]
        let bytes: SharedBytes

        func byteCount(of item: UInt32) -> Int { Int(terms[Int(item)].count) }

        func prefix(of item: UInt32, at depth: Int) -> UInt64 {
            let term = terms[Int(item)]
            if depth == 0 { return term.prefix }
            return bytes.bytes.orderedPrefix(at: Int(term.offset) + depth, count: Int(term.count) - depth)
        }
    }

    init(_ table: TermTable, _ bytes: SharedBytes) {
        let count = UInt32(table.count)
        terms = PrefixSort.sorted(Array(0..<count), Strings(terms: table.terms, bytes: bytes))
        var ordinals = [UInt32](repeating: 0, count: table.count)
        for (ordinal, term) in terms.enumerated() { ordinals[Int(term)] = UInt32(ordinal) }
        self.ordinals = ordinals
    }

    var byteCount: Int { (terms.capacity + ordinals.capacity) * MemoryLayout<UInt32>.stride }

    /// Where a term stands, or would stand.
    func position(of term: RawSpan, _ table: TermTable, _ arena: SharedBytes) -> TermPosition {
        let bytes = arena.bytes
        let number = table.find(term, arena: bytes)
        if number >= 0 { return .found(Int(ordinals[number])) }
        var low = 0
        var high = terms.count
        while low < high {
            let middle = (low + high) / 2
            let known = table.terms[Int(terms[middle])]
            if bytes.slice(Int(known.offset), Int(known.count)).precedes(term) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return .absent(low)
    }
}

/// For each term of a frozen field the rows that hold it, ascending; made by a counting sort of the column.
struct Postings: Sendable {
    /// By term number: where its rows begin; one more entry for the end of the last.
    private let starts: [UInt32]
    private let rows: [UInt32]
    /// How often each row holds the term; empty for keywords.
    private let frequencies: [UInt32]
    /// Positions by term, and where those of each begin; empty for keywords.
    private let positions: TermPositions

    init(_ column: TermColumn) {
        var starts: [UInt32] = []
        starts.reserveCapacity(column.table.count + 1)
        var sum: UInt32 = 0
        for term in column.table.terms {
            starts.append(sum)
            sum += term.documents
        }
        starts.append(sum)
        var next = starts
        var rows = [UInt32](repeating: 0, count: Int(sum))
        var frequencies = [UInt32](repeating: 0, count: column.isText ? Int(sum) : 0)
        let valueRows = column.rows
        let values = column.values
        for place in 0..<valueRows.count(valueCount: values.count) {
            let row = UInt32(valueRows.row(at: place))
            let end = valueRows.start(at: place + 1, valueCount: values.count)
            for at in valueRows.start(at: place, valueCount: values.count)..<end {
                let term = Int(values[at])
                let slot = Int(next[term])
                if slot > Int(starts[term]) && rows[slot - 1] == row {
                    frequencies[slot - 1] += 1
                    continue
                }
                rows[slot] = row
                if column.isText { frequencies[slot] = 1 }
                next[term] += 1
            }
        }
        self.starts = starts
        self.rows = rows
        self.frequencies = frequencies
        positions = column.isText ? TermPositions(column) : TermPositions()
    }

    var byteCount: Int {
        (starts.capacity + rows.capacity + frequencies.capacity) * MemoryLayout<UInt32>.stride
            + positions.byteCount
    }

    func read(_ term: Int, rows: inout [UInt32], frequencies: inout [UInt32]) {
        let range = Int(starts[term])..<Int(starts[term + 1])
        rows.removeAll(keepingCapacity: true)
        rows.append(contentsOf: self.rows[range])
        frequencies.removeAll(keepingCapacity: true)
        if !self.frequencies.isEmpty { frequencies.append(contentsOf: self.frequencies[range]) }
    }

    func readPositions(_ term: Int, into found: inout [UInt32]) {
        found.removeAll(keepingCapacity: true)
        found.append(contentsOf: positions.of(term))
    }
}

/// Where in its row each token of a frozen text field stands, by term and then by row.
struct TermPositions: Sendable {
    private var starts: [UInt32] = []
    private var positions: [UInt32] = []

    init() {}

    init(_ column: TermColumn) {
        var counts = [UInt32](repeating: 0, count: column.table.count + 1)
        column.values.forEachRun { run in
            for term in run { counts[Int(term) + 1] += 1 }
        }
        for term in 0..<column.table.count { counts[term + 1] += counts[term] }
        starts = counts
        positions = [UInt32](repeating: 0, count: column.values.count)
        var nextBreak = 0
        let rows = column.rows
        for place in 0..<rows.count(valueCount: column.values.count) {
            var position: UInt32 = 0
            let end = rows.start(at: place + 1, valueCount: column.values.count)
            for at in rows.start(at: place, valueCount: column.values.count)..<end {
                if nextBreak < column.breaks.count && Int(column.breaks[nextBreak]) == at {
                    position += UInt32(Analyzer.positionGap)
                    nextBreak += 1
                }
                let term = Int(column.values[at])
                positions[Int(counts[term])] = position
                counts[term] += 1
                position += 1
            }
        }
    }

    var byteCount: Int { (starts.capacity + positions.capacity) * MemoryLayout<UInt32>.stride }

    func of(_ term: Int) -> ArraySlice<UInt32> {
        starts.isEmpty ? [] : positions[Int(starts[term])..<Int(starts[term + 1])]
    }
}

import VarveBytes

/// One thing that helps to tell the numbers of a column: another column's numbers, times a factor, or a table by
/// the ordinals of one dictionary or of two.
///
/// Columns go by their number in the shape table here, so that what helped in one block can be tried in the next.
struct ColumnTerm: Equatable {
    var column: Int
    /// 0 for a table.
    var factor: Int64
    /// The second dictionary of a table.
    var second: Int?
}

/// Finds columns of numbers that others tell, wholly or nearly: sums and differences, such as a total and its
/// parts, and what hangs on the values of dictionaries, such as the distance between two places.
///
/// It estimates from a sample of the rows; whether terms pay is measured on each block before they are used.
/// Nothing is lost if they do not fit: what the terms do not tell, the column's codes keep. A column that terms
/// tell is no term itself, so that a row is rendered in one step; if they tell it wholly, they stand in for it.
struct TermFinder {
    /// A column of the block, as far as finding terms needs it.
    struct Candidate {
        var column: Int
        var domain: Int
        /// Its numbers, or a dictionary's ordinals.
        var values: [Int64]
        /// Which of the rows have a number; empty if all have.
        var hasNumber: [Bool] = []
        /// 0 for numbers.
        var entryCount = 0
    }

    private static let sampleCount = 256
    private static let candidateCountMax = 64
    private static let linearTermCountMax = 2
    /// Rows that a table's entry must serve on average.
    private static let rowsPerEntryMin = 3
    /// A term must save this part of what a column costs, and this many bits of each of its values.
    private static let gainMin = 0.1
    private static let bitsMin = 0.3

    private let numbers: [Candidate]
    private let dictionaries: [Candidate]
    private var found: [Int: [ColumnTerm]] = [:]
    /// Columns that are told wholly, and columns that tell others.
    private var whole: Set<Int> = []
    private var used: Set<Int> = []

    /// The terms of each column that has any, by column number. Columns of a hundred rows or less have none.
    static func find(_ candidates: [Candidate]) -> [Int: [ColumnTerm]] {
        var finder = TermFinder(candidates.filter { $0.values.count > 100 })
        let costs = finder.numbers.map { bits(of: TermSample(of: $0, count: sampleCount).values) }
        // First what is told wholly, then what is told nearly; what costs most before the rest, as long as
        // others are free to tell it.
        let order = costs.indices.sorted { costs[$0] > costs[$1] }
        for at in order { finder.findTerms(of: finder.numbers[at], wholly: true) }
        for at in order { finder.findTerms(of: finder.numbers[at], wholly: false) }
        return finder.found
    }

    private init(_ candidates: [Candidate]) {
        numbers = Array(candidates.filter { $0.entryCount == 0 }.prefix(Self.candidateCountMax))
        dictionaries = Array(candidates.filter { $0.entryCount > 0 }.prefix(Self.candidateCountMax))
    }

    private mutating func findTerms(of target: Candidate, wholly: Bool) {
        if used.contains(target.column) || found[target.column] != nil { return }
        let sample = TermSample(of: target, count: Self.sampleCount)
        var rest = sample.values
        var terms: [ColumnTerm] = []
        for _ in 0..<Self.linearTermCountMax {
            guard let (longer, left) = bestLinearTerm(for: target, sample, rest, after: terms) else { break }
            terms = longer
            rest = left
        }
        let isWhole = !terms.isEmpty && Self.bits(of: rest) == 0
        if wholly && !isWhole { return }
        if isWhole {
            whole.insert(target.column)
        } else if terms.count < ColumnBlockLimits.termCountMax,
            let table = bestTable(for: target, after: terms)
        {
            terms.append(table)
        }
        if terms.isEmpty { return }
        found[target.column] = terms
        for term in terms { used.insert(term.column) }
    }

    /// The terms with one more column, and what is left then.
    private func bestLinearTerm(
        for target: Candidate, _ sample: TermSample, _ rest: [Int64], after terms: [ColumnTerm]
    ) -> ([ColumnTerm], [Int64])? {
        var best = Self.bits(of: rest) * (1 - Self.gainMin) - Self.bitsMin * Double(rest.count)
        var answer: ([ColumnTerm], [Int64])?
        for other in numbers where other.domain == target.domain && other.column != target.column {
            guard let parts = parts(of: other.column, for: target.column) else { continue }
            let values = sample.values(of: other)
            for factor in Self.factors(rest, values) {
                guard let longer = Self.sum(terms, parts, factor) else { continue }
                let left = zip(rest, values).map { $0 &- factor &* $1 }
                let bits = Self.bits(of: left)
                if bits < best {
                    best = bits
                    answer = (longer, left)
                }
            }
        }
        return answer
    }

    /// What stands for a column in the terms of another: itself, or what tells it wholly.
    private func parts(of column: Int, for target: Int) -> [ColumnTerm]? {
        guard let terms = found[column] else { return [ColumnTerm(column: column, factor: 1)] }
        return whole.contains(column) && !terms.contains { $0.column == target } ? terms : nil
    }

    /// Nil if there are too many terms, or none are left.
    private static func sum(_ terms: [ColumnTerm], _ parts: [ColumnTerm], _ factor: Int64) -> [ColumnTerm]? {
        var sum = terms
        for part in parts {
            let (product, overflow) = part.factor.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            if let at = sum.firstIndex(where: { $0.column == part.column }) {
                sum[at].factor &+= product
            } else {
                sum.append(ColumnTerm(column: part.column, factor: product))
            }
        }
        sum.removeAll { $0.factor == 0 }
        return sum.isEmpty || sum.count > ColumnBlockLimits.termCountMax ? nil : sum
    }

    /// 1, and the slope, as whole numbers.
    private static func factors(_ left: [Int64], _ right: [Int64]) -> [Int64] {
        let count = Double(left.count)
        let leftMean = left.reduce(0.0) { $0 + Double($1) } / count
        let rightMean = right.reduce(0.0) { $0 + Double($1) } / count
        var product = 0.0
        var square = 0.0
        for (x, y) in zip(right, left) {
            product += (Double(x) - rightMean) * (Double(y) - leftMean)
            square += (Double(x) - rightMean) * (Double(x) - rightMean)
        }
        if square == 0 { return [] }
        let slope = (product / square).rounded()
        guard slope.magnitude < 1e9, slope != 0, slope != 1 else { return [1] }
        let whole = Int64(slope)
        return [1, whole, whole - 1, whole + 1].filter { $0 != 0 }
    }

    private func bestTable(for target: Candidate, after terms: [ColumnTerm]) -> ColumnTerm? {
        let rows = TermSample(of: target, count: Int.max)
        var rest = rows.values
        for term in terms {
            guard let other = numbers.first(where: { $0.column == term.column }) else { continue }
            for (at, value) in rows.values(of: other).enumerated() {
                rest[at] = rest[at] &- term.factor &* value
            }
        }
        var best = Self.bits(of: rest) * (1 - Self.gainMin) - Self.bitsMin * Double(rest.count)
        var answer: ColumnTerm?
        let others = dictionaries.filter { $0.domain == target.domain }
        for (at, first) in others.enumerated() {
            for second in [nil] + others[..<at].map(Optional.some) {
                let entryCount = first.entryCount * (second?.entryCount ?? 1)
                if entryCount * Self.rowsPerEntryMin > rest.count { continue }
                var entries = rows.values(of: first)
                if let second {
                    for (at, ordinal) in rows.values(of: second).enumerated() {
                        entries[at] = entries[at] * Int64(second.entryCount) + ordinal
                    }
                }
                let table = RemainderTable(rest, entries: entries, hasNumber: [], entryCount: entryCount)
                let left = zip(rest, entries).map { $0 &- table.numbers[Int($1)] }
                let bits = Self.bits(of: left) + table.bits
                if bits < best {
                    best = bits
                    answer = ColumnTerm(column: first.column, factor: 0, second: second?.column)
                }
            }
        }
        return answer
    }

    /// Bits that the numbers take as codes.
    static func bits(of numbers: [Int64]) -> Double {
        guard let least = numbers.min(), let greatest = numbers.max() else { return 0 }
        let width = ColumnDrafts.width(of: UInt64(bitPattern: greatest &- least))
        var codes = ItemBuffer<UInt64>(capacity: numbers.count)
        for number in numbers { codes.append(UInt64(bitPattern: number &- least)) }
        return CodeCost.bits(of: codes, width: width)
    }
}

/// The numbers of rows spread over a column.
private struct TermSample {
    let rows: [Int]
    let values: [Int64]

    init(of column: TermFinder.Candidate, count: Int) {
        let all = column.values.indices.filter { column.hasNumber.isEmpty || column.hasNumber[$0] }
        let step = max(1, all.count / count)
        rows = stride(from: 0, to: all.count, by: step).map { all[$0] }
        values = rows.map { column.values[$0] }
    }

    /// The same rows of another column.
    func values(of other: TermFinder.Candidate) -> [Int64] {
        rows.map { other.values[$0] }
    }
}

/// A number for each entry of a dictionary, or of a pair of them: the mean of what is to be told where it occurs.
struct RemainderTable {
    private(set) var numbers: [Int64]

    init(_ rest: [Int64], entries: [Int64], hasNumber: [Bool], entryCount: Int) {
        var sums = [Double](repeating: 0, count: entryCount)
        var counts = [Double](repeating: 0, count: entryCount)
        for (row, entry) in entries.enumerated() where hasNumber.isEmpty || hasNumber[row] {
            sums[Int(entry)] += Double(rest[row])
            counts[Int(entry)] += 1
        }
        var last: Int64 = 0
        numbers = zip(sums, counts).map { sum, count in
            // An entry that does not occur is whatever costs least.
            let mean = count == 0 ? Double(last) : (sum / count).rounded()
            last = mean.magnitude < 9e18 ? Int64(mean) : 0
            return last
        }
    }

    /// Bits that the table takes, about.
    var bits: Double { TermFinder.bits(of: numbers) + 48 }
}

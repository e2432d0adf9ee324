import VarveBytes
import VarveSegment

/// The rows of one segment that hold a phrase, and how often each does.
struct PhraseMatches {
    private(set) var rows: [UInt32] = []
    private(set) var frequencies: [Float] = []

    init(_ phrase: PhraseTest, _ view: any SegmentView, _ field: Int) throws {
        var lists = PhraseLists()
        var numbers: [[UInt8]: Int] = [:]
        var places: [(term: Int, offset: Int)] = []
        for (offset, term) in phrase.terms.enumerated() {
            if let known = numbers[term] {
                places.append((known, offset))
                continue
            }
            guard case .found(let ordinal) = try view.ordinal(of: term.rawSpan, field: field) else { return }
            numbers[term] = numbers.count
            places.append((numbers.count - 1, offset))
            try lists.add(view, ordinal, field)
        }
        var matcher = PhraseMatcher(terms: places, positions: lists.positions, slop: phrase.slop)
        while let row = lists.nextRow() {
            let frequency = matcher.frequency(lists.starts, lists.ends)
            if frequency > 0 {
                rows.append(row)
                frequencies.append(frequency)
            }
        }
    }
}

/// The lists of a phrase's distinct terms, gone through together.
private struct PhraseLists {
    private var rows: [[UInt32]] = []
    private var frequencies: [[UInt32]] = []
    private(set) var positions: [[UInt32]] = []
    /// By term: the place in its rows, and where in its positions that row begins and ends.
    private var at: [Int] = []
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    private var wanted: UInt32 = 0

    mutating func add(_ view: any SegmentView, _ ordinal: Int, _ field: Int) throws {
        var (rows, frequencies, positions): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
        try view.readPositions(
            ordinal, field: field, rows: &rows, frequencies: &frequencies, positions: &positions)
        self.rows.append(rows)
        self.frequencies.append(frequencies)
        self.positions.append(positions)
        at.append(0)
        starts.append(0)
        ends.append(0)
    }

    /// The next row that all terms have; nil if there is none.
    mutating func nextRow() -> UInt32? {
        var agreed = 0
        var list = 0
        while agreed < rows.count {
            guard let row = advance(list) else { return nil }
            agreed = row == wanted ? agreed + 1 : 1
            wanted = row
            list = list + 1 == rows.count ? 0 : list + 1
        }
        for list in rows.indices { ends[list] = starts[list] + Int(frequencies[list][at[list]]) }
        defer { wanted += 1 }
        return wanted
    }

    /// Goes on to the wanted row, or to the first one after it, which is returned.
    private mutating func advance(_ list: Int) -> UInt32? {
        var place = at[list]
        var start = starts[list]
        let count = rows[list].count
        while place < count && rows[list][place] < wanted {
            start += Int(frequencies[list][place])
            place += 1
        }
        at[list] = place
        starts[list] = start
        return place < count ? rows[list][place] : nil
    }
}

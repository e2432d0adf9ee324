import VarveBytes
import VarveSegment

/// The rows of one segment that hold a phrase, and how often each does.
struct PhraseMatches {
    private(set) var rows: [UInt32] = []
    private(set) var frequencies: [Float] = []

    /// The lists of one distinct term of the phrase.
    private struct TermList {
        var rows: [UInt32] = []
        var frequencies: [UInt32] = []
        var positions: [UInt32] = []
        /// Where the row that is looked at stands, and its positions.
        var at = 0
        var start = 0

        /// Goes on to a row, or to the first one after it; false at the end.
        mutating func advance(to row: UInt32) -> Bool {
            while at < rows.count && rows[at] < row {
                start += Int(frequencies[at])
                at += 1
            }
            return at < rows.count
        }
    }

    init(_ phrase: PhraseTest, _ view: any SegmentView, _ field: Int) throws {
        var numbers: [[UInt8]: Int] = [:]
        var lists: [TermList] = []
        var places: [(term: Int, offset: Int)] = []
        for (offset, term) in phrase.terms.enumerated() {
            if let known = numbers[term] {
                places.append((known, offset))
                continue
            }
            guard case .found(let ordinal) = try view.ordinal(of: term.rawSpan, field: field) else { return }
            var list = TermList()
            try view.readPositions(
                ordinal, field: field, rows: &list.rows, frequencies: &list.frequencies,
                positions: &list.positions)
            numbers[term] = lists.count
            places.append((lists.count, offset))
            lists.append(list)
        }
        collect(&lists, places, slop: phrase.slop)
    }

    private mutating func collect(
        _ lists: inout [TermList], _ places: [(term: Int, offset: Int)], slop: Int
    ) {
        var matcher = PhraseMatcher(terms: places, slop: slop)
        var positions = [[UInt32]](repeating: [], count: places.count)
        var row: UInt32 = 0
        while true {
            // All lists at one row, the highest one that any of them is at.
            var highest = row
            for at in lists.indices {
                guard lists[at].advance(to: highest) else { return }
                highest = lists[at].rows[lists[at].at]
            }
            if lists.allSatisfy({ $0.rows[$0.at] == highest }) {
                for (place, part) in places.enumerated() {
                    let list = lists[part.term]
                    let end = list.start + Int(list.frequencies[list.at])
                    positions[place] = Array(list.positions[list.start..<end])
                }
                let frequency = matcher.frequency(positions)
                if frequency > 0 {
                    rows.append(highest)
                    frequencies.append(frequency)
                }
                row = highest + 1
            } else {
                row = highest
            }
        }
    }
}

import VarveSegment

/// One of several parts of the documents that a search sees: disjoint, together all of them, and even to within
/// one document. Over a point in time a part stays the same for good.
public struct SearchSlice: Hashable, Sendable {
    /// Which part, from 0.
    public var number: Int
    /// How many parts there are.
    public var count: Int

    public init(_ number: Int, of count: Int) {
        self.number = number
        self.count = count
    }

    /// The documents of this part by their place in the order of shards and sequence numbers.
    func places(among documents: Int) -> Range<Int> {
        place(number, documents)..<place(number + 1, documents)
    }

    private func place(_ number: Int, _ documents: Int) -> Int {
        let (whole, rest) = documents.quotientAndRemainder(dividingBy: count)
        return whole * number + min(rest, number)
    }
}

extension [ShardSegment] {
    /// What a slice sees of segments that come in tie order; segments of which it sees nothing are left out.
    func sliced(_ slice: SearchSlice?) -> [ShardSegment] {
        guard let slice else { return self }
        let places = slice.places(among: reduce(0) { $0 + $1.segment.liveCount })
        var found: [ShardSegment] = []
        var start = 0
        for part in self {
            let end = start + part.segment.liveCount
            let wanted = places.clamped(to: start..<end)
            if !wanted.isEmpty {
                let local = (wanted.lowerBound - start)..<(wanted.upperBound - start)
                found.append(ShardSegment(shard: part.shard, segment: part.segment.keeping(local)))
            }
            start = end
        }
        return found
    }
}

extension SearchableSegment {
    /// The same with only those live rows whose place among the live rows is in `places`.
    fileprivate func keeping(_ places: Range<Int>) -> SearchableSegment {
        if places == 0..<liveCount { return self }
        var rows = RowBitmap(rowCount: view.rowCount)
        guard let live else {
            for row in places { rows[row] = true }
            return SearchableSegment(view: view, live: rows, liveCount: places.count)
        }
        var place = 0
        for (at, word) in live.words.enumerated() {
            if place >= places.upperBound { break }
            let count = word.nonzeroBitCount
            if place + count <= places.lowerBound {
                place += count
                continue
            }
            var rest = word
            while rest != 0 {
                if places.contains(place) { rows[at * 64 + rest.trailingZeroBitCount] = true }
                place += 1
                rest &= rest &- 1
            }
        }
        return SearchableSegment(view: view, live: rows, liveCount: places.count)
    }
}

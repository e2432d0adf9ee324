package import VarveBytes
package import VarveFiles

extension SearchableSegment {
    /// The rows that are visible at S: those born at or before S and not dead by then, tombstones left out.
    ///
    /// Costs a pass over the deaths and a bit a row; whoever asks twice keeps the answer.
    package init(_ view: any SegmentView, at snapshot: SequenceNumber, deaths: DeathSet) throws(StorageError)
    {
        let born = try view.rowsBorn(atOrBefore: snapshot)
        let tombstones = view.tombstones
        if born == view.rowCount && tombstones == nil && deaths.count(atOrBelow: snapshot) == 0 {
            self.init(view: view, live: nil, liveCount: view.rowCount)
            return
        }
        var live = RowBitmap(rowCount: view.rowCount, filledWith: true)
        live.clear(from: born)
        if let tombstones {
            for word in live.words.indices { live.words[word] &= ~tombstones.words[word] }
        }
        let count = live.count - deaths.clear(atOrBelow: snapshot, in: &live)
        self.init(view: view, live: count == view.rowCount ? nil : live, liveCount: count)
    }

    /// The same without these rows: how the visible S moves on without going over all deaths again. The rows
    /// must have been born at or before the S that this stands for.
    package func removing(_ deaths: [RowDeath]) -> SearchableSegment {
        if deaths.isEmpty { return self }
        var live = self.live ?? RowBitmap(rowCount: view.rowCount, filledWith: true)
        var count = liveCount
        for death in deaths where live[Int(death.row)] {
            live[Int(death.row)] = false
            count -= 1
        }
        return SearchableSegment(view: view, live: count == view.rowCount ? nil : live, liveCount: count)
    }
}

extension SegmentView {
    /// How many of the rows, which lie in birth order, were born at or before S.
    package func rowsBorn(atOrBefore snapshot: SequenceNumber) throws(StorageError) -> Int {
        if snapshot >= births.upperBound { return rowCount }
        if snapshot < births.lowerBound { return 0 }
        var low = 0
        var high = rowCount
        var values: [UInt64] = []
        while high - low > columnBlockRows {
            let middle = (low + high) / 2
            try readBirths(middle..<(middle + 1), into: &values)
            if values[0] <= snapshot.rawValue { low = middle + 1 } else { high = middle }
        }
        try readBirths(low..<high, into: &values)
        return low + (values.firstIndex { $0 > snapshot.rawValue } ?? values.count)
    }
}

extension RowBitmap {
    /// Clears the bits of all rows from `row` on.
    package mutating func clear(from row: Int) {
        if row >= rowCount { return }
        words[row &>> 6] &= (1 &<< UInt64(row & 63)) &- 1
        for word in ((row &>> 6) &+ 1)..<max(words.count, (row &>> 6) &+ 1) { words[word] = 0 }
    }
}

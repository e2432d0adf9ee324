import VarveBytes
import VarveSegment

/// The place of every row's id among the ids of a segment: rows of one id share the place of the first of them.
struct IDRanks {
    /// By row.
    private(set) var ranks: [UInt32]
    private let view: any SegmentView

    init(_ view: any SegmentView) throws {
        self.view = view
        ranks = [UInt32](repeating: 0, count: view.rowCount)
        var ids = SortedIDs()
        var previous = ByteBuffer()
        var rank = 0
        for start in stride(from: 0, to: view.rowCount, by: 1024) {
            try view.readSortedIDs(start..<min(start + 1024, view.rowCount), into: &ids)
            for i in 0..<ids.count {
                let id = ids.bytes.bytes.slice(Int(ids.offsets[i]), Int(ids.offsets[i + 1] - ids.offsets[i]))
                if start + i == 0 || !id.equals(previous.bytes) {
                    rank = start + i
                    previous.removeAll()
                    previous.append(id)
                }
                ranks[Int(ids.rows[i])] = UInt32(rank)
            }
        }
    }

    /// Where an id stands among the segment's.
    func position(of id: RawSpan) throws -> TermPosition {
        var low = 0
        var high = view.rowCount
        var ids = SortedIDs()
        while low < high {
            let middle = (low + high) / 2
            try view.readSortedIDs(middle..<(middle + 1), into: &ids)
            if ids.bytes.bytes.slice(0, Int(ids.offsets[1])).precedes(id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        if low == view.rowCount { return .absent(low) }
        try view.readSortedIDs(low..<(low + 1), into: &ids)
        return ids.bytes.bytes.slice(0, Int(ids.offsets[1])).equals(id) ? .found(low) : .absent(low)
    }
}

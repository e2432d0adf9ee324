import VarveBytes
import VarveSegment

/// A cursor in terms of one segment: wanted are rows whose keys are greater than these, and of those that tie, the
/// ones after `tieRow`.
struct SegmentCursor {
    let keys: [Int64]
    let tieRow: Int
    /// The first key; 0 for all rows where nothing but the tie-break sorts.
    var firstKey: Int64 { keys.first ?? 0 }

    init(_ cursor: SortCursor, _ local: SegmentKeys, shard: Int) throws {
        var keys: [Int64] = []
        for (number, value) in cursor.values.enumerated() {
            switch value {
            case .key(let key): keys.append(key)
            case .term(let term): keys.append(try local.place(of: term.rawSpan, key: number))
            }
        }
        self.keys = keys
        tieRow = try cursor.tieBreak.map { try Self.lastRow(notAfter: $0, local.view, shard) } ?? .max
    }

    /// The last row whose shard and sequence number are not after the cursor's: -1 if none is, the greatest number
    /// if all are.
    private static func lastRow(notAfter tieBreak: Int64, _ view: any SegmentView, _ shard: Int) throws -> Int
    {
        let cursorShard = TieBreak.shard(of: tieBreak)
        if cursorShard != Int64(shard) { return cursorShard < shard ? -1 : .max }
        let (first, last) = (view.births.lowerBound.rawValue, view.births.upperBound.rawValue)
        let number = TieBreak.sequenceNumber(of: tieBreak)
        if number < first { return -1 }
        if number >= last { return .max }
        // Births ascend by at least one a row, which leaves one row to look at where none is missing.
        let count = view.rowCount
        let gap = last - number
        var low = gap >= UInt64(count) ? 0 : count - Int(gap)
        low = max(low - 1, 0)
        var high = min(Int(min(number - first, UInt64(count))) + 1, count)
        var births: [UInt64] = []
        while low < high {
            let middle = (low + high) / 2
            try view.readBirths(middle..<(middle + 1), into: &births)
            if births[0] <= number { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// Whether a row comes after the cursor, which ties with it in the first key.
    func precedes(_ blocks: [[Int64]], at: Int, row: Int) -> Bool {
        for number in keys.indices.dropFirst() where blocks[number][at] != keys[number] {
            return keys[number] < blocks[number][at]
        }
        return row > tieRow
    }
}

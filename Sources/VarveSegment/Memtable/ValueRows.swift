/// Which row each value of a memtable's column belongs to; values lie in row order.
///
/// Takes no memory as long as the value `i` is the one value of row `i`, which is the rule. Rows without a value
/// make it a list of rows, rows of several values a list of rows and of where their values start.
struct ValueRows: Sendable {
    enum Shape: Sendable {
        /// Row `i` has value `i`, up to the last value.
        case dense
        /// Value `i` is the one value of `rows[i]`.
        case sparse
        /// `rows[i]` has the values from `starts[i]` to the next start.
        case several
    }

    private(set) var shape = Shape.dense
    private(set) var rows: [UInt32] = []
    private(set) var starts: [UInt32] = []
    private var lastRow: UInt32 = 0

    var byteCount: Int { (rows.capacity + starts.capacity) * MemoryLayout<UInt32>.stride }

    /// Notes that the next value, after `valueCount` others, belongs to `row`. Rows never descend.
    @inline(__always)
    mutating func note(_ row: UInt32, valueCount: Int) {
        switch shape {
        case .dense:
            if Int(row) != valueCount { leaveDense(row, valueCount) }
        case .sparse:
            if row == lastRow && valueCount > 0 {
                starts = (0..<UInt32(valueCount)).map { $0 }
                shape = .several
                return
            }
            rows.append(row)
            lastRow = row
        case .several:
            if row == lastRow { return }
            rows.append(row)
            starts.append(UInt32(truncatingIfNeeded: valueCount))
            lastRow = row
        }
    }

    @inline(never)
    private mutating func leaveDense(_ row: UInt32, _ valueCount: Int) {
        rows = (0..<UInt32(valueCount)).map { $0 }
        lastRow = valueCount == 0 ? 0 : UInt32(valueCount - 1)
        shape = .sparse
        note(row, valueCount: valueCount)
    }

    /// Notes the rows of another column, whose row 0 is `firstRow` here and whose values follow at `count`.
    mutating func append(_ other: ValueRows, valueCount: Int, after count: Int, firstRow: UInt32) {
        // Dense goes on as dense if nothing is missing in between, and one value decides that.
        if other.shape == .dense && shape == .dense && Int(firstRow) == count { return }
        for place in 0..<other.count(valueCount: valueCount) {
            let row = firstRow + UInt32(other.row(at: place))
            let end = other.start(at: place + 1, valueCount: valueCount)
            for at in other.start(at: place, valueCount: valueCount)..<end {
                note(row, valueCount: count + at)
            }
        }
    }

    /// Rows that have a value, out of a column of `valueCount` values.
    func count(valueCount: Int) -> Int { shape == .dense ? valueCount : rows.count }

    /// The places, in the list of rows with a value, of those within `range`.
    func places(in range: Range<Int>, valueCount: Int) -> Range<Int> {
        if shape == .dense { return min(range.lowerBound, valueCount)..<min(range.upperBound, valueCount) }
        return firstPlace(from: range.lowerBound)..<firstPlace(from: range.upperBound)
    }

    /// The row at a place.
    @inline(__always)
    func row(at place: Int) -> Int { shape == .dense ? place : Int(rows[place]) }

    /// Where the values of the row at a place begin; for the place after the last, where all end.
    @inline(__always)
    func start(at place: Int, valueCount: Int) -> Int {
        if shape != .several { return place }
        return place < starts.count ? Int(starts[place]) : valueCount
    }

    /// The place whose values hold the one at `at`; at or after `place`. Only where rows have several values.
    @inline(__always)
    func place(ofValue at: Int, from place: Int) -> Int {
        var place = place
        while place &+ 1 < starts.count && Int(starts[place &+ 1]) <= at { place &+= 1 }
        return place
    }

    private func firstPlace(from row: Int) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low &+ high) &>> 1
            if Int(rows[middle]) < row { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}

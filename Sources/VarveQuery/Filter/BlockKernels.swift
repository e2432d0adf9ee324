import VarveSegment

/// The loops over the values of one column block. Each is called once a block and touches nothing but arrays that
/// are its own for that time.
enum BlockKernels {
    /// The bits of up to 64 values from `start` on that lie in `low...low + width`.
    @inline(__always)
    static func window(_ values: Span<Int64>, _ start: Int, _ count: Int, low: Int64, width: UInt64) -> UInt64
    {
        let part = values.extracting(start..<(start &+ count))
        var mask: UInt64 = 0
        for i in part.indices {
            let isInside = UInt64(bitPattern: part[i] &- low) <= width
            mask |= (isInside ? 1 : 0) &<< UInt64(truncatingIfNeeded: i)
        }
        return mask
    }

    /// Adds to `words`, from `base` on, the rows with a value in `range`.
    static func select(
        _ column: ColumnBlock, _ range: ClosedRange<Int64>, into words: inout [UInt64], at base: Int
    ) {
        let values = column.values
        let span = values.span
        let low = range.lowerBound
        let width = UInt64(bitPattern: range.upperBound &- low)
        if !column.starts.isEmpty { return selectAny(column, low: low, width: width, into: &words, at: base) }
        var row = 0
        var word = base
        while row < column.rowCount {
            words[word] |= window(span, row, min(64, column.rowCount &- row), low: low, width: width)
            row &+= 64
            word &+= 1
        }
    }

    private static func selectAny(
        _ column: ColumnBlock, low: Int64, width: UInt64, into words: inout [UInt64], at base: Int
    ) {
        let values = column.values
        let starts = column.starts
        var row = 0
        var at = Int(starts[0])
        while row < column.rowCount {
            let end = Int(starts[row &+ 1])
            var found: UInt64 = 0
            while at < end {
                found |= UInt64(bitPattern: values[at] &- low) <= width ? 1 : 0
                at &+= 1
            }
            words[base &+ row &>> 6] |= found &<< UInt64(truncatingIfNeeded: row & 63)
            row &+= 1
        }
    }

    /// Adds the rows with a value in any of many ranges, which ascend and are disjoint.
    static func select(
        _ column: ColumnBlock, _ ranges: [ClosedRange<Int64>], into words: inout [UInt64], at base: Int
    ) {
        let isMulti = !column.starts.isEmpty
        for row in 0..<column.rowCount {
            let first = isMulti ? Int(column.starts[row]) : row
            let end = isMulti ? Int(column.starts[row + 1]) : row + 1
            var at = first
            while at < end && !contains(column.values[at], ranges) { at &+= 1 }
            if at < end { words[base &+ row &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: row & 63) }
        }
    }

    private static func contains(_ value: Int64, _ ranges: [ClosedRange<Int64>]) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low &+ high) &>> 1
            if ranges[middle].upperBound < value { low = middle &+ 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= value
    }

    /// Drops from `words` the rows without a value.
    static func intersectPresent(_ column: ColumnBlock, into words: inout [UInt64], at base: Int) {
        for i in column.present.indices { words[base &+ i] &= column.present[i] }
    }

    /// Sets the bits of `count` rows and clears those after them.
    static func fill(_ words: inout [UInt64], at base: Int, rows count: Int) {
        for i in 0..<((count + 63) / 64) {
            let left = count - i * 64
            words[base &+ i] = left >= 64 ? .max : (1 &<< UInt64(left)) &- 1
        }
    }
}

import VarveDocument
import VarveSegment

/// Rows of one block, counted from its start, each with the bucket of the enclosing aggregation that it is in. A row
/// may stand there several times, once a bucket; rows of one bucket ascend.
struct RowBatch {
    var rows: [Int32] = []
    var owners: [Int32] = []

    var isEmpty: Bool { rows.isEmpty }

    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ row: Int32, _ owner: Int32) {
        rows.append(row)
        owners.append(owner)
    }

    /// Replaces it by the rows that a block's bits name, all of bucket 0.
    mutating func set(_ words: [UInt64], count: Int) {
        removeAll()
        for word in 0..<((count + 63) / 64) {
            var rest = words[word]
            while rest != 0 {
                rows.append(Int32(truncatingIfNeeded: word &* 64 &+ rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }
        owners = [Int32](repeating: 0, count: rows.count)
    }

    /// Replaces it by all rows of a block.
    mutating func setAll(count: Int) {
        rows = (0..<Int32(count)).map { $0 }
        owners = [Int32](repeating: 0, count: count)
    }
}

/// The values of a batch's rows: one entry for every row and value of it.
struct ValueBatch {
    var values: [Int64] = []
    var rows: [Int32] = []
    var owners: [Int32] = []

    var count: Int { values.count }

    mutating func removeAll() {
        values.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ value: Int64, _ row: Int32, _ owner: Int32) {
        values.append(value)
        rows.append(row)
        owners.append(owner)
    }

    /// Adds the values of a block's rows.
    ///
    /// - Parameters:
    ///   - missing: Stands for the value of rows without one, which are left out otherwise.
    ///   - isDistinct: Whether equal values of a row count once.
    mutating func gather(_ batch: RowBatch, _ column: ColumnBlock, missing: Int64?, isDistinct: Bool) {
        if column.starts.isEmpty {
            gatherSingle(batch, column, missing)
        } else {
            gatherSeveral(batch, column, missing, isDistinct)
        }
    }

    private mutating func gatherSingle(_ batch: RowBatch, _ column: ColumnBlock, _ missing: Int64?) {
        let (rows, owners) = (batch.rows.span, batch.owners.span)
        let values = column.values.span
        for i in rows.indices {
            let row = Int(rows[i])
            if column.present.isEmpty || column.present[row &>> 6] &>> UInt64(row & 63) & 1 == 1 {
                append(values[row], rows[i], owners[i])
            } else if let missing {
                append(missing, rows[i], owners[i])
            }
        }
    }

    private mutating func gatherSeveral(
        _ batch: RowBatch, _ column: ColumnBlock, _ missing: Int64?, _ isDistinct: Bool
    ) {
        let (rows, owners) = (batch.rows.span, batch.owners.span)
        let (values, starts) = (column.values.span, column.starts.span)
        for i in rows.indices {
            let row = Int(rows[i])
            let (start, end) = (Int(starts[row]), Int(starts[row &+ 1]))
            if start == end, let missing { append(missing, rows[i], owners[i]) }
            for at in start..<end {
                if isDistinct && at > start && values[at] == values[at &- 1] { continue }
                append(values[at], rows[i], owners[i])
            }
        }
    }

    /// Adds `missing` for every row of a block whose segment lacks the field.
    mutating func gatherNone(_ batch: RowBatch, missing: Int64?) {
        guard let missing else { return }
        for i in batch.rows.indices { append(missing, batch.rows[i], batch.owners[i]) }
    }

    /// Longs to the sortable bits of the doubles nearest to them.
    mutating func widen() {
        for i in values.indices { values[i] = Double(values[i]).sortableBits }
    }
}

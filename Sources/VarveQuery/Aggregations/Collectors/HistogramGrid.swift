import VarveDocument

/// The intervals of a histogram. A *cell* names one in 64 bits that order as the intervals do.
enum HistogramGrid {
    case number(interval: Double, offset: Double, isDouble: Bool)
    case date(DateRounding)

    @inline(__always)
    func cell(of value: Int64) -> Int64 {
        switch self {
        case .number(let interval, let offset, let isDouble):
            let number = isDouble ? Double(sortableBits: value) : Double(value)
            return (((number - offset) / interval).rounded(.down) + 0).sortableBits
        case .date(let rounding): return rounding.key(of: value)
        }
    }

    func next(after cell: Int64) -> Int64 {
        switch self {
        case .number: (Double(sortableBits: cell) + 1).sortableBits
        case .date(let rounding): rounding.next(after: cell)
        }
    }

    /// The cell's lower bound.
    func key(of cell: Int64) -> AggregationBucket.Key {
        switch self {
        case .number(let interval, let offset, _): .double(Double(sortableBits: cell) * interval + offset)
        case .date: .integer(cell)
        }
    }

    /// Replaces values by cells. Neighbours are often in the same one.
    func replace(_ values: inout [Int64]) {
        switch self {
        case .number: for i in values.indices { values[i] = cell(of: values[i]) }
        case .date(let rounding):
            var (start, end): (Int64, Int64) = (0, 0)
            for i in values.indices {
                let value = values[i]
                if value < start || value >= end {
                    start = rounding.key(of: value)
                    end = rounding.next(after: start)
                }
                values[i] = start
            }
        }
    }
}

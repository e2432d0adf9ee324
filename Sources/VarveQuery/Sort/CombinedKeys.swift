import VarveDocument
import VarveSegment

/// What becomes of a column's numbers before they are compared. The order of values stays.
enum NumberConversion {
    case none
    /// Longs to sortable bits of doubles.
    case widened
    /// Sortable bits of doubles to longs.
    case truncated

    @inline(__always)
    func apply(_ value: Int64) -> Int64 {
        switch self {
        case .none: value
        case .widened: Double(value).sortableBits
        case .truncated: Self.truncate(Double(sortableBits: value))
        }
    }

    private static func truncate(_ number: Double) -> Int64 {
        Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
}

/// Keys that are made of all values of a row.
enum CombinedKeys {
    static func read(
        _ column: ColumnBlock, _ rows: Range<Int>, _ key: SortPlan.Key, _ conversion: NumberConversion,
        into keys: inout [Int64]
    ) {
        let isDouble = key.source == .number(.double) || key.source == .number(.float)
        for row in rows {
            let (start, end) = (Int(column.starts[row]), Int(column.starts[row + 1]))
            if start == end {
                keys[row] = key.missing
            } else if isDouble {
                var value = combine(column.values[start..<end], key.mode) {
                    Double(sortableBits: conversion.apply($0))
                }
                if key.source == .number(.float) { value = Double(Float(value)) }
                keys[row] = key.directed(value.sortableBits)
            } else {
                keys[row] = key.directed(combineIntegers(column.values[start..<end], key.mode, conversion))
            }
        }
    }

    private static func combine(
        _ values: ArraySlice<Int64>, _ mode: SortKey.Mode, _ number: (Int64) -> Double
    ) -> Double {
        let middle = values.startIndex + values.count / 2
        switch mode {
        case .minimum: return number(values[values.startIndex])
        case .maximum: return number(values[values.endIndex - 1])
        case .sum: return values.reduce(0) { $0 + number($1) }
        case .average: return values.reduce(0) { $0 + number($1) } / Double(values.count)
        case .median:
            if values.count % 2 == 1 { return number(values[middle]) }
            return (number(values[middle - 1]) + number(values[middle])) / 2
        }
    }

    private static func combineIntegers(
        _ values: ArraySlice<Int64>, _ mode: SortKey.Mode, _ conversion: NumberConversion
    ) -> Int64 {
        if mode == .sum { return values.reduce(0) { $0 &+ conversion.apply($1) } }
        if values.count == 1 { return conversion.apply(values[values.startIndex]) }
        if mode == .median && values.count % 2 == 1 {
            return conversion.apply(values[values.startIndex + values.count / 2])
        }
        // As Java rounds: halves up. Beyond 2^53 the nearest double decides.
        let mean: Double
        if mode == .average {
            let sum = values.reduce(Int64(0)) { $0 &+ conversion.apply($1) }
            mean = Double(sum) / Double(values.count)
        } else {
            mean = combine(values, mode) { Double(conversion.apply($0)) }
        }
        return Int64(exactly: (mean + 0.5).rounded(.down)) ?? (mean < 0 ? .min : .max)
    }
}

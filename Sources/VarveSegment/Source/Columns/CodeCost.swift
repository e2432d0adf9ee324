import VarveBytes

/// Estimates what deflate makes of bytes: their entropy, plane by plane.
///
/// It only has to tell a good layout from a bad one; no estimate is part of the format.
enum CodeCost {
    /// Bits of a byte of text, once deflate has seen its neighbours.
    static let textBitsPerByte = 4.5
    /// Bits of a reference to earlier bytes.
    static let matchBits = 22.0

    /// Bits that these codes take, each plane coded by itself.
    static func bits(of all: borrowing ItemBuffer<UInt64>, width: Int) -> Double {
        let codes = all.items
        var total = 0.0
        for plane in 0..<UInt64(width) {
            var counts = InlineArray<256, UInt32>(repeating: 0)
            for place in codes.indices {
                counts[Int(truncatingIfNeeded: codes[place] &>> (plane &* 8) & 255)] &+= 1
            }
            total += bits(ofCounts: counts.span, total: codes.count)
        }
        return total
    }

    /// Bits of `total` symbols that occur as often as `counts` says.
    static func bits(ofCounts counts: Span<UInt32>, total: Int) -> Double {
        let known = weighted
        let table = known.span
        var bits = weight(total, table)
        for at in counts.indices { bits -= weight(Int(counts[at]), table) }
        return bits
    }

    @inline(__always)
    private static func weight(_ count: Int, _ table: Span<Double>) -> Double {
        count < table.count ? table[count] : Double(count) * log2(count)
    }

    /// `n * log2(n)` of small numbers.
    private static let weighted: [Double] = (0...SourceBlockLimits.rowCountMax).map { Double($0) * log2($0) }

    /// The binary logarithm, to about one part in a hundred.
    private static func log2(_ value: Int) -> Double {
        if value < 2 { return 0 }
        let exponent = Int.bitWidth - 1 - value.leadingZeroBitCount
        let fraction = Double(value) / Double(1 &<< exponent) - 1
        return Double(exponent) + fraction * (1.3465 - 0.3465 * fraction)
    }
}

/// Estimates what deflate makes of bytes: their entropy, plane by plane.
///
/// It only has to tell a good layout from a bad one; no estimate is part of the format.
enum CodeCost {
    /// Bits of what is left of a literal once deflate has seen its neighbours, for text.
    static let textBitsPerByte = 4.5
    /// Bits of a reference to earlier bytes.
    static let matchBits = 22.0

    /// Bits that these codes take, each plane coded by itself.
    static func bits(of codes: Span<UInt64>, width: Int) -> Double {
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
        var bits = Double(total) * log2(UInt32(truncatingIfNeeded: total))
        for at in counts.indices where counts[at] > 1 { bits -= Double(counts[at]) * log2(counts[at]) }
        return bits
    }

    /// The binary logarithm, to about one part in a hundred.
    @inline(__always)
    static func log2(_ value: UInt32) -> Double {
        if value < 2 { return 0 }
        let exponent = 31 - value.leadingZeroBitCount
        let fraction = Double(value) / Double(UInt32(1) &<< UInt32(exponent)) - 1
        return Double(exponent) + fraction * (1.3465 - 0.3465 * fraction)
    }
}

/// A few bytes: up to 15 lie in the value itself, more in an array.
///
/// For what is kept by the hundred thousand, where an array of its own would cost 32 bytes and an allocation each.
package enum SmallBytes: Equatable, Sendable {
    /// Little-endian in two words; the highest byte of the second is the count.
    case inline(UInt64, UInt64)
    case array([UInt8])

    package init(_ bytes: RawSpan) {
        guard bytes.byteCount <= 15 else {
            self = .array(bytes.copyBytes())
            return
        }
        var words = (UInt64(0), UInt64(bytes.byteCount) << 56)
        for at in 0..<bytes.byteCount {
            let byte = UInt64(bytes.byte(at: at)) << UInt64(at % 8 * 8)
            if at < 8 { words.0 |= byte } else { words.1 |= byte }
        }
        self = .inline(words.0, words.1)
    }

    package var count: Int {
        switch self {
        case .inline(_, let high): Int(high >> 56)
        case .array(let bytes): bytes.count
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .inline(let low, let high):
            (0..<count).map { UInt8(truncatingIfNeeded: ($0 < 8 ? low : high) >> UInt64($0 % 8 * 8)) }
        case .array(let bytes): bytes
        }
    }
}

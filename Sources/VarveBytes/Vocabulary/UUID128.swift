/// 128 random bits that name a store, an index, a shard or a point in time.
package struct UUID128: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lower-case hex digits.
    package init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 32 else { return nil }
        var halves: [UInt64] = [0, 0]
        for (at, digit) in digits.enumerated() {
            let value: UInt64
            switch digit {
            case 0x30...0x39: value = UInt64(digit - 0x30)
            case 0x61...0x66: value = UInt64(digit - 0x61 + 10)
            default: return nil
            }
            halves[at / 16] = halves[at / 16] &<< 4 | value
        }
        self.init(high: halves[0], low: halves[1])
    }

    package static func < (left: UUID128, right: UUID128) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    package var hex: String { high.hex16 + low.hex16 }
    package var description: String { hex }
}

extension UInt64 {
    /// 16 lower-case hex digits, as in file names, so that names sort as numbers.
    package var hex16: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The number that exactly 16 lower-case hex digits spell, or nil.
    package init?(hex16 text: Substring) {
        guard text.utf8.count == 16 else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            return nil
        }
        self.init(text, radix: 16)
    }
}

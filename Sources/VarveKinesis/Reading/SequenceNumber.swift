#if Kinesis
/// A sequence number: up to 192 bits, written in decimal. It orders as a number, never as text.
struct SequenceNumber: Hashable, Comparable, Sendable {
    /// Most significant first.
    let words: (high: UInt64, middle: UInt64, low: UInt64)

    init(high: UInt64, middle: UInt64, low: UInt64) { words = (high, middle, low) }

    /// Nil for anything but digits, or a number that is too large.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        var (high, middle, low) = (UInt64(0), UInt64(0), UInt64(0))
        for byte in text.utf8 {
            guard (0x30...0x39).contains(byte) else { return nil }
            let first = low.multipliedFullWidth(by: 10)
            let second = middle.multipliedFullWidth(by: 10)
            let third = high.multipliedFullWidth(by: 10)
            var carry: Bool
            (low, carry) = first.low.addingReportingOverflow(UInt64(byte - 0x30))
            let intoMiddle = first.high + (carry ? 1 : 0)
            (middle, carry) = second.low.addingReportingOverflow(intoMiddle)
            let intoHigh = second.high + (carry ? 1 : 0)
            (high, carry) = third.low.addingReportingOverflow(intoHigh)
            if third.high > 0 || carry { return nil }
        }
        words = (high, middle, low)
    }

    var text: String {
        var (high, middle, low) = words
        var digits: [UInt8] = []
        repeat {
            var rest: UInt64
            (high, rest) = high.quotientAndRemainder(dividingBy: 10)
            (middle, rest) = UInt64(10).dividingFullWidth((rest, middle))
            (low, rest) = UInt64(10).dividingFullWidth((rest, low))
            digits.append(UInt8(rest) + 0x30)
        } while high > 0 || middle > 0 || low > 0
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    static func == (left: SequenceNumber, right: SequenceNumber) -> Bool { left.words == right.words }

    static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left.words < right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.high)
        hasher.combine(words.middle)
        hasher.combine(words.low)
    }
}
#endif

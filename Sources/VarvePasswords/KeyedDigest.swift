/// 128 bits that stand for a text, to nobody who lacks the key: SipHash-2-4 with its 128-bit output (Aumasson and
/// Bernstein, "SipHash: a fast short-input PRF"). It stands for secrets in memory, where the secret itself must not.
package struct KeyedDigest: Sendable {
    package struct Value: Hashable, Sendable {
        let low: UInt64
        let high: UInt64
    }

    private let key: (UInt64, UInt64)

    /// With a key from the system's source of randomness.
    package init() {
        var source = SystemRandomNumberGenerator()
        key = (source.next(), source.next())
    }

    init(key: (UInt64, UInt64)) { self.key = key }

    package func value(of bytes: [UInt8]) -> Value {
        var state = State(key)
        let whole = bytes.count & ~7
        for at in stride(from: 0, to: whole, by: 8) { state.take(Self.word(bytes[at..<(at + 8)])) }
        state.take(Self.word(bytes[whole...]) | UInt64(bytes.count & 0xFF) << 56)
        state.third ^= 0xEE
        for _ in 0..<4 { state.round() }
        let low = state.sum
        state.second ^= 0xDD
        for _ in 0..<4 { state.round() }
        return Value(low: low, high: state.sum)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
        return word
    }

    private struct State {
        var first, second, third, fourth: UInt64

        init(_ key: (UInt64, UInt64)) {
            first = key.0 ^ 0x736F_6D65_7073_6575
            second = key.1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
            third = key.0 ^ 0x6C79_6765_6E65_7261
            fourth = key.1 ^ 0x7465_6462_7974_6573
        }

        var sum: UInt64 { first ^ second ^ third ^ fourth }

        mutating func take(_ word: UInt64) {
            fourth ^= word
            round()
            round()
            first ^= word
        }

        mutating func round() {
            first &+= second
            third &+= fourth
            second = second << 13 | second >> 51
            fourth = fourth << 16 | fourth >> 48
            second ^= first
            fourth ^= third
            first = first << 32 | first >> 32
            third &+= second
            first &+= fourth
            second = second << 17 | second >> 47
            fourth = fourth << 21 | fourth >> 43
            second ^= third
            fourth ^= first
            third = third << 32 | third >> 32
        }
    }
}

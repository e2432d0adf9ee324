import VarveBytes

/// An ordered place in one partition of a stream.
///
/// Pointers order by a number of up to 192 bits, which holds offsets of Kafka, sequence numbers of Kinesis and
/// byte offsets alike. A source may attach two words of detail that do not order, such as a line number or a
/// fingerprint of what lies before the place; they are kept and given back with the pointer.
///
/// Logged as: `high u64 | middle u64 | low u64 | first detail u64 | second detail u64`, little-endian, 40 bytes.
public struct StreamPointer: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var high: UInt64 = 0
    public var middle: UInt64 = 0
    /// The number itself, for streams that count in 64 bits.
    public var low: UInt64
    public var details: (UInt64, UInt64) = (0, 0)

    public init(_ number: UInt64) { low = number }

    public init(high: UInt64, middle: UInt64, low: UInt64) {
        self.high = high
        self.middle = middle
        self.low = low
    }

    /// The same place of the same stream; details are the source's own business.
    public static func == (left: StreamPointer, right: StreamPointer) -> Bool {
        left.low == right.low && left.middle == right.middle && left.high == right.high
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        hasher.combine(middle)
        hasher.combine(high)
    }

    public static func < (left: StreamPointer, right: StreamPointer) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }

    public var description: String {
        high == 0 && middle == 0 ? String(low) : high.hex16 + middle.hex16 + low.hex16
    }

    package static let byteCount = 40

    package var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: Self.byteCount)
        for word in [high, middle, low, details.0, details.1] { buffer.append(word) }
        return buffer.bytes.copyBytes()
    }

    package init?(encoded bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        let span = bytes.rawSpan
        self.init(high: span.load(at: 0), middle: span.load(at: 8), low: span.load(at: 16))
        details = (span.load(at: 24), span.load(at: 32))
    }
}

extension StreamPointer: ExpressibleByIntegerLiteral {
    public init(integerLiteral number: UInt64) { self.init(number) }
}

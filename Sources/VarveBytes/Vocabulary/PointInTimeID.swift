/// The name of a point in time: 40 characters of base64url, whatever the number of shards.
///
/// ```
/// version u8 | store prefix, 7 bytes | random, 16 bytes | check, 6 bytes keyed by the store's uuid
/// ```
/// The check tells a malformed or foreign id from an unknown one without a look-up; it is no signature.
package struct PointInTimeID: Hashable, Sendable, CustomStringConvertible {
    package let random: UUID128
    private let store: UUID128

    package init(random: UUID128, store: UUID128) {
        self.random = random
        self.store = store
    }

    package enum ParseError: Error, Equatable { case malformed, foreign }

    /// Reads an id of this store.
    package init(parsing text: String, store: UUID128) throws(ParseError) {
        guard let bytes = Base64URL.decode(text), bytes.count == 30, bytes[0] == 1 else { throw .malformed }
        let span = bytes.rawSpan
        random = UUID128(high: span.load(at: 8), low: span.load(at: 16))
        self.store = store
        let expected = encoded
        guard expected[1..<8].elementsEqual(bytes[1..<8]) else { throw .foreign }
        guard expected.elementsEqual(bytes) else { throw .malformed }
    }

    package var description: String { Base64URL.encode(encoded) }

    private var encoded: [UInt8] {
        var buffer = ByteBuffer(capacity: 32)
        buffer.append(UInt8(1))
        var prefix = ByteBuffer(capacity: 8)
        prefix.append(store.high)
        buffer.append(prefix.bytes.slice(0, 7))
        buffer.append(random.high)
        buffer.append(random.low)
        var check = ByteBuffer(capacity: 8)
        check.append(XXH64.hash(buffer.bytes, seed: store.low))
        buffer.append(check.bytes.slice(0, 6))
        return buffer.bytes.copyBytes()
    }
}

/// RFC 4648, section 5, without padding.
package enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let left = bytes.count - at
            let first = UInt32(bytes[at]) << 16
            let group =
                first | (left > 1 ? UInt32(bytes[at + 1]) << 8 : 0) | (left > 2 ? UInt32(bytes[at + 2]) : 0)
            for digit in 0..<min(left + 1, 4) {
                text.append(alphabet[Int(group >> (18 - 6 * UInt32(digit)) & 63)])
            }
            at += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything but the one form that `encode` gives.
    package static func decode(_ text: String, charactersMax: Int = 256) -> [UInt8]? {
        var bytes: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        guard text.utf8.count <= charactersMax else { return nil }
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(group >> UInt32(bits) & 0xFF))
                group &= (1 << UInt32(bits)) - 1
            }
        }
        return group == 0 && bits < 6 ? bytes : nil
    }
}

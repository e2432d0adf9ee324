/// A place in the bytes of a short text.
struct TextCursor {
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { at == bytes.count }
    var rest: String { String(decoding: bytes[at...], as: UTF8.self) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard at < bytes.count, (0x30...0x39).contains(bytes[at]) else { return nil }
        at += 1
        return Int64(bytes[at - 1] - 0x30)
    }

    /// Exactly two digits.
    mutating func twoDigits() -> Int64? {
        guard let tens = digit(), let units = digit() else { return nil }
        return tens * 10 + units
    }
}

/// The name and password of an `Authorization: Basic` header.
struct BasicCredentials: Sendable {
    let name: String
    let password: [UInt8]

    /// Nil unless it is the scheme Basic, base64 with its padding, UTF-8 and has a name before the colon.
    init?(_ header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Self.decode(Array(parts[1].utf8)), let colon = bytes.firstIndex(of: 0x3A), colon > 0,
            let name = String(validating: bytes[..<colon], as: UTF8.self)
        else { return nil }
        self.name = name
        password = Array(bytes[(colon + 1)...])
    }

    /// RFC 4648, section 4.
    private static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0, !text.isEmpty, text.count <= 4_096 else { return nil }
        let padding = text.reversed().prefix { $0 == 0x3D }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for character in text.dropLast(padding) {
            guard let digit = digit(character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}

package import VarveBytes

/// Strings into and out of JSON's quotes.
package enum JSONText {
    /// Appends valid UTF-8 as a JSON string: in quotes, with escapes where they have to be.
    package static func appendQuoted(_ text: RawSpan, to buffer: inout ByteBuffer) {
        buffer.append(UInt8(0x22))
        var plain = 0
        for at in 0..<text.byteCount {
            let byte = text.byte(at: at)
            if byte >= 0x20 && byte != 0x22 && byte != 0x5C { continue }
            buffer.append(text.slice(plain, at - plain))
            plain = at + 1
            appendEscape(byte, to: &buffer)
        }
        buffer.append(text.slice(plain, text.byteCount - plain))
        buffer.append(UInt8(0x22))
    }

    package static func appendQuoted(_ text: String, to buffer: inout ByteBuffer) {
        appendQuoted(text.rawSpan, to: &buffer)
    }

    private static func appendEscape(_ byte: UInt8, to buffer: inout ByteBuffer) {
        let letter: UInt8? =
            switch byte {
            case 0x22, 0x5C: byte
            case 0x08: 0x62
            case 0x0C: 0x66
            case 0x0A: 0x6E
            case 0x0D: 0x72
            case 0x09: 0x74
            default: nil
            }
        buffer.append(UInt8(0x5C))
        if let letter { return buffer.append(letter) }
        buffer.append(utf8: byte < 0x10 ? "u000" : "u001")
        buffer.append(byte & 15 < 10 ? byte & 15 + 0x30 : byte & 15 - 10 + 0x61)
    }

    /// Appends what the bytes between two quotes mean. They must have passed the parser.
    package static func unescape(_ raw: RawSpan, into buffer: inout ByteBuffer) {
        let count = raw.byteCount
        buffer.reserve(count)
        var at = 0
        var plain = 0
        while at < count {
            if raw.byte(at: at) != 0x5C {
                at &+= 1
                continue
            }
            buffer.append(raw.slice(plain, at &- plain))
            at = escape(raw, at, into: &buffer)
            plain = at
        }
        buffer.append(raw.slice(plain, count &- plain))
    }

    private static func escape(_ raw: RawSpan, _ at: Int, into buffer: inout ByteBuffer) -> Int {
        let code = raw.byte(at: at &+ 1)
        switch code {
        case 0x62: buffer.append(UInt8(0x08))
        case 0x66: buffer.append(UInt8(0x0C))
        case 0x6E: buffer.append(UInt8(0x0A))
        case 0x72: buffer.append(UInt8(0x0D))
        case 0x74: buffer.append(UInt8(0x09))
        case 0x75: return unicode(raw, at, into: &buffer)
        default: buffer.append(code)
        }
        return at &+ 2
    }

    private static func unicode(_ raw: RawSpan, _ at: Int, into buffer: inout ByteBuffer) -> Int {
        let unit = hex(raw, at &+ 2)
        if unit < 0xD800 || unit > 0xDFFF {
            append(unit, to: &buffer)
            return at &+ 6
        }
        append(0x10000 &+ (unit &- 0xD800) &<< 10 &+ (hex(raw, at &+ 8) &- 0xDC00), to: &buffer)
        return at &+ 12
    }

    private static func hex(_ raw: RawSpan, _ at: Int) -> UInt32 {
        (try? JSONScanner.hex(raw, at)) ?? 0xFFFD
    }

    /// Appends the UTF-8 of a scalar.
    static func append(_ scalar: UInt32, to buffer: inout ByteBuffer) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar &>> shift & 0x3F | 0x80) }
        switch scalar {
        case 0..<0x80: buffer.append(UInt8(scalar))
        case 0x80..<0x800:
            buffer.append(UInt8(scalar &>> 6 | 0xC0))
            buffer.append(tail(0))
        case 0x800..<0x10000:
            buffer.append(UInt8(scalar &>> 12 | 0xE0))
            buffer.append(tail(6))
            buffer.append(tail(0))
        default:
            buffer.append(UInt8(truncatingIfNeeded: scalar &>> 18 | 0xF0))
            buffer.append(tail(12))
            buffer.append(tail(6))
            buffer.append(tail(0))
        }
    }
}

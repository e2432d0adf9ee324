import VarveBytes

/// Undoing the escapes of a string that the parser has checked.
enum JSONText {
    /// Appends what the bytes between two quotes mean. They must have passed the parser.
    static func unescape(_ raw: RawSpan, into buffer: inout ByteBuffer) {
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

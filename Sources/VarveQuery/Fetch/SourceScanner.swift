import VarveBytes

/// Walks the bytes of one JSON document without decoding values. Documents were checked when they were accepted;
/// bytes that are no JSON all the same end the walk, never the process.
struct SourceScanner: ~Escapable {
    let bytes: RawSpan
    private var at = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
        skipBlanks()
    }

    /// The next byte that is no blank; 0 at the end.
    private var next: UInt8 { at < bytes.byteCount ? bytes.byte(at: at) : 0 }

    var isObject: Bool { next == UInt8(ascii: "{") }
    var isArray: Bool { next == UInt8(ascii: "[") }

    @_lifetime(self: copy self)
    private mutating func skipBlanks() {
        while at < bytes.byteCount {
            switch bytes.byte(at: at) {
            case 0x20, 0x0a, 0x0d, 0x09: at += 1
            default: return
            }
        }
    }

    /// Goes past a byte, and blanks after it, if it is the next one.
    @_lifetime(self: copy self)
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        skipBlanks()
        return true
    }

    /// Goes past a string; answers what lies between its quotes.
    @_lifetime(self: copy self)
    mutating func skipString() -> Range<Int>? {
        guard next == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        var end = start
        while end < bytes.byteCount {
            let byte = bytes.byte(at: end)
            if byte == UInt8(ascii: "\"") {
                at = end + 1
                skipBlanks()
                return start..<end
            }
            end += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// Goes past a value of any kind; answers where it lies.
    @_lifetime(self: copy self)
    mutating func skipValue() -> Range<Int>? {
        let start = at
        var depth = 0
        var end = at
        repeat {
            switch next {
            case UInt8(ascii: "\""):
                guard let text = skipString() else { return nil }
                end = text.upperBound + 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
                end = at
                skipBlanks()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
                end = at
                skipBlanks()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return nil }
                at += 1
                skipBlanks()
            case 0: return nil
            default: end = skipScalar()
            }
        } while depth > 0
        return depth == 0 && end > start ? start..<end : nil
    }

    /// Goes past a number or a literal; answers its end.
    @_lifetime(self: copy self)
    private mutating func skipScalar() -> Int {
        while at < bytes.byteCount {
            switch bytes.byte(at: at) {
            case 0x20, 0x0a, 0x0d, 0x09, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"),
                UInt8(ascii: "]"), 0:
                let end = at
                skipBlanks()
                return end
            default: at += 1
            }
        }
        return at
    }
}

/// Keys of JSON objects.
enum JSONKey {
    /// The text of a key as it stands between its quotes.
    static func unescaped(_ key: RawSpan) -> [UInt8] {
        let bytes = key.copyBytes()
        guard bytes.contains(UInt8(ascii: "\\")) else { return bytes }
        var text: [UInt16] = []
        var plain: [UInt8] = []
        var at = 0
        func flush() {
            text += String(decoding: plain, as: UTF8.self).utf16
            plain = []
        }
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count else {
                plain.append(bytes[at])
                at += 1
                continue
            }
            if bytes[at + 1] == UInt8(ascii: "u"), at + 6 <= bytes.count,
                let unit = UInt16(String(decoding: bytes[(at + 2)..<(at + 6)], as: UTF8.self), radix: 16)
            {
                flush()
                text.append(unit)
                at += 6
            } else {
                plain.append(escapes[bytes[at + 1]] ?? bytes[at + 1])
                at += 2
            }
        }
        flush()
        return Array(String(decoding: text, as: UTF16.self).utf8)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d,
        UInt8(ascii: "t"): 0x09,
    ]
}

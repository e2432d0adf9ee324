package import VarveBytes

/// Cuts text into tokens: runs of letters, digits and marks, in lower case.
///
/// ASCII goes byte by byte. A token with any other byte takes the way over Unicode scalars;
/// ideographs and Hiragana are a token each, as in the standard analyzer. Tokens of more than 255 characters are
/// cut there.
package enum Tokenizer {
    static let charactersMax = 255

    /// Appends a value and the bytes of each token of `text`, which is valid UTF-8.
    static func tokenize(_ text: RawSpan, field: UInt32, into sink: inout ValueSink) {
        var at = 0
        while at < text.byteCount {
            let byte = text.byte(at: at)
            if byte < 0x80 && !isAlphanumeric(byte) {
                at &+= 1
                continue
            }
            let start = sink.strings.count
            at = appendToken(text, at, to: &sink.strings)
            let count = sink.strings.count &- start
            if count == 0 { continue }
            sink.values.append(FieldValue(field: field, count: UInt32(count), payload: Int64(start)))
        }
    }

    /// The tokens of a query's text, one after the other; `ends` are their ends in `bytes`.
    package static func tokens(of text: RawSpan, into bytes: inout ByteBuffer, ends: inout [Int]) {
        var at = 0
        while at < text.byteCount {
            let start = bytes.count
            at = appendToken(text, at, to: &bytes)
            if bytes.count > start { ends.append(bytes.count) }
        }
    }

    /// Appends the token that begins at `start`, nothing if there is no letter there; returns where to go on.
    private static func appendToken(_ text: RawSpan, _ start: Int, to buffer: inout ByteBuffer) -> Int {
        let end = min(text.byteCount, start &+ charactersMax)
        var at = start
        while at < end && isAlphanumeric(text.byte(at: at)) { at &+= 1 }
        if at < end && text.byte(at: at) >= 0x80 {
            return UnicodeTokenizer.appendToken(text, start, to: &buffer)
        }
        if at == start { return at &+ 1 }
        buffer.appendLowercased(text.slice(start, at &- start))
        return at
    }

    @inline(__always)
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26
    }
}

/// The way over scalars, for tokens that are not all ASCII.
enum UnicodeTokenizer {
    private enum Role { case none, run, single }

    /// As `Tokenizer.appendToken`.
    static func appendToken(_ text: RawSpan, _ start: Int, to buffer: inout ByteBuffer) -> Int {
        var at = start
        var characters = 0
        while at < text.byteCount && characters < Tokenizer.charactersMax {
            let (scalar, length) = decode(text, at)
            switch role(of: scalar) {
            case .none: return at == start ? at &+ length : at
            case .single:
                if at > start { return at }
                buffer.append(text.slice(at, length))
                return at &+ length
            case .run:
                for small in scalar.properties.lowercaseMapping.unicodeScalars {
                    JSONText.append(small.value, to: &buffer)
                }
            }
            at &+= length
            characters &+= 1
        }
        return at
    }

    private static func role(of scalar: Unicode.Scalar) -> Role {
        switch scalar.value {
        case 0x3041...0x309F: return .single
        case 0x3040...0xFFFF, 0x1F000...0x3FFFF:
            if scalar.properties.isIdeographic { return .single }
        default: break
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber,
            .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            return .run
        default: return .none
        }
    }

    /// The scalar at `at` of valid UTF-8, and its bytes.
    private static func decode(_ text: RawSpan, _ at: Int) -> (Unicode.Scalar, Int) {
        let lead = UInt32(text.byte(at: at))
        if lead < 0x80 { return (Unicode.Scalar(UInt8(lead)), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = lead & (0x7F &>> UInt32(length))
        guard at &+ length <= text.byteCount else { return ("\u{FFFD}", text.byteCount &- at) }
        for place in 1..<length { value = value &<< 6 | UInt32(text.byte(at: at &+ place) & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
}

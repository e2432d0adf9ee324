package import VarveBytes

/// How a text is cut into tokens, and what is done to them. Raw values are part of the schema's format.
public enum Analyzer: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// Words by the rules of Unicode (UAX #29), in lower case.
    case standard = 1
    /// Runs of letters, in lower case.
    case simple = 2
    /// What stands between blanks, as it is.
    case whitespace = 3
    /// The whole text as one token, as it is.
    case keyword = 4
    /// The whole text as one token, in lower case: as the normalizer of a keyword field.
    case lowercase = 5

    /// Positions between two values of one field, so that no phrase reaches from one into the other.
    package static let positionGap = 100

    /// The analyzer of this name, which normalizers are none of.
    package init?(analyzer name: String) {
        switch name {
        case "standard", "default": self = .standard
        case "simple": self = .simple
        case "whitespace": self = .whitespace
        case "keyword": self = .keyword
        default: return nil
        }
    }

    package var name: String {
        switch self {
        case .standard: "standard"
        case .simple: "simple"
        case .whitespace: "whitespace"
        case .keyword: "keyword"
        case .lowercase: "lowercase"
        }
    }

    /// Whether tokens are put in lower case.
    var lowercases: Bool {
        switch self {
        case .standard, .simple, .lowercase: true
        case .whitespace, .keyword: false
        }
    }

    /// The tokens of a text in order, as they stand in the index.
    package func tokens(of text: String) -> [[UInt8]] {
        let source = Array(text.utf8)
        var scanner = TokenScanner(self)
        var buffer = ByteBuffer()
        var tokens: [[UInt8]] = []
        while let token = scanner.next(in: source.rawSpan) {
            buffer.removeAll()
            append(source.rawSpan.slice(token.start, token.end - token.start), to: &buffer)
            tokens.append(buffer.bytes.copyBytes())
        }
        return tokens
    }

    /// Appends a token's bytes as the index has them.
    @inline(__always)
    package func append(_ token: RawSpan, to buffer: inout ByteBuffer) {
        if lowercases { Lowercase.append(token, to: &buffer) } else { buffer.append(token) }
    }
}

/// Lower case scalar by scalar, as Java has it: a scalar stays one scalar.
package enum Lowercase {
    /// Appends valid UTF-8 in lower case.
    package static func append(_ text: RawSpan, to buffer: inout ByteBuffer) {
        var at = 0
        while at < text.byteCount && text.byte(at: at) < 0x80 { at &+= 1 }
        buffer.appendLowercased(text.slice(0, at))
        while at < text.byteCount {
            let (scalar, length) = text.scalar(at: at)
            JSONText.append(lowercase(scalar), to: &buffer)
            at &+= length
        }
    }

    private static func lowercase(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return scalar &- 0x41 < 26 ? scalar | 0x20 : scalar }
        guard let known = Unicode.Scalar(scalar) else { return scalar }
        return known.properties.lowercaseMapping.unicodeScalars.first?.value ?? scalar
    }
}

extension RawSpan {
    /// The scalar at `at` of valid UTF-8, and its bytes.
    @inline(__always)
    func scalar(at: Int) -> (value: UInt32, length: Int) {
        let lead = UInt32(byte(at: at))
        if lead < 0x80 { return (lead, 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = lead & (0x7F &>> UInt32(length))
        guard at &+ length <= byteCount else { return (0xFFFD, byteCount &- at) }
        for place in 1..<length { value = value &<< 6 | UInt32(byte(at: at &+ place) & 0x3F) }
        return (value, length)
    }
}

import VarveBytes

/// A token's place in its text, and what it consists of.
package struct Token: BitwiseCopyable, Sendable {
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        case word
        case number
        case hangul
        case katakana
        case hiragana
        case ideograph
        case southEastAsian
        case emoji

        /// The name that analysis shows.
        package var name: String {
            switch self {
            case .word: "<ALPHANUM>"
            case .number: "<NUM>"
            case .hangul: "<HANGUL>"
            case .katakana: "<KATAKANA>"
            case .hiragana: "<HIRAGANA>"
            case .ideograph: "<IDEOGRAPHIC>"
            case .southEastAsian: "<SOUTHEAST_ASIAN>"
            case .emoji: "<EMOJI>"
            }
        }
    }

    /// Bytes of the text.
    package var start: Int
    package var end: Int
    package var kind = Kind.word
}

/// Finds the tokens of one text, one after the other. A token of more than 255 UTF-16 units ends there, and what
/// is left begins the next one; only of a run may the last scalar be a unit too many.
package struct TokenScanner {
    static let unitsMax = 255

    private let analyzer: Analyzer
    private var at = 0

    package init(_ analyzer: Analyzer) { self.analyzer = analyzer }

    /// The next token of `text`, which is valid UTF-8 and the same with every call; nil at its end.
    @inline(__always)
    package mutating func next(in text: RawSpan) -> Token? {
        switch analyzer {
        case .standard: return nextWord(in: text)
        case .simple: return nextRun(in: text, of: CharacterTest.isLetter)
        case .whitespace: return nextRun(in: text) { !CharacterTest.isBlank($0) }
        case .keyword, .lowercase:
            if at >= text.byteCount { return nil }
            defer { at = text.byteCount }
            return Token(start: 0, end: text.byteCount)
        }
    }

    private mutating func nextWord(in text: RawSpan) -> Token? {
        while at < text.byteCount {
            let byte = text.byte(at: at)
            if byte < 0x80 && !WordScanner.startsToken(byte) {
                at &+= 1
                continue
            }
            let token = WordScanner.longestToken(text, from: at)
            if token.end > at {
                at = token.end
                return token
            }
            at &+= text.scalar(at: at).length
        }
        return nil
    }

    /// Runs of scalars that pass a test.
    @inline(__always)
    private mutating func nextRun(in text: RawSpan, of test: (UInt32) -> Bool) -> Token? {
        while at < text.byteCount {
            let start = at
            var units = 0
            while at < text.byteCount {
                let (scalar, length) = text.scalar(at: at)
                if units >= Self.unitsMax || !test(scalar) { break }
                units &+= scalar >= 0x1_0000 ? 2 : 1
                at &+= length
            }
            if at > start { return Token(start: start, end: at) }
            at &+= text.scalar(at: at).length
        }
        return nil
    }
}

/// Tests of one scalar, as Java has them.
enum CharacterTest {
    static func isLetter(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return (scalar | 0x20) &- 0x61 < 26 }
        switch Unicode.Scalar(scalar)?.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    /// Blanks that a line may break at.
    static func isBlank(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x1C...0x20: return true
        case 0xA0, 0x2007, 0x202F: return false
        case 0..<0x80: return false
        default: break
        }
        switch Unicode.Scalar(scalar)?.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}

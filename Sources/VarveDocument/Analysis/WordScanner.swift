import VarveBytes

/// The longest token that begins at a place of a text, by the rules for word boundaries (UAX #29, WB4 to WB13b):
/// what Lucene's standard tokenizer takes for one.
struct WordScanner {
    /// What the token ends with, as far as it decides what may follow.
    private enum Last {
        case nothing
        case letter
        case hebrew
        case digit
        case katakana
        case joiner
        /// A Hebrew letter with an apostrophe.
        case abbreviation
    }

    /// Where the token ends so far.
    private(set) var end: Int
    private var units = 0
    private var last = Last.nothing
    private var seenLetter = false
    private var seenHangul = false
    private var seenDigit = false
    private var seenKatakana = false
    private var seenJoiner = false

    private init(start: Int) { end = start }

    /// Whether a token may begin with this ASCII byte.
    @inline(__always)
    static func startsToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 0x5F || byte == 0x23 || byte == 0x2A
    }

    @inline(__always)
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26
    }

    /// The token; it ends where it begins if there is none.
    static func longestToken(_ text: RawSpan, from start: Int) -> Token {
        // Letters and digits of ASCII that nothing follows which could belong to them.
        var at = start
        let limit = min(text.byteCount, start &+ TokenScanner.unitsMax)
        var letters: UInt8 = 0
        while at < limit {
            let byte = text.byte(at: at)
            if !isAlphanumeric(byte) { break }
            letters |= byte & 0x40
            at &+= 1
        }
        let isPlain = at == limit || continuesNever(text.byte(at: at))
        if at > start && isPlain {
            return Token(start: start, end: at, kind: letters == 0 ? .number : .word)
        }
        let (scalar, length) = text.scalar(at: start)
        let first = WordClass.of(scalar)
        let emoji = EmojiScanner.end(of: text, from: start, first)
        let word = otherToken(text, start, length, first)
        if emoji > start && emoji >= word.end { return Token(start: start, end: emoji, kind: .emoji) }
        return word
    }

    /// ASCII that no token goes on with or over.
    @inline(__always)
    private static func continuesNever(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x27, 0x2C, 0x2E, 0x3A, 0x3B, 0x5F: false
        default: byte < 0x80
        }
    }

    private static func otherToken(
        _ text: RawSpan, _ start: Int, _ length: Int, _ first: WordClass
    ) -> Token {
        switch first {
        case .han: return Token(start: start, end: extended(text, start &+ length), kind: .ideograph)
        case .hiragana: return Token(start: start, end: extended(text, start &+ length), kind: .hiragana)
        case .southEastAsian, .southEastAsianMark:
            return Token(start: start, end: southEastAsianEnd(text, start), kind: .southEastAsian)
        case .letter, .hangul, .hebrew, .digit, .katakana, .joiner:
            var scanner = WordScanner(start: start)
            scanner.scan(text)
            let isWord = scanner.seenLetter || scanner.seenHangul || scanner.seenDigit || scanner.seenKatakana
            return Token(start: start, end: isWord ? scanner.end : start, kind: scanner.kind)
        default: return Token(start: start, end: start)
        }
    }

    private var kind: Token.Kind {
        switch (seenLetter, seenHangul, seenDigit, seenKatakana, seenJoiner) {
        case (false, false, true, false, _): .number
        case (false, true, false, false, false): .hangul
        case (false, false, false, true, false): .katakana
        default: .word
        }
    }

    /// Where what extends a scalar ends.
    static func extended(_ text: RawSpan, _ start: Int) -> Int {
        var at = start
        while at < text.byteCount {
            let (scalar, length) = text.scalar(at: at)
            if scalar < 0x80 || !WordClass.of(scalar).extends { break }
            at &+= length
        }
        return at
    }

    private static func southEastAsianEnd(_ text: RawSpan, _ start: Int) -> Int {
        var at = start
        var units = 0
        while at < text.byteCount && units < TokenScanner.unitsMax {
            let (scalar, length) = text.scalar(at: at)
            let found = WordClass.of(scalar)
            if found != .southEastAsian && found != .southEastAsianMark { break }
            at &+= length
            units &+= 1
        }
        return at
    }

    // MARK: Words

    private mutating func scan(_ text: RawSpan) {
        while end < text.byteCount {
            let (scalar, length) = text.scalar(at: end)
            let found = WordClass.of(scalar)
            guard isJoined(found) else {
                if !bridge(text, found, length) { return }
                continue
            }
            guard take(text, end &+ length, scalar) else { return }
            note(found)
        }
    }

    /// Moves the end behind a scalar, which ends at `next`, and what extends it; false if that is too long.
    private mutating func take(_ text: RawSpan, _ next: Int, _ scalar: UInt32) -> Bool {
        let size = scalar >= 0x1_0000 ? 2 : 1
        if units &+ size > TokenScanner.unitsMax { return false }
        units &+= size
        end = next
        while end < text.byteCount {
            let (scalar, length) = text.scalar(at: end)
            if scalar < 0x80 || !WordClass.of(scalar).extends { break }
            let size = scalar >= 0x1_0000 ? 2 : 1
            if units &+ size > TokenScanner.unitsMax { return false }
            units &+= size
            end &+= length
        }
        return true
    }

    /// Whether there is no boundary between what the token ends with and a scalar of this class.
    private func isJoined(_ next: WordClass) -> Bool {
        switch next {
        case .letter, .hangul, .hebrew, .digit: last != .katakana
        case .katakana: last == .nothing || last == .katakana || last == .joiner
        case .joiner: true
        default: false
        }
    }

    private mutating func note(_ taken: WordClass) {
        switch taken {
        case .letter: (last, seenLetter) = (.letter, true)
        case .hangul: (last, seenHangul) = (.letter, true)
        case .hebrew: (last, seenLetter) = (.hebrew, true)
        case .digit: (last, seenDigit) = (.digit, true)
        case .katakana: (last, seenKatakana) = (.katakana, true)
        default: (last, seenJoiner) = (.joiner, true)
        }
    }

    /// Goes over a sign that joins what stands on both sides of it; false if it does not.
    private mutating func bridge(_ text: RawSpan, _ sign: WordClass, _ length: Int) -> Bool {
        let afterLetter = last == .letter || last == .hebrew
        let next = Self.extended(text, end &+ length)
        let following = next < text.byteCount ? WordClass.of(text.scalar(at: next).value) : .other
        let isLetter = following == .letter || following == .hangul || following == .hebrew
        let joins: Bool
        switch sign {
        case .midLetter: joins = afterLetter && isLetter
        case .midDigit: joins = last == .digit && following == .digit
        case .middle, .singleQuote:
            joins = afterLetter && isLetter || last == .digit && following == .digit
        case .doubleQuote: joins = last == .hebrew && following == .hebrew
        default: joins = false
        }
        let scalar = text.scalar(at: end).value
        if joins {
            let before = self
            guard take(text, end &+ length, scalar) else { return undo(to: before) }
            let (scalar, length) = text.scalar(at: end)
            guard take(text, end &+ length, scalar) else { return undo(to: before) }
            note(following)
            return true
        }
        guard sign == .singleQuote && last == .hebrew else { return false }
        last = .abbreviation
        return take(text, end &+ length, scalar)
    }

    private mutating func undo(to before: WordScanner) -> Bool {
        self = before
        return false
    }
}

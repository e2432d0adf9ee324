import VarveBytes

/// Sequences of emoji: one with its presentation and skin tone, several joined, flags, and keycaps.
enum EmojiScanner {
    private static let textSelector: UInt32 = 0xFE0E
    private static let emojiSelector: UInt32 = 0xFE0F
    private static let keycap: UInt32 = 0x20E3

    /// Where the sequence that begins at `start` ends; `start` itself if none does.
    static func end(of text: RawSpan, from start: Int, _ first: WordClass) -> Int {
        let (scalar, length) = text.scalar(at: start)
        switch first {
        case .emoji, .emojiModifier, .zeroWidthJoiner: return sequenceEnd(text, start)
        case .regional:
            let next = WordScanner.extended(text, start &+ length)
            guard next < text.byteCount else { return start }
            let (second, secondLength) = text.scalar(at: next)
            guard WordClass.of(second) == .regional else { return start }
            return WordScanner.extended(text, next &+ secondLength)
        default:
            let isBase = scalar &- 0x30 <= 9 || scalar == 0x23 || scalar == 0x2A
            return isBase ? keycapEnd(text, start, length) : start
        }
    }

    private static func keycapEnd(_ text: RawSpan, _ start: Int, _ length: Int) -> Int {
        var at = start &+ length
        while at < text.byteCount {
            let (scalar, length) = text.scalar(at: at)
            if scalar < 0x80 || !WordClass.of(scalar).extends { return start }
            at &+= length
            if scalar == keycap { return marksEnd(text, at) }
        }
        return start
    }

    private static func sequenceEnd(_ text: RawSpan, _ start: Int) -> Int {
        var end = start
        while let next = unitEnd(text, end) {
            let isFirst = end == start
            end = next
            if isFirst { if let tagged = tagsEnd(text, end) { return tagged } }
            // Only what a joiner stands before goes on.
            let isJoined =
                next < text.byteCount && text.scalar(at: next).value == 0x200D || endsWithJoiner(text, next)
            if !isJoined { return end }
        }
        return end
    }

    /// Zero width joiners, then an emoji with its marks and its selector or skin tone; nil if there is none.
    private static func unitEnd(_ text: RawSpan, _ start: Int) -> Int? {
        var at = start
        while at < text.byteCount, text.scalar(at: at).value == 0x200D { at &+= 3 }
        guard at < text.byteCount else { return nil }
        let (scalar, length) = text.scalar(at: at)
        let found = WordClass.of(scalar)
        guard found == .emoji || found == .emojiModifier else { return nil }
        at = marksEnd(text, at &+ length)
        guard found == .emoji, at < text.byteCount else { return at }
        let (next, nextLength) = text.scalar(at: at)
        if next == emojiSelector { return at &+ nextLength }
        let takesTone = Unicode.Scalar(scalar)?.properties.isEmojiModifierBase ?? false
        return takesTone && WordClass.of(next) == .emojiModifier ? marksEnd(text, at &+ nextLength) : at
    }

    /// What extends an emoji, but for the selectors and tags.
    private static func marksEnd(_ text: RawSpan, _ start: Int) -> Int {
        var at = start
        while at < text.byteCount {
            let (scalar, length) = text.scalar(at: at)
            let isApart = scalar == textSelector || scalar == emojiSelector || scalar >= 0xE0020
            if isApart || !WordClass.of(scalar).extends { break }
            at &+= length
        }
        return at
    }

    /// Tags up to the one that ends them.
    private static func tagsEnd(_ text: RawSpan, _ start: Int) -> Int? {
        var at = start
        while at < text.byteCount {
            let (scalar, length) = text.scalar(at: at)
            at &+= length
            if scalar == 0xE007F { return at > start &+ length ? at : nil }
            guard 0xE0020...0xE007E ~= scalar else { return nil }
        }
        return nil
    }

    private static func endsWithJoiner(_ text: RawSpan, _ end: Int) -> Bool {
        end >= 3 && text.byte(at: end &- 3) == 0xE2 && text.byte(at: end &- 2) == 0x80
            && text.byte(at: end &- 1) == 0x8D
    }
}

import VarveBytes

/// The parts of JSON that have no structure: strings, literals, blanks. Each function takes the offset where its
/// part begins and returns the one past its end. The end of the text reads as a 0, which no rule lets stand where
/// one is looked at.
enum JSONScanner {
    @inline(__always)
    static func skipBlanks(_ bytes: RawSpan, _ start: Int) -> Int {
        if bytes.peek(at: start) > 0x20 { return start }
        var at = start
        while at < bytes.byteCount {
            switch bytes.byte(at: at) {
            case 0x20, 0x0A, 0x0D, 0x09: at &+= 1
            default: return at
            }
        }
        return at
    }

    // MARK: Strings

    struct StringEnd {
        /// Offset of the closing quote.
        var at: Int
        var isEscaped = false
        var isUnicode = false
    }

    /// High bits mark bytes that end a plain run: quote, backslash, control. Only the lowest is exact.
    @inline(__always)
    private static func stops(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let slash = word ^ (ones &* 0x5C)
        return ((quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- ones &* 0x20) & ~word)
            & (ones &* 0x80)
    }

    /// - Parameter start: Offset past the opening quote.
    @inline(__always)
    static func string(_ bytes: RawSpan, _ start: Int) throws(JSONFault) -> StringEnd {
        if start &+ 8 <= bytes.byteCount {
            let word: UInt64 = bytes.load(at: start)
            let stop = stops(word)
            if stop != 0 {
                let at = start &+ stop.trailingZeroBitCount &>> 3
                let before = word & (stop &- 1) & ~stop
                if bytes.byte(at: at) == 0x22 && before & 0x8080_8080_8080_8080 == 0 {
                    return StringEnd(at: at)
                }
            }
        }
        return try longString(bytes, start)
    }

    @inline(never)
    private static func longString(_ bytes: RawSpan, _ start: Int) throws(JSONFault) -> StringEnd {
        var end = StringEnd(at: start)
        var high: UInt64 = 0
        while true {
            try skipPlain(bytes, &end.at, &high)
            let byte = bytes.byte(at: end.at)
            if byte == 0x22 { break }
            if byte != 0x5C { throw JSONFault(.control, end.at) }
            end.isEscaped = true
            end.at = try escape(bytes, end.at)
        }
        end.isUnicode = high & 0x8080_8080_8080_8080 != 0
        if end.isUnicode && !bytes.slice(start, end.at &- start).isValidUTF8 { throw JSONFault(.utf8, start) }
        return end
    }

    /// Goes to the next byte that ends a plain run, collecting the bits of those before it.
    @inline(__always)
    private static func skipPlain(_ bytes: RawSpan, _ at: inout Int, _ high: inout UInt64) throws(JSONFault) {
        while at &+ 8 <= bytes.byteCount {
            let word: UInt64 = bytes.load(at: at)
            let stop = stops(word)
            if stop != 0 {
                high |= word & (stop &- 1) & ~stop
                at &+= stop.trailingZeroBitCount &>> 3
                return
            }
            high |= word
            at &+= 8
        }
        while at < bytes.byteCount {
            let byte = bytes.byte(at: at)
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return }
            high |= UInt64(byte)
            at &+= 1
        }
        throw JSONFault(.cutShort, at)
    }

    /// Checks the escape at `at`, a backslash.
    private static func escape(_ bytes: RawSpan, _ at: Int) throws(JSONFault) -> Int {
        switch bytes.peek(at: at &+ 1) {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return at &+ 2
        case 0x75: break
        case 0 where at &+ 1 >= bytes.byteCount: throw JSONFault(.cutShort, at &+ 1)
        default: throw JSONFault(.escape, at)
        }
        let unit = try hex(bytes, at &+ 2)
        if unit < 0xD800 || unit > 0xDFFF { return at &+ 6 }
        guard unit < 0xDC00, bytes.peek(at: at &+ 6) == 0x5C, bytes.peek(at: at &+ 7) == 0x75 else {
            throw JSONFault(.loneSurrogate, at)
        }
        let low = try hex(bytes, at &+ 8)
        guard low >= 0xDC00 && low <= 0xDFFF else { throw JSONFault(.loneSurrogate, at) }
        return at &+ 12
    }

    /// The value of four hex digits.
    static func hex(_ bytes: RawSpan, _ start: Int) throws(JSONFault) -> UInt32 {
        var value: UInt32 = 0
        for at in start..<(start &+ 4) {
            let byte = bytes.peek(at: at)
            switch byte {
            case 0x30...0x39: value = value &<< 4 | UInt32(byte &- 0x30)
            case 0x41...0x46, 0x61...0x66: value = value &<< 4 | UInt32((byte | 0x20) &- 0x61 &+ 10)
            default: throw JSONFault(at < bytes.byteCount ? .hexDigit : .cutShort, at)
            }
        }
        return value
    }

    // MARK: Literals

    static func literal(_ bytes: RawSpan, _ at: Int) throws(JSONFault) -> (tag: JSONWord.Tag, end: Int) {
        guard at &+ 4 <= bytes.byteCount else {
            throw JSONFault(isPrefixOfLiteral(bytes, at) ? .cutShort : .literal, at)
        }
        switch bytes.load(UInt32.self, at: at) {
        case 0x6575_7274: return (.true, at &+ 4)
        case 0x6C6C_756E: return (.null, at &+ 4)
        case 0x736C_6166:
            if bytes.peek(at: at &+ 4) == 0x65 { return (.false, at &+ 5) }
            throw JSONFault(at &+ 4 == bytes.byteCount ? .cutShort : .literal, at)
        default: throw JSONFault(.literal, at)
        }
    }

    private static func isPrefixOfLiteral(_ bytes: RawSpan, _ at: Int) -> Bool {
        let rest = bytes.slice(at, bytes.byteCount &- at).copyBytes()
        return ["true", "false", "null"].contains { $0.utf8.starts(with: rest) }
    }
}

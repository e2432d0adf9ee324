import VarveBytes

/// One value of a row: where its bytes lie in the block's rows, what it is, and, for numbers, its value.
struct SourceToken: BitwiseCopyable {
    /// Offset (20 bits), kinds (7 bits), digits after the point (5 bits). A row that begins further back than
    /// 512 KiB has a block of its own, so its one token begins at 0.
    private var place: UInt32
    private var length: UInt32
    /// Integers: the value; fractions: without the point.
    var value: Int64

    @inline(__always)
    init(offset: Int, count: Int, kinds: TokenKinds, value: Int64 = 0, decimals: Int = 0) {
        place = UInt32(truncatingIfNeeded: offset | Int(kinds.rawValue) &<< 20 | decimals &<< 27)
        length = UInt32(truncatingIfNeeded: count)
        self.value = value
    }

    var offset: Int { Int(place & 0xF_FFFF) }
    var count: Int { Int(length) }
    var kinds: TokenKinds { TokenKinds(rawValue: UInt8(truncatingIfNeeded: place &>> 20 & 0x7F)) }
    var decimals: Int { Int(place &>> 27) }
}

/// What values are; a set, so that a column's kinds are the union of its values'.
struct TokenKinds: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// An integer that prints back as it was written.
    static let integer = TokenKinds(rawValue: 8)
    static let string = TokenKinds(rawValue: 16)
    static let other = TokenKinds(rawValue: 32)
    /// A decimal fraction without an exponent.
    static let fraction = TokenKinds(rawValue: 64)
    /// The bits of `SourceWord`.
    static let null = TokenKinds(rawValue: SourceWord.null.rawValue)
    static let yes = TokenKinds(rawValue: SourceWord.yes.rawValue)
    static let no = TokenKinds(rawValue: SourceWord.no.rawValue)
    static let words: TokenKinds = [.null, .yes, .no]
    static let numbers: TokenKinds = [.integer, .fraction]
}

/// Finds the ends of JSON values without checking them: what it takes for a value is at worst an odd value, and
/// the bytes come back all the same. The bytes are followed by 16 zero bytes, which end everything.
enum TokenScanner {
    /// The value at `start`, or nil if none begins there that could be a value of a column. Objects are not:
    /// they are looked into.
    @inline(__always)
    static func scan(_ bytes: RawSpan, at start: Int) -> SourceToken? {
        let first = bytes.byte(at: start)
        if first == UInt8(ascii: "\"") {
            let end = stringEnd(bytes, at: start)
            return end < 0 ? nil : SourceToken(offset: start, count: end &- start, kinds: .string)
        }
        if first &- 0x30 < 10 || first == UInt8(ascii: "-") { return scanNumber(bytes, at: start) }
        return scanOther(bytes, at: start, first: first)
    }

    /// The end of the string that begins with the quote at `start`, or -1.
    @inline(__always)
    static func stringEnd(_ bytes: RawSpan, at start: Int) -> Int {
        var at = start &+ 1
        while true {
            let stops = stringStops(bytes.load(at: at))
            if stops == 0 {
                at &+= 8
                continue
            }
            at &+= stops.trailingZeroBitCount &>> 3
            let stop = bytes.byte(at: at)
            if stop == UInt8(ascii: "\"") { return at &+ 1 }
            if stop != UInt8(ascii: "\\") || bytes.byte(at: at &+ 1) == 0 { return -1 }
            at &+= 2
        }
    }

    /// High bits mark bytes that end a plain run: quote, backslash, control. Only the lowest is exact.
    @inline(__always)
    private static func stringStops(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let slash = word ^ (ones &* 0x5C)
        return ((quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- ones &* 0x20) & ~word)
            & (ones &* 0x80)
    }

    @inline(__always)
    private static func scanNumber(_ bytes: RawSpan, at start: Int) -> SourceToken? {
        let negative = bytes.byte(at: start) == UInt8(ascii: "-")
        let firstDigit = negative ? start &+ 1 : start
        let (digits, value) = eightDigits(bytes.load(at: firstDigit))
        let after = bytes.byte(at: firstDigit &+ digits)
        let leadingZero = bytes.byte(at: firstDigit) == 0x30 && (digits > 1 || negative)
        let goesOn = after | 0x20 == UInt8(ascii: "e") || after == UInt8(ascii: ".")
        if digits > 0 && digits < 8 && !leadingZero && !goesOn {
            let signed = Int64(bitPattern: value)
            return SourceToken(
                offset: start, count: firstDigit &+ digits &- start, kinds: .integer,
                value: negative ? 0 &- signed : signed)
        }
        return scanLongNumber(bytes, at: start, firstDigit: firstDigit)
    }

    /// How many of the eight bytes, from the lowest on, are digits, and the number they make.
    @inline(__always)
    private static func eightDigits(_ word: UInt64) -> (count: Int, value: UInt64) {
        let values = word ^ 0x3030_3030_3030_3030
        let stops = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
        let count = stops.trailingZeroBitCount &>> 3
        if count == 0 { return (0, 0) }
        let aligned = values &<< UInt64(64 &- count &* 8)
        let pairs = ((aligned & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) &>> 8
        let fours = ((pairs & 0x00FF_00FF_00FF_00FF) &* 6_553_601) &>> 16
        return (count, ((fours & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) &>> 32)
    }

    /// Long integers, fractions, exponents, and what only looks like a number.
    @inline(never)
    private static func scanLongNumber(_ bytes: RawSpan, at start: Int, firstDigit: Int) -> SourceToken? {
        var at = firstDigit
        var magnitude: UInt64 = 0
        var digits = 0
        var point = -1
        while true {
            let byte = bytes.byte(at: at)
            if byte &- 0x30 < 10 {
                if digits < 19 { magnitude = magnitude &* 10 &+ UInt64(byte &- 0x30) }
                digits += 1
            } else if byte == UInt8(ascii: ".") && point < 0 && at > firstDigit {
                point = at
            } else {
                break
            }
            at &+= 1
        }
        if digits == 0 { return nil }
        let plainEnd = at
        while isNumberByte(bytes.byte(at: at)) { at &+= 1 }
        let decimals = point < 0 ? 0 : plainEnd - point - 1
        let wholeDigits = digits - decimals
        let hasLeadingZero = bytes.byte(at: firstDigit) == 0x30 && wholeDigits > 1
        let isNegativeZero = magnitude == 0 && firstDigit > start
        guard at == plainEnd && digits <= 19 && magnitude <= UInt64(Int64.max) && !hasLeadingZero,
            !isNegativeZero && (point < 0 || decimals > 0) && decimals <= Decimals.countMax
        else { return SourceToken(offset: start, count: at - start, kinds: .other) }
        let signed = Int64(bitPattern: magnitude)
        return SourceToken(
            offset: start, count: at - start, kinds: point < 0 ? .integer : .fraction,
            value: firstDigit > start ? -signed : signed, decimals: decimals)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }

    @inline(never)
    private static func scanOther(_ bytes: RawSpan, at start: Int, first: UInt8) -> SourceToken? {
        let word: UInt32 = bytes.load(at: start)
        if word == 0x6C6C_756E { return SourceToken(offset: start, count: 4, kinds: .null) }
        if word == 0x6575_7274 { return SourceToken(offset: start, count: 4, kinds: .yes) }
        if word == 0x736C_6166 && bytes.byte(at: start &+ 4) == UInt8(ascii: "e") {
            return SourceToken(offset: start, count: 5, kinds: .no)
        }
        guard first == UInt8(ascii: "["), let end = arrayEnd(bytes, at: start) else { return nil }
        return SourceToken(offset: start, count: end - start, kinds: .other)
    }

    /// The end of the array that begins at `start`; brackets and braces are counted, not matched.
    private static func arrayEnd(_ bytes: RawSpan, at start: Int) -> Int? {
        var depth = 0
        var at = start
        while true {
            switch bytes.byte(at: at) {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                at += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                at += 1
                if depth == 0 { return at }
            case UInt8(ascii: "\""):
                at = stringEnd(bytes, at: at)
                if at < 0 { return nil }
            case 0: return nil
            default: at += 1
            }
        }
    }
}

import VarveBytes

/// A number of a JSON text, its grammar checked and, where that is exact at once, its value known.
struct JSONNumber {
    var tag: JSONWord.Tag
    /// Int64 or the bits of a Double, by the tag.
    var payload: UInt64
    /// Offset past the last byte.
    var end: Int

    /// The integer at `start` if it has at most seven digits and is not -0: the commonest number, from one word and
    /// without a branch on its length. `count` is 0 if the number has to be read the long way.
    @inline(__always)
    static func short(_ bytes: RawSpan, _ start: Int) -> (value: Int64, count: Int) {
        let sign = bytes.peek(at: start) == 0x2D ? 1 : 0
        let first = start &+ sign
        if first &+ 8 > bytes.byteCount { return (0, 0) }
        let word: UInt64 = bytes.load(at: first)
        let digits = word ^ 0x3030_3030_3030_3030
        // High bits mark bytes that are no digits. Only the lowest is exact.
        let stops = ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
        let count = stops.trailingZeroBitCount &>> 3
        if count == 0 || count == 8 { return (0, 0) }
        let next = UInt8(truncatingIfNeeded: word &>> UInt64(8 &* count))
        if next == 0x2E || next | 0x20 == 0x65 { return (0, 0) }
        if digits & 0xFF == 0 && count &+ sign > 1 { return (0, 0) }
        let value = eightDigits(digits &<< UInt64(64 &- 8 &* count))
        return (sign == 1 ? 0 &- value : value, count &+ sign)
    }

    /// The number that eight digits spell, the first in the lowest byte.
    @inline(__always)
    private static func eightDigits(_ digits: UInt64) -> Int64 {
        let pairs = digits &* 10 &+ digits &>> 8
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        let high = (pairs & mask) &* 0x000F_4240_0000_0064
        let low = (pairs &>> 16 & mask) &* 0x0000_2710_0000_0001
        return Int64(truncatingIfNeeded: (high &+ low) &>> 32)
    }

    /// Reads the number at `start`: a digit or a minus.
    static func read(_ bytes: RawSpan, _ start: Int, digitsMax: Int) throws(JSONFault) -> JSONNumber {
        var at = start
        let isNegative = bytes.byte(at: at) == 0x2D
        if isNegative { at &+= 1 }
        let first = at
        var value: UInt64 = 0
        while true {
            let digit = bytes.peek(at: at) &- 0x30
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            at &+= 1
        }
        let count = at &- first
        let next = bytes.peek(at: at)
        let isInteger = next != 0x2E && next | 0x20 != 0x65
        let startsWithZero = bytes.peek(at: first) == 0x30
        if isInteger && UInt(bitPattern: count &- 1) < 18 && (!startsWithZero || (count == 1 && !isNegative))
        {
            return JSONNumber(tag: .integer, payload: isNegative ? 0 &- value : value, end: at)
        }
        if count == 0 { throw JSONFault(at < bytes.byteCount ? .digitExpected : .cutShort, at) }
        if startsWithZero && count > 1 { throw JSONFault(.leadingZero, first) }
        let number =
            isInteger
            ? longInteger(bytes, first, at, isNegative: isNegative)
            : try real(bytes, first, at, value, isNegative: isNegative)
        if number.end &- first > digitsMax { try number.checkDigits(bytes, first, digitsMax) }
        return number
    }

    /// An integer of 19 digits or more, or -0.
    private static func longInteger(
        _ bytes: RawSpan, _ first: Int, _ end: Int, isNegative: Bool
    ) -> JSONNumber {
        let undecoded = JSONNumber(tag: .bigInteger, payload: 0, end: end)
        if end &- first > 19 || bytes.byte(at: first) == 0x30 { return undecoded }
        var value: Int64 = 0
        for at in first..<end {
            let digit = Int64(bytes.byte(at: at) &- 0x30)
            let (shifted, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, more) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
            if over || more { return undecoded }
            value = sum
        }
        return JSONNumber(tag: .integer, payload: UInt64(bitPattern: value), end: end)
    }

    /// A number with a fraction or an exponent, which begins at `at`.
    private static func real(
        _ bytes: RawSpan, _ first: Int, _ start: Int, _ whole: UInt64, isNegative: Bool
    ) throws(JSONFault) -> JSONNumber {
        var at = start
        var mantissa = whole
        var digits = at &- first
        var scale = 0
        if bytes.peek(at: at) == 0x2E {
            at &+= 1
            let point = at
            while true {
                let digit = bytes.peek(at: at) &- 0x30
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                at &+= 1
            }
            if at == point { throw JSONFault(at < bytes.byteCount ? .digitExpected : .cutShort, at) }
            scale = point &- at
            digits &-= scale
        }
        if bytes.peek(at: at) | 0x20 == 0x65 { scale &+= try exponent(bytes, &at) }
        // Nineteen digits cannot overflow 64 bits, so the mantissa is what the text says.
        guard digits <= 19, let value = exact(mantissa, scale) else {
            return JSONNumber(tag: .bigReal, payload: 0, end: at)
        }
        return JSONNumber(tag: .real, payload: (isNegative ? -value : value).bitPattern, end: at)
    }

    private static func exponent(_ bytes: RawSpan, _ at: inout Int) throws(JSONFault) -> Int {
        at &+= 1
        let sign = bytes.peek(at: at)
        if sign == 0x2B || sign == 0x2D { at &+= 1 }
        let first = at
        var value = 0
        while true {
            let digit = bytes.peek(at: at) &- 0x30
            if digit > 9 { break }
            value = min(value &* 10 &+ Int(digit), 1_000_000)
            at &+= 1
        }
        if at == first { throw JSONFault(at < bytes.byteCount ? .digitExpected : .cutShort, at) }
        return sign == 0x2D ? -value : value
    }

    /// `mantissa * 10^scale` if one rounding yields it (Clinger 1990): both factors are exact doubles.
    private static func exact(_ mantissa: UInt64, _ scale: Int) -> Double? {
        if mantissa == 0 { return 0 }
        if mantissa > 1 &<< 53 || scale > 22 || scale < -22 { return nil }
        let value = Double(mantissa)
        return scale < 0 ? value / powers[-scale] : value * powers[scale]
    }

    private func checkDigits(_ bytes: RawSpan, _ first: Int, _ digitsMax: Int) throws(JSONFault) {
        var digits = 0
        for at in first..<end where bytes.byte(at: at) &- 0x30 <= 9 { digits += 1 }
        if digits > digitsMax { throw JSONFault(.numberDigits, first) }
    }

    /// The double nearest to a number's text, infinite if it is beyond all: the slow way.
    static func decode(_ text: RawSpan) -> Double {
        String(validating: text).flatMap { Double($0) } ?? .nan
    }
}

/// The powers of ten that a double holds exactly.
private let powers: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
    1e20, 1e21, 1e22,
]

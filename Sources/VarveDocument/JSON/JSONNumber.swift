import VarveBytes

/// A number of a JSON text, its grammar checked and, where that is exact at once, its value known.
struct JSONNumber {
    var tag: JSONWord.Tag
    /// Int64 or the bits of a Double, by the tag.
    var payload: UInt64
    /// Offset past the last byte.
    var end: Int

    /// Reads the number at `start`: a digit or a minus.
    @inline(__always)
    static func read(_ bytes: RawSpan, _ start: Int, digitsMax: Int) throws(JSONFault) -> JSONNumber {
        var at = start
        let isNegative = bytes.byte(at: at) == 0x2D
        if isNegative { at &+= 1 }
        let first = at
        var value: UInt64 = 0
        while true {
            let digit = JSONScanner.peek(bytes, at) &- 0x30
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            at &+= 1
        }
        let count = at &- first
        let next = JSONScanner.peek(bytes, at)
        let isInteger = next != 0x2E && next | 0x20 != 0x65
        let startsWithZero = JSONScanner.peek(bytes, first) == 0x30
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
        if JSONScanner.peek(bytes, at) == 0x2E {
            at &+= 1
            let point = at
            while true {
                let digit = JSONScanner.peek(bytes, at) &- 0x30
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                at &+= 1
            }
            if at == point { throw JSONFault(at < bytes.byteCount ? .digitExpected : .cutShort, at) }
            scale = point &- at
            digits &-= scale
        }
        if JSONScanner.peek(bytes, at) | 0x20 == 0x65 { scale &+= try exponent(bytes, &at) }
        // Nineteen digits cannot overflow 64 bits, so the mantissa is what the text says.
        guard digits <= 19, let value = exact(mantissa, scale) else {
            return JSONNumber(tag: .bigReal, payload: 0, end: at)
        }
        return JSONNumber(tag: .real, payload: (isNegative ? -value : value).bitPattern, end: at)
    }

    private static func exponent(_ bytes: RawSpan, _ at: inout Int) throws(JSONFault) -> Int {
        at &+= 1
        let sign = JSONScanner.peek(bytes, at)
        if sign == 0x2B || sign == 0x2D { at &+= 1 }
        let first = at
        var value = 0
        while true {
            let digit = JSONScanner.peek(bytes, at) &- 0x30
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

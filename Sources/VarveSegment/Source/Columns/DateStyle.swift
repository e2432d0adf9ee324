import VarveBytes

/// How a date column prints its numbers. Years are 0000 to 9999 of the proleptic Gregorian calendar; hour 24 and
/// second 60 are no dates here, since they would not print back. Raw values are part of the format.
enum DateStyle: UInt8, Sendable, BitwiseCopyable {
    /// `YYYY-MM-DD`, in days since 1970.
    case days = 0
    /// `YYYY-MM-DDTHH:MM:SSZ`, in seconds.
    case seconds = 1
    /// `YYYY-MM-DDTHH:MM:SS.sssZ`, in milliseconds.
    case milliseconds = 2

    /// Bytes of a date.
    var byteCount: Int {
        switch self {
        case .days: 10
        case .seconds: 20
        case .milliseconds: 24
        }
    }

    var unitsPerDay: Int64 {
        switch self {
        case .days: 1
        case .seconds: 86_400
        case .milliseconds: 86_400_000
        }
    }

    init?(byteCount: Int) {
        switch byteCount {
        case 10: self = .days
        case 20: self = .seconds
        case 24: self = .milliseconds
        default: return nil
        }
    }

    /// Day numbers of 0000-01-01 and 9999-12-31.
    static let dayRange: ClosedRange<Int64> = -719_528...2_932_896

    /// The number of the date at `start`, where its bytes are known to be there; nil if it is none.
    func parse(_ bytes: RawSpan, at start: Int) -> Int64? {
        guard let day = Self.parseDay(bytes, at: start) else { return nil }
        if self == .days { return day }
        guard let second = Self.parseTime(bytes, at: start &+ 10) else { return nil }
        let seconds = day * 86_400 + second
        if self == .seconds { return bytes.byte(at: start &+ 19) == UInt8(ascii: "Z") ? seconds : nil }
        guard bytes.byte(at: start &+ 19) == UInt8(ascii: "."),
            bytes.byte(at: start &+ 23) == UInt8(ascii: "Z"),
            let high = Self.pair(bytes, start &+ 20), let low = Self.pair(bytes, start &+ 21)
        else { return nil }
        return seconds * 1_000 + high * 10 + low % 10
    }

    private static func parseDay(_ bytes: RawSpan, at start: Int) -> Int64? {
        guard bytes.byte(at: start &+ 4) == UInt8(ascii: "-"),
            bytes.byte(at: start &+ 7) == UInt8(ascii: "-"),
            let century = pair(bytes, start), let yearOfCentury = pair(bytes, start &+ 2),
            let month = pair(bytes, start &+ 5), let day = pair(bytes, start &+ 8)
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard month >= 1 && month <= 12 && day >= 1 && day <= days(inMonth: month, of: year) else {
            return nil
        }
        return dayNumber(year: year, month: month, day: day)
    }

    /// Seconds of the day, from `THH:MM:SS`.
    private static func parseTime(_ bytes: RawSpan, at start: Int) -> Int64? {
        guard bytes.byte(at: start) == UInt8(ascii: "T"), bytes.byte(at: start &+ 3) == UInt8(ascii: ":"),
            bytes.byte(at: start &+ 6) == UInt8(ascii: ":"), let hour = pair(bytes, start &+ 1),
            let minute = pair(bytes, start &+ 4), let second = pair(bytes, start &+ 7),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    private static func pair(_ bytes: RawSpan, _ at: Int) -> Int64? {
        let tens = bytes.byte(at: at) &- 0x30
        let ones = bytes.byte(at: at &+ 1) &- 0x30
        guard tens < 10 && ones < 10 else { return nil }
        return Int64(tens) * 10 + Int64(ones)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. Years begin in March, so that the leap day is the last; 400 years are an era.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension ByteBuffer {
    /// Appends a date; a number outside the years 0000 to 9999 prints as the first day of them.
    mutating func appendDate(_ number: Int64, style: DateStyle) {
        let perDay = style.unitsPerDay
        let floor = number / perDay - (number % perDay < 0 ? 1 : 0)
        let isInRange = DateStyle.dayRange.contains(floor)
        let units = UInt64(isInRange ? number - floor * perDay : 0)
        let monthAndDay = appendYear(ofDay: isInRange ? floor : DateStyle.dayRange.lowerBound)
        if style == .days {
            append(word: monthAndDay &>> 16 | 0x3030, count: 2)
            return
        }
        let second = UInt32(truncatingIfNeeded: style == .seconds ? units : units / 1_000)
        let minutes = second / 60
        let time = UInt64(ByteBuffer.fourDigits(minutes / 60 &* 100 &+ minutes % 60))
        let seconds = UInt64(ByteBuffer.fourDigits(second % 60)) &>> 16
        // "DDTHH:MM", then ":SSZ" or ":SS.sssZ".
        append(
            word: 0x3030_3A30_3054_3030 | monthAndDay &>> 16 | (time & 0xFFFF) &<< 24 | (time &>> 16) &<< 48,
            count: 8)
        if style == .seconds {
            append(word: 0x5A30_303A | seconds &<< 8, count: 4)
        } else {
            let millisecond = UInt64(ByteBuffer.fourDigits(UInt32(truncatingIfNeeded: units % 1_000)))
            append(
                word: 0x5A30_3030_2E30_303A | seconds &<< 8 | (millisecond &>> 8) &<< 32, count: 8)
        }
    }

    /// Appends `YYYY-MM-` and returns the digits of month and day, a byte each, the first lowest.
    @inline(__always)
    private mutating func appendYear(ofDay day: Int64) -> UInt64 {
        // Counted from 0000-03-01, 400 years early so that nothing is negative.
        let shifted = UInt64(bitPattern: day &+ 719_528 &+ 146_097 &- 60)
        let era = shifted / 146_097
        let dayOfEra = UInt32(truncatingIfNeeded: shifted % 146_097)
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
        let dayOfMonth = dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1
        let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
        let marchYear = UInt32(truncatingIfNeeded: era &* 400) &+ yearOfEra &- 400
        let year = UInt64(ByteBuffer.fourDigits(month <= 2 ? marchYear &+ 1 : marchYear))
        let monthAndDay = UInt64(ByteBuffer.fourDigits(month &* 100 &+ dayOfMonth))
        append(word: 0x2D30_302D_3030_3030 | year | (monthAndDay & 0xFFFF) &<< 40, count: 8)
        return monthAndDay
    }

    /// Appends a decimal fraction of `decimals` digits after the point, without the zeros at its end, but with
    /// at least `least` digits after the point; no point if there are none.
    mutating func appendNumber(_ value: Int64, decimals: Int, atLeast least: Int) {
        if decimals == 0 {
            appendDecimal(value)
            return
        }
        if value < 0 { append(word: 0x2D, count: 1) }
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: Decimals.power(decimals))
        appendDecimal(Int64(bitPattern: whole))
        var fraction = rest
        var digits = decimals
        while digits > least && fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        if digits == 0 { return }
        append(word: 0x2E, count: 1)
        appendDigits(fraction, count: digits)
    }

    /// Appends the last `count` digits of a number, zeros included.
    mutating func appendDigits(_ value: UInt64, count: Int) {
        if count > 8 {
            appendDigits(value / 100_000_000, count: count - 8)
            append(word: ByteBuffer.eightDigits(value % 100_000_000) | 0x3030_3030_3030_3030, count: 8)
        } else {
            let text = ByteBuffer.eightDigits(value % 100_000_000) | 0x3030_3030_3030_3030
            append(word: text &>> UInt64(64 &- count &* 8), count: count)
        }
    }
}

enum Decimals {
    /// Digits after the point that numbers may have: 10 to this power is within 64 bits.
    static let countMax = 18

    static func power(_ exponent: Int) -> UInt64 {
        var power: UInt64 = 1
        for _ in 0..<exponent { power &*= 10 }
        return power
    }
}

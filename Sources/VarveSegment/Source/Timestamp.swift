import VarveBytes

/// `YYYY-MM-DDTHH:MM:SSZ` and the seconds since 1970 that it stands for, in the proleptic Gregorian calendar,
/// years 0000 to 9999. Sixty seconds and 24 hours are no timestamps here: they would not print back.
enum Timestamp {
    static let byteCount = 20
    /// Seconds of 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The seconds that the 20 bytes at `start` name, or nil if they are no timestamp of this form.
    static func parse(_ bytes: RawSpan, at start: Int) -> Int64? {
        guard start >= 0 && start &+ byteCount <= bytes.byteCount else { return nil }
        guard bytes.byte(at: start &+ 4) == 0x2D, bytes.byte(at: start &+ 7) == 0x2D,
            bytes.byte(at: start &+ 10) == 0x54, bytes.byte(at: start &+ 13) == 0x3A,
            bytes.byte(at: start &+ 16) == 0x3A, bytes.byte(at: start &+ 19) == 0x5A,
            let century = pair(bytes, start), let yearOfCentury = pair(bytes, start &+ 2),
            let month = pair(bytes, start &+ 5), let day = pair(bytes, start &+ 8),
            let hour = pair(bytes, start &+ 11), let minute = pair(bytes, start &+ 14),
            let second = pair(bytes, start &+ 17)
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard month >= 1 && month <= 12 && day >= 1 && day <= days(inMonth: month, of: year) else {
            return nil
        }
        guard hour < 24 && minute < 60 && second < 60 else { return nil }
        let days = dayNumber(year: year, month: month, day: day)
        return days * 86_400 + hour * 3_600 + minute * 60 + second
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
    /// Appends the 20 bytes of a timestamp; seconds outside the range of years print as its first.
    @inline(__always)
    mutating func appendTimestamp(_ seconds: Int64) {
        let inRange = Timestamp.range.contains(seconds) ? seconds : Timestamp.range.lowerBound
        let sinceEpoch = UInt64(bitPattern: inRange &+ 62_167_219_200 &+ 146_097 &* 86_400)
        let day = sinceEpoch / 86_400
        let second = UInt32(truncatingIfNeeded: sinceEpoch % 86_400)
        // Counted from 0000-03-01, 400 years early so that nothing is negative.
        let shifted = day &- 60
        let era = shifted / 146_097
        let dayOfEra = UInt32(truncatingIfNeeded: shifted % 146_097)
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
        let dayOfMonth = dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1
        let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
        let march = UInt32(truncatingIfNeeded: era &* 400) &+ yearOfEra &- 400
        let year = month <= 2 ? march &+ 1 : march
        let hour = second / 3_600
        let minute = second / 60 % 60
        // "YYYY-MM-", "DDTHH:MM", ":SSZ".
        let yearText = UInt64(ByteBuffer.fourDigits(year))
        let dateText = UInt64(ByteBuffer.fourDigits(month &* 100 &+ dayOfMonth))
        let timeText = UInt64(ByteBuffer.fourDigits(hour &* 100 &+ minute))
        let secondText = UInt64(ByteBuffer.fourDigits(second % 60)) &>> 16
        append(word: 0x2D30_302D_3030_3030 | yearText | (dateText & 0xFFFF) &<< 40, count: 8)
        append(
            word: 0x3030_3A30_3054_3030 | dateText &>> 16 | (timeText & 0xFFFF) &<< 24
                | (timeText &>> 16) &<< 48, count: 8)
        append(word: 0x5A30_303A | secondText &<< 8, count: 4)
    }
}

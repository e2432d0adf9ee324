package import VarveBytes

/// A day of the proleptic Gregorian calendar, and its number counted from 1970-01-01.
///
/// Source of both ways: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
package struct CivilDate: Equatable, Sendable {
    package var year: Int64
    package var month: Int64
    package var day: Int64

    package static let millisecondsPerDay: Int64 = 86_400_000

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    package init(dayNumber: Int64) {
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var dayNumber: Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Writing a moment as OpenSearch answers it.
package enum DateText {
    /// Appends `2013-05-17T08:30:00.123Z`; years beyond four digits have a sign.
    package static func append(_ milliseconds: Int64, to buffer: inout ByteBuffer) {
        let (day, time) = split(milliseconds)
        let date = CivilDate(dayNumber: day)
        if date.year > 9_999 { buffer.append(UInt8(0x2B)) }
        if date.year < 0 { buffer.append(UInt8(0x2D)) }
        append(abs(date.year), digits: 4, then: 0x2D, to: &buffer)
        append(date.month, digits: 2, then: 0x2D, to: &buffer)
        append(date.day, digits: 2, then: 0x54, to: &buffer)
        append(time / 3_600_000, digits: 2, then: 0x3A, to: &buffer)
        append(time / 60_000 % 60, digits: 2, then: 0x3A, to: &buffer)
        append(time / 1_000 % 60, digits: 2, then: 0x2E, to: &buffer)
        append(time % 1_000, digits: 3, then: 0x5A, to: &buffer)
    }

    package static func text(_ milliseconds: Int64) -> String {
        var buffer = ByteBuffer(capacity: 32)
        append(milliseconds, to: &buffer)
        return String(validating: buffer.bytes) ?? ""
    }

    /// The day's number, and milliseconds since it began.
    package static func split(_ milliseconds: Int64) -> (day: Int64, time: Int64) {
        let (day, time) = milliseconds.quotientAndRemainder(dividingBy: CivilDate.millisecondsPerDay)
        return time < 0 ? (day - 1, time + CivilDate.millisecondsPerDay) : (day, time)
    }

    private static func append(
        _ value: Int64, digits: Int, then byte: UInt8, to buffer: inout ByteBuffer
    ) {
        var power: Int64 = 1
        for _ in 1..<digits { power *= 10 }
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            buffer.append(UInt8(truncatingIfNeeded: value / power % 10) + 0x30)
            power /= 10
        }
        buffer.append(byte)
    }
}

package import VarveBytes

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

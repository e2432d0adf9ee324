import VarveBytes
import VarveDocument

/// How numbers, sizes and times are written.
enum Wording {
    /// `1,234,567`
    static func grouped(_ number: UInt64) -> String {
        var text = ""
        for (at, digit) in String(number).reversed().enumerated() {
            if at > 0 && at % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    static func grouped(_ number: Int) -> String { grouped(UInt64(max(0, number))) }
    static func grouped(_ number: SequenceNumber) -> String { grouped(number.rawValue) }

    /// File ids as they are named: hex without leading zeros.
    static func id(_ id: UInt64) -> String { String(id, radix: 16) }

    /// `35.1 MiB`
    static func size(_ bytes: UInt64) -> String {
        if bytes < 1_024 { return "\(bytes) B" }
        var tenths = bytes * 10 / 1_024
        for unit in ["KiB", "MiB", "GiB"] {
            if tenths < 10_240 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
            tenths /= 1_024
        }
        return "\(grouped(tenths / 10)).\(tenths % 10) TiB"
    }

    static func range(_ numbers: ClosedRange<SequenceNumber>) -> String {
        "\(grouped(numbers.lowerBound))-\(grouped(numbers.upperBound))"
    }

    /// `2026-03-14 09:26:53Z`, from milliseconds since 1970.
    static func time(_ milliseconds: Int64) -> String {
        guard milliseconds.magnitude < 1 << 52 else { return "\(milliseconds) ms" }
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: CivilDate.millisecondsPerDay)
        let day = rest < 0 ? days - 1 : days
        let seconds = (milliseconds - day * CivilDate.millisecondsPerDay) / 1_000
        let date = CivilDate(dayNumber: day)
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60]
        return "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day)) "
            + clock.map(twoDigits).joined(separator: ":") + "Z"
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// `3m 12s`
    static func duration(_ milliseconds: Int64) -> String {
        if milliseconds < 0 { return "0s" }
        let seconds = milliseconds / 1_000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3_600 { return "\(seconds / 60)m \(seconds % 60)s" }
        return "\(seconds / 3_600)h \(seconds / 60 % 60)m"
    }
}

/// Reads a date of a query: `2013-01-01`, `1356998400000`, `now`, and either `now` or `<date>||` with steps after
/// it: `now-1d/d`, `2013-01-01||+1M/M`.
///
/// Steps are `+n`, `-n` (calendar arithmetic) and `/` (round to the unit) with `y M w d h H m s`; weeks start on
/// Monday. Rounding *down* gives the first millisecond of what the text or the unit leaves open, rounding *up* its
/// last; the date before `||` is never rounded up.
struct DateMath {
    /// Milliseconds since 1970 that `now` stands for.
    let now: Int64
    /// Milliseconds east of UTC.
    let timeZone: Int64

    enum Rounding {
        case down
        case up
    }

    func milliseconds(_ text: String, rounding: Rounding) throws(QueryError) -> Int64 {
        let parts = Self.split(text)
        guard let steps = parts.steps else {
            let date = try DateText(text, timeZone: timeZone)
            return rounding == .down ? date.first : date.last
        }
        let anchor = try parts.anchor.map { (text) throws(QueryError) in
            try DateText(text, timeZone: timeZone).first
        }
        return try apply(steps, to: anchor ?? now, rounding: rounding)
    }

    /// `now+1d` into (nil, `+1d`), `2013||/d` into (`2013`, `/d`), `2013` into (`2013`, nil).
    private static func split(_ text: String) -> (anchor: String?, steps: String?) {
        if text.hasPrefix("now") { return (nil, String(text.dropFirst(3))) }
        let bytes = Array(text.utf8)
        for at in bytes.indices.dropLast() where bytes[at] == 0x7c && bytes[at + 1] == 0x7c {
            return (
                String(decoding: bytes[..<at], as: UTF8.self),
                String(decoding: bytes[(at + 2)...], as: UTF8.self)
            )
        }
        return (text, nil)
    }

    private func apply(_ text: String, to start: Int64, rounding: Rounding) throws(QueryError) -> Int64 {
        guard DateUnit.range.contains(start) else {
            throw QueryError(.invalidDate, "date math [\(text)] leaves the range of dates")
        }
        var moment = start + timeZone
        var cursor = TextCursor(text)
        while !cursor.isAtEnd {
            let rounds = cursor.skip("/")
            let sign: Int64
            if rounds || cursor.skip("+") {
                sign = 1
            } else if cursor.skip("-") {
                sign = -1
            } else {
                throw QueryError(.invalidDate, "operator not supported for date math [\(text)]")
            }
            let count = try Self.count(&cursor, of: text)
            if rounds && count != 1 {
                throw QueryError(
                    .invalidDate, "rounding `/` can only be used on single unit types [\(text)]")
            }
            let unit = try Self.unit(&cursor, of: text)
            guard
                let next = rounds
                    ? unit.round(moment, rounding) : unit.add(count * sign, to: moment)
            else {
                throw QueryError(.invalidDate, "date math [\(text)] leaves the range of dates")
            }
            moment = next
        }
        return moment - timeZone
    }

    private static func count(_ cursor: inout TextCursor, of text: String) throws(QueryError) -> Int64 {
        var count: Int64?
        while let digit = cursor.digit() {
            let next = (count ?? 0) * 10 + digit
            guard next <= Int32.max else {
                throw QueryError(.invalidDate, "a number is too great in date math [\(text)]")
            }
            count = next
        }
        if cursor.isAtEnd { throw QueryError(.invalidDate, "truncated date math [\(text)]") }
        return count ?? 1
    }

    private static func unit(_ cursor: inout TextCursor, of text: String) throws(QueryError) -> DateUnit {
        for (letter, unit) in DateUnit.letters where cursor.skip(letter) { return unit }
        let unknown = cursor.rest.first.map(String.init) ?? ""
        throw QueryError(.invalidDate, "unit [\(unknown)] not supported for date math [\(text)]")
    }
}

/// A unit of date math, over milliseconds since 1970 in local time.
enum DateUnit {
    case year
    case month
    case week
    case day
    case hour
    case minute
    case second

    static let letters: [(Unicode.Scalar, DateUnit)] = [
        ("y", .year), ("M", .month), ("w", .week), ("d", .day), ("h", .hour), ("H", .hour), ("m", .minute),
        ("s", .second),
    ]

    /// Date math stays within about 290,000 years of 1970.
    static let range: ClosedRange<Int64> = -9_151_000_000_000_000...9_151_000_000_000_000

    /// Nil beyond the limit.
    func add(_ count: Int64, to moment: Int64) -> Int64? {
        switch self {
        case .year: Self.adding(months: count * 12, to: moment)
        case .month: Self.adding(months: count, to: moment)
        case .week: Self.adding(count, Milliseconds.week, to: moment)
        case .day: Self.adding(count, Milliseconds.day, to: moment)
        case .hour: Self.adding(count, Milliseconds.hour, to: moment)
        case .minute: Self.adding(count, Milliseconds.minute, to: moment)
        case .second: Self.adding(count, Milliseconds.second, to: moment)
        }
    }

    /// First or last millisecond of the unit that the moment lies in.
    func round(_ moment: Int64, _ rounding: DateMath.Rounding) -> Int64? {
        guard Self.range.contains(moment) else { return nil }
        let first = start(of: moment)
        return rounding == .down ? first : add(1, to: first).map { $0 - 1 }
    }

    private func start(of moment: Int64) -> Int64 {
        let days = floorDivide(moment, Milliseconds.day)
        var date = CivilDate(daysSince1970: days)
        switch self {
        case .year:
            date.month = 1
            date.day = 1
            return date.daysSince1970 * Milliseconds.day
        case .month:
            date.day = 1
            return date.daysSince1970 * Milliseconds.day
        case .week:
            // 1 January 1970 was a Thursday: three days after a Monday.
            return (floorDivide(days + 3, 7) * 7 - 3) * Milliseconds.day
        case .day: return days * Milliseconds.day
        case .hour: return floorDivide(moment, Milliseconds.hour) * Milliseconds.hour
        case .minute: return floorDivide(moment, Milliseconds.minute) * Milliseconds.minute
        case .second: return floorDivide(moment, Milliseconds.second) * Milliseconds.second
        }
    }

    private static func adding(_ count: Int64, _ length: Int64, to moment: Int64) -> Int64? {
        let (sum, overflow) = moment.addingReportingOverflow(count * length)
        return overflow || !range.contains(sum) ? nil : sum
    }

    private static func adding(months: Int64, to moment: Int64) -> Int64? {
        guard range.contains(moment), abs(months) <= 12 * 600_000 else { return nil }
        let days = floorDivide(moment, Milliseconds.day)
        let date = CivilDate(daysSince1970: days).adding(months: months)
        let sum = date.daysSince1970 * Milliseconds.day + (moment - days * Milliseconds.day)
        return range.contains(sum) ? sum : nil
    }
}

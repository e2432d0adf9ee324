import VarveBytes
import VarveDocument

/// Reads a date of a query: one in its field's format, `now`, and either `now` or `<date>||` with steps after it:
/// `now-1d/d`, `2013-01-01||+1M/M`.
///
/// Steps are `+n`, `-n` (calendar arithmetic) and `/` (round to the unit) with `y M w d h H m s`; weeks start on
/// Monday. Rounding *down* gives the first millisecond of what the text or the unit leaves open, rounding *up* its
/// last; the date before `||` is never rounded up.
struct DateMath {
    enum Rounding {
        case down
        case up
    }

    /// Milliseconds since 1970 that `now` stands for.
    let now: Int64
    /// Milliseconds east of UTC, for dates without an offset of their own and for rounding.
    let timeZone: Int64
    /// How the field's dates are written.
    let formatNames: String
    private let format: DateFormat
    /// Where the request has a format of its own.
    private let ownFormat: DateTextFormat?

    /// - Parameter names: A field's format, known to be sound.
    init(now: Int64, timeZone: Int64, format names: String?) {
        self.now = now
        self.timeZone = timeZone
        formatNames = names ?? DateFormat.defaultNames
        format = DateFormat(formatNames) ?? .standard
        ownFormat = nil
    }

    /// - Parameter own: Instead of the field's format, if there is one.
    init(now: Int64, timeZone: Int64, field names: String? = nil, own: DateTextFormat?) {
        self.now = now
        self.timeZone = timeZone
        formatNames = own?.names ?? names ?? DateFormat.defaultNames
        format = DateFormat(formatNames) ?? .standard
        ownFormat = own
    }

    func milliseconds(_ text: String, rounding: Rounding) throws(QueryError) -> Int64 {
        let (anchor, steps) = Self.split(text)
        guard let steps else { return try date(text, rounding: rounding) }
        let start: Int64
        if let anchor { start = try date(anchor, rounding: .down) } else { start = now }
        return try apply(steps, to: start, rounding: rounding)
    }

    /// A date in the field's format, without math.
    func date(_ text: String, rounding: Rounding) throws(QueryError) -> Int64 {
        if text.isEmpty { throw QueryError(.invalidDate, "cannot parse empty date") }
        let parsed = ownFormat.map { $0.parse(text) } ?? format.parse(Array(text.utf8).rawSpan)
        guard let date = parsed else {
            throw QueryError(
                .invalidDate, "failed to parse date field [\(text)] with format [\(formatNames)]")
        }
        var moment = date.milliseconds
        if rounding == .up, let unit = DateUnit(openAt: date.precision), let next = unit.add(1, to: moment) {
            moment = next - 1
        }
        return date.hasOffset ? moment : moment - timeZone
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
        guard DateUnit.range.contains(start) else { throw Self.beyondRange(text) }
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
            let next = rounds ? unit.round(moment, rounding) : unit.add(count * sign, to: moment)
            guard let next else { throw Self.beyondRange(text) }
            moment = next
        }
        return moment - timeZone
    }

    private static func beyondRange(_ text: String) -> QueryError {
        QueryError(.invalidDate, "date math [\(text)] leaves the range of dates")
    }

    private static func count(_ cursor: inout TextCursor, of text: String) throws(QueryError) -> Int64 {
        var count: Int64?
        while let digit = cursor.digit() {
            let next = (count ?? 0) * 10 + digit
            guard next <= Int32.max else { throw beyondRange(text) }
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

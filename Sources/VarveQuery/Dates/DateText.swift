/// Reads a date of the format `strict_date_optional_time||epoch_millis`.
///
/// What a text leaves out makes it an interval: `2013-01` is every millisecond of that month. A text of four
/// digits is a year; a longer run of digits is milliseconds since 1970.
struct DateText {
    static let format = "strict_date_optional_time||epoch_millis"

    /// First and last millisecond that the text stands for.
    let first: Int64
    let last: Int64

    /// - Parameter timeZone: Milliseconds east of UTC, for a text without an offset of its own.
    init(_ text: String, timeZone: Int64) throws(QueryError) {
        if text.isEmpty { throw QueryError(.invalidDate, "cannot parse empty date") }
        var cursor = TextCursor(text)
        if let interval = Self.calendarInterval(&cursor, timeZone: timeZone), cursor.isAtEnd {
            (first, last) = interval
            return
        }
        if let moment = Self.epochMilliseconds(text) {
            (first, last) = (moment, moment)
            return
        }
        throw QueryError(.invalidDate, "failed to parse date field [\(text)] with format [\(Self.format)]")
    }

    /// `-1234`, `1234.5`: a fraction of a millisecond is cut off.
    private static func epochMilliseconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Int64(parts[0]), !parts[0].hasPrefix("+") else { return nil }
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
        }
        return whole
    }

    /// `yyyy[-MM[-dd]][T[HH[:mm[:ss[.fraction]]][offset]]]`
    private static func calendarInterval(
        _ cursor: inout TextCursor, timeZone: Int64
    ) -> (first: Int64, last: Int64)? {
        guard let year = cursor.number(digits: 4) else { return nil }
        var low = CivilDate(year: year, month: 1, day: 1)
        var high = CivilDate(year: year, month: 12, day: 31)
        if cursor.skip("-") {
            guard let month = cursor.number(digits: 2), (1...12).contains(month) else { return nil }
            let length = CivilDate.lengthOfMonth(year: year, month: month)
            low.month = month
            high = CivilDate(year: year, month: month, day: length)
            if cursor.skip("-") {
                guard let day = cursor.number(digits: 2), (1...length).contains(day) else { return nil }
                low.day = day
                high.day = day
            }
        }
        guard let time = timeOfDay(&cursor, timeZone: timeZone) else { return nil }
        return (
            low.daysSince1970 * Milliseconds.day + time.first,
            high.daysSince1970 * Milliseconds.day + time.last
        )
    }

    private static func timeOfDay(_ cursor: inout TextCursor, timeZone: Int64) -> (first: Int64, last: Int64)?
    {
        let wholeDay = (first: -timeZone, last: Milliseconds.day - 1 - timeZone)
        guard cursor.skip("T"), !cursor.isAtEnd else { return wholeDay }
        guard let hour = cursor.number(digits: 2), hour < 24 else { return nil }
        var first = hour * Milliseconds.hour
        var length = Milliseconds.hour
        if cursor.skip(":") {
            guard let minute = cursor.number(digits: 2), minute < 60 else { return nil }
            first += minute * Milliseconds.minute
            length = Milliseconds.minute
            if cursor.skip(":") {
                guard let second = cursor.number(digits: 2), second < 60 else { return nil }
                first += second * Milliseconds.second
                length = Milliseconds.second
                if cursor.skip(".") || cursor.skip(",") {
                    guard let fraction = cursor.fraction() else { return nil }
                    first += fraction
                    length = 1
                }
            }
        }
        guard let offset = cursor.isAtEnd ? timeZone : cursor.offset() else { return nil }
        return (first - offset, first + length - 1 - offset)
    }

    /// Milliseconds east of UTC that a time zone's text says.
    static func offset(of timeZone: String?) throws(QueryError) -> Int64 {
        guard let timeZone else { return 0 }
        var cursor = TextCursor(timeZone)
        guard let offset = cursor.offset(), cursor.isAtEnd else {
            throw QueryError(
                .invalidDate, "unknown time zone [\(timeZone)]; offsets such as +01:00 and UTC are understood"
            )
        }
        return offset
    }
}

/// A place in the bytes of a short text.
struct TextCursor {
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { at == bytes.count }
    var rest: String { String(decoding: bytes[at...], as: UTF8.self) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skip(word: StaticString) -> Bool {
        let expected = word.description.utf8
        guard bytes[at...].starts(with: expected) else { return false }
        at += expected.count
        return true
    }

    mutating func digit() -> Int64? {
        guard at < bytes.count, (0x30...0x39).contains(bytes[at]) else { return nil }
        at += 1
        return Int64(bytes[at - 1] - 0x30)
    }

    /// Exactly so many digits.
    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// One to nine digits of a second, as whole milliseconds.
    mutating func fraction() -> Int64? {
        var milliseconds: Int64 = 0
        var digits = 0
        while digits < 9, let digit = digit() {
            if digits < 3 { milliseconds = milliseconds * 10 + digit }
            digits += 1
        }
        if digits == 0 { return nil }
        for _ in digits..<max(digits, 3) { milliseconds *= 10 }
        return milliseconds
    }

    /// `Z`, `UTC`, `GMT`, `+01`, `+0100`, `+01:00`, in milliseconds; at most 18 hours.
    mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        if skip(word: "UTC") || skip(word: "GMT"), isAtEnd { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2) else { return nil }
        var minutes: Int64 = 0
        let hasColon = skip(":")
        if hasColon || !isAtEnd {
            guard let value = number(digits: 2), value < 60 else { return nil }
            minutes = value
        }
        let offset = hours * Milliseconds.hour + minutes * Milliseconds.minute
        return offset <= 18 * Milliseconds.hour ? sign * offset : nil
    }
}

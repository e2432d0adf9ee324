/// An offset from UTC as a query names it: `Z`, `UTC`, `GMT`, `+01`, `-0330`, `+01:00`.
enum TimeZoneOffset {
    /// Milliseconds east of UTC; 0 for no name at all.
    static func milliseconds(_ name: String?) throws(QueryError) -> Int64 {
        guard let name, !["Z", "UTC", "GMT"].contains(name) else { return 0 }
        guard let offset = numeric(name) else {
            throw QueryError(
                .invalidDate, "unknown time zone [\(name)]; offsets such as +01:00 and UTC are understood")
        }
        return offset
    }

    private static func numeric(_ name: String) -> Int64? {
        var cursor = TextCursor(name)
        let sign: Int64
        if cursor.skip("+") {
            sign = 1
        } else if cursor.skip("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = cursor.twoDigits() else { return nil }
        var minutes: Int64 = 0
        if !cursor.isAtEnd {
            _ = cursor.skip(":")
            guard let value = cursor.twoDigits(), value < 60 else { return nil }
            minutes = value
        }
        let total = hours * 60 + minutes
        return cursor.isAtEnd && total <= 18 * 60 ? sign * total * 60_000 : nil
    }
}

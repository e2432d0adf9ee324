import VarveBytes

/// Reads dates from bytes, by hand: about 15 ns for `2013-01-01T10:00:00Z`.
struct DateReader: ~Escapable {
    private let text: RawSpan
    private var at = 0

    @_lifetime(copy text)
    private init(_ text: RawSpan) { self.text = text }

    static func parse(_ text: RawSpan, as pattern: DateFormat.Pattern) -> ParsedDate? {
        var reader = DateReader(text)
        switch pattern {
        case .optionalTime: return reader.optionalTime()
        case .epochMillis: return reader.epoch(unit: 1)
        case .epochSecond: return reader.epoch(unit: 1_000)
        case .date: return reader.dateAndTime(dash: 0x2D, time: false)
        case .slashedDate: return reader.dateAndTime(dash: 0x2F, time: false)
        case .slashedDateTime: return reader.dateAndTime(dash: 0x2F, time: true)
        case .dateTime: return reader.dateAndTime(dash: 0x2D, time: true)
        case .noMillis:
            let date = reader.optionalTime()
            return date?.precision == .second && date?.hasOffset == true ? date : nil
        case .basicDate: return reader.basicDate()
        }
    }

    // MARK: Whole dates

    @_lifetime(self: copy self)
    private mutating func optionalTime() -> ParsedDate? {
        guard let year = digits(4) else { return nil }
        guard take(0x2D) else { return isAtEnd ? day(year, 1, 1, .year) : nil }
        guard let month = digits(2) else { return nil }
        guard take(0x2D) else { return isAtEnd ? day(year, month, 1, .month) : nil }
        guard let number = digits(2), var date = day(year, month, number, .day) else { return nil }
        if isAtEnd { return date }
        guard take(0x54) else { return nil }
        if isAtEnd { return date }
        guard time(&date), offset(&date), isAtEnd else { return nil }
        return date
    }

    @_lifetime(self: copy self)
    private mutating func dateAndTime(dash: UInt8, time wantsTime: Bool) -> ParsedDate? {
        guard let year = digits(4), take(dash), let month = digits(2), take(dash), let number = digits(2),
            var date = day(year, month, number, .day)
        else { return nil }
        if wantsTime {
            guard take(0x20), time(&date), date.precision == .second else { return nil }
        }
        return isAtEnd ? date : nil
    }

    @_lifetime(self: copy self)
    private mutating func basicDate() -> ParsedDate? {
        guard let year = digits(4), let month = digits(2), let number = digits(2), isAtEnd else { return nil }
        return day(year, month, number, .day)
    }

    /// An integer, with a fraction that is dropped.
    @_lifetime(self: copy self)
    private mutating func epoch(unit: Int64) -> ParsedDate? {
        let isNegative = take(0x2D)
        let first = at
        var value: Int64 = 0
        while let digit = digits(1) {
            if at - first > 18 { return nil }
            value = value * 10 + digit
        }
        guard at > first else { return nil }
        if take(0x2E) {
            let point = at
            while digits(1) != nil {}
            if at == point { return nil }
        }
        let (scaled, over) = value.multipliedReportingOverflow(by: unit)
        guard isAtEnd, !over else { return nil }
        return ParsedDate(
            milliseconds: isNegative ? -scaled : scaled, precision: .millisecond, hasOffset: true)
    }

    // MARK: Parts

    private func day(
        _ year: Int64, _ month: Int64, _ day: Int64, _ precision: ParsedDate.Precision
    ) -> ParsedDate? {
        guard month >= 1, month <= 12, day >= 1, day <= CivilDate.daysInMonth(month, of: year) else {
            return nil
        }
        let number = CivilDate(year: year, month: month, day: day).dayNumber
        return ParsedDate(
            milliseconds: number * CivilDate.millisecondsPerDay, precision: precision, hasOffset: false)
    }

    /// `08`, `08:30`, `08:30:00`, `08:30:00.123456789`
    @_lifetime(self: copy self)
    private mutating func time(_ date: inout ParsedDate) -> Bool {
        guard let hour = digits(2), hour <= 23 else { return false }
        date.milliseconds += hour * 3_600_000
        date.precision = .hour
        guard take(0x3A) else { return true }
        guard let minute = digits(2), minute <= 59 else { return false }
        date.milliseconds += minute * 60_000
        date.precision = .minute
        guard take(0x3A) else { return true }
        guard let second = digits(2), second <= 59 else { return false }
        date.milliseconds += second * 1_000
        date.precision = .second
        guard take(0x2E) || take(0x2C) else { return true }
        let first = at
        var unit: Int64 = 100
        while let digit = digits(1) {
            date.milliseconds += digit * unit
            unit /= 10
        }
        date.precision = .millisecond
        return at > first && at - first <= 9
    }

    /// `Z`, `+02`, `+0200`, `+02:00`, or nothing.
    @_lifetime(self: copy self)
    private mutating func offset(_ date: inout ParsedDate) -> Bool {
        if isAtEnd { return true }
        date.hasOffset = true
        if take(0x5A) { return true }
        let isEast = take(0x2B)
        guard isEast || take(0x2D), let hours = digits(2), hours <= 18 else { return false }
        var minutes: Int64 = 0
        if !isAtEnd {
            _ = take(0x3A)
            guard let number = digits(2), number <= 59 else { return false }
            minutes = number
        }
        let shift = (hours * 60 + minutes) * 60_000
        date.milliseconds += isEast ? -shift : shift
        return true
    }

    // MARK: Bytes

    private var isAtEnd: Bool { at == text.byteCount }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < text.byteCount, text.byte(at: at) == byte else { return false }
        at &+= 1
        return true
    }

    /// The number that exactly `count` digits spell.
    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func digits(_ count: Int) -> Int64? {
        guard at &+ count <= text.byteCount else { return nil }
        var value: Int64 = 0
        for place in at..<(at &+ count) {
            let digit = text.byte(at: place) &- 0x30
            if digit > 9 { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        at &+= count
        return value
    }
}

import VarveDocument

/// Reading what a pattern writes. Years, months and days that it lacks are those of 1 January 1970.
extension DatePattern {
    private struct Parts {
        var date = CivilDate(year: 1970, month: 1, day: 1)
        var hour: Int64 = 0
        var isAfternoon: Bool?
        var time: Int64 = 0
        var offset: Int64?
        var precision = ParsedDate.Precision.year
    }

    func parse(_ text: String) -> ParsedDate? {
        var rest = Substring(text)
        var parts = Parts()
        for (place, item) in items.enumerated() {
            switch item {
            case .literal(let literal):
                guard rest.hasPrefix(literal) else { return nil }
                rest = rest.dropFirst(literal.count)
            case .field(let letter, let count):
                var isNextDigit = false
                if place + 1 < items.count, case .field = items[place + 1] { isNextDigit = true }
                guard Self.read(letter, count, exactly: isNextDigit, &rest, &parts) else { return nil }
            }
        }
        guard rest.isEmpty else { return nil }
        return Self.moment(parts)
    }

    private static func moment(_ parts: Parts) -> ParsedDate? {
        let date = parts.date
        guard (1...12).contains(date.month), date.day >= 1,
            date.day <= CivilDate.daysInMonth(date.month, of: date.year)
        else { return nil }
        var hour = parts.hour
        if let isAfternoon = parts.isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        guard hour <= 23 else { return nil }
        let day = date.dayNumber * CivilDate.millisecondsPerDay
        return ParsedDate(
            milliseconds: day + hour * 3_600_000 + parts.time - (parts.offset ?? 0),
            precision: parts.precision, hasOffset: parts.offset != nil)
    }

    private static func read(
        _ letter: Character, _ count: Int, exactly: Bool, _ rest: inout Substring, _ parts: inout Parts
    ) -> Bool {
        func number(_ least: Int, _ most: Int, below limit: Int64, _ precision: ParsedDate.Precision)
            -> Int64?
        {
            let digits = rest.prefix(most).prefix { $0.isASCII && $0.isNumber }
            guard digits.count >= least, let value = Int64(digits), value < limit else { return nil }
            rest = rest.dropFirst(digits.count)
            parts.precision = max(parts.precision, precision)
            return value
        }
        let most = exactly ? count : max(count, 2)
        switch letter {
        case "y", "u":
            guard let year = number(min(count, 4), exactly ? count : 9, below: 290_000, .year) else {
                return false
            }
            parts.date.year = count == 2 && year < 100 ? 2_000 + year : year
        case "M" where count >= 3:
            let names = count == 3 ? months : longMonths
            guard let place = names.firstIndex(where: { rest.hasPrefix($0) }) else { return false }
            rest = rest.dropFirst(names[place].count)
            parts.date.month = Int64(place + 1)
            parts.precision = max(parts.precision, .month)
        case "M":
            guard let month = number(count, most, below: 13, .month) else { return false }
            parts.date.month = month
        case "d":
            guard let day = number(count, most, below: 32, .day) else { return false }
            parts.date.day = day
        case "H", "h":
            guard let hour = number(count, most, below: letter == "H" ? 24 : 13, .hour) else { return false }
            parts.hour = hour
        case "m":
            guard let minute = number(count, most, below: 60, .minute) else { return false }
            parts.time += minute * 60_000
        case "s":
            guard let second = number(count, most, below: 60, .second) else { return false }
            parts.time += second * 1_000
        case "S":
            let digits = rest.prefix(count)
            guard number(count, count, below: 1_000_000_000, .millisecond) != nil else { return false }
            parts.time += Int64((digits + "00").prefix(3)) ?? 0
        case "a":
            guard rest.hasPrefix("AM") || rest.hasPrefix("PM") else { return false }
            parts.isAfternoon = rest.hasPrefix("PM")
            rest = rest.dropFirst(2)
        case "X", "x", "Z": return offset(&rest, &parts)
        // A weekday, a quarter or a day of the year says nothing that can be read alone.
        default: return false
        }
        return true
    }

    private static func offset(_ rest: inout Substring, _ parts: inout Parts) -> Bool {
        if rest.hasPrefix("Z") {
            rest = rest.dropFirst()
            parts.offset = 0
            return true
        }
        let end = rest.dropFirst().firstIndex { !($0.isNumber || $0 == ":") } ?? rest.endIndex
        guard let offset = try? TimeZoneOffset.milliseconds(String(rest[..<end])), !rest[..<end].isEmpty
        else {
            return false
        }
        rest = rest[end...]
        parts.offset = offset
        return true
    }
}

import VarveDocument

/// A pattern of letters that says how a date is written: `yyyy-MM-dd'T'HH:mm:ss`, `dd/MM/yyyy`, `MMM yyyy`.
struct DatePattern: Hashable, Sendable {
    enum Item: Hashable, Sendable {
        case literal(String)
        /// A letter, and how often it stands there.
        case field(Character, Int)
    }

    private static let letters = "uyMdHhkmsSaEeXxZQDnA"
    private static let understood: Set<Character> = [
        "u", "y", "M", "d", "H", "h", "m", "s", "S", "a", "E", "X", "x", "Z", "Q", "D",
    ]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    static let longMonths = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
    /// From Thursday on, the weekday of 1 January 1970.
    static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    static let longDays = [
        "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday",
    ]

    let items: [Item]

    /// - Parameter name: What a message calls it.
    init(_ pattern: String, of name: String) throws(QueryError) {
        var items: [Item] = []
        var isQuoted = false
        func append(_ character: Character) {
            if case .literal(let text) = items.last {
                items[items.count - 1] = .literal(text + String(character))
            } else {
                items.append(.literal(String(character)))
            }
        }
        for character in pattern {
            if character == "'" {
                isQuoted.toggle()
            } else if isQuoted || !(character.isASCII && character.isLetter) {
                append(character)
            } else if case .field(character, let count) = items.last {
                items[items.count - 1] = .field(character, count + 1)
            } else {
                guard Self.understood.contains(character) else {
                    throw QueryError(
                        .invalidDate, "Invalid format: [\(name)]: Unknown pattern letter: \(character)")
                }
                items.append(.field(character, 1))
            }
        }
        guard !items.isEmpty, !isQuoted, pattern.utf8.count <= 128 else {
            throw QueryError(.invalidDate, "Invalid format: [\(name)]: the pattern is not whole")
        }
        self.items = items
    }

    // MARK: Writing

    func text(_ milliseconds: Int64, zone: Int64) -> String {
        let (local, overflow) = milliseconds.addingReportingOverflow(zone)
        let (day, time) = DateText.split(overflow ? milliseconds : local)
        let date = CivilDate(dayNumber: day)
        var out = ""
        for item in items {
            switch item {
            case .literal(let text): out += text
            case .field(let letter, let count): out += Self.text(letter, count, date, day, time, zone)
            }
        }
        return out
    }

    private static func text(
        _ letter: Character, _ count: Int, _ date: CivilDate, _ day: Int64, _ time: Int64, _ zone: Int64
    ) -> String {
        switch letter {
        case "y", "u":
            if count == 2 { return padded(date.year % 100, 2) }
            return (date.year > 9_999 && count >= 4 ? "+" : "") + padded(date.year, count)
        case "Q": return String((date.month + 2) / 3)
        case "M" where count >= 4: return longMonths[Int(date.month - 1)]
        case "M" where count == 3: return months[Int(date.month - 1)]
        case "M": return padded(date.month, count)
        case "d": return padded(date.day, count)
        case "D": return padded(day - CivilDate(year: date.year, month: 1, day: 1).dayNumber + 1, count)
        case "H": return padded(time / 3_600_000, count)
        case "h": return padded((time / 3_600_000 + 11) % 12 + 1, count)
        case "m": return padded(time / 60_000 % 60, count)
        case "s": return padded(time / 1_000 % 60, count)
        case "S": return String((padded(time % 1_000, 3) + "000000").prefix(count))
        case "a": return time < 43_200_000 ? "AM" : "PM"
        case "E":
            let place = Int((day % 7 + 7) % 7)
            return count >= 4 ? longDays[place] : days[place]
        default: return offset(zone, letter, count)
        }
    }

    private static func offset(_ zone: Int64, _ letter: Character, _ count: Int) -> String {
        if zone == 0 && letter == "X" { return "Z" }
        let minutes = abs(zone) / 60_000
        let separator = letter != "Z" && count == 3 || letter == "Z" && count == 5 ? ":" : ""
        return (zone < 0 ? "-" : "+") + padded(minutes / 60, 2) + separator + padded(minutes % 60, 2)
    }

    static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

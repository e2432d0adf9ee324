import VarveBytes
import VarveDocument

/// A date format as a request may give one: OpenSearch's names or patterns such as `yyyy-MM`, with `||` between;
/// all of them are read, the first one is written.
struct DateTextFormat: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case epochMillis
        case epochSecond
        /// As mappings know it: for reading only.
        case known(DateFormat)
        case pattern(DatePattern)
    }

    /// As it was given.
    let names: String
    private let readers: [Part]
    private let writer: Part

    init(_ names: String?) throws(QueryError) {
        let names = names ?? DateFormat.defaultNames
        self.names = names
        var readers: [Part] = []
        var writer: Part?
        for name in Self.split(names) {
            let part = try Self.part(name)
            writer = writer ?? part
            if let known = DateFormat(name) { readers.append(.known(known)) } else { readers.append(part) }
        }
        self.readers = readers
        guard let writer else { throw QueryError(.invalidDate, "Invalid format: [\(names)]: no pattern") }
        self.writer = writer
    }

    private static func split(_ names: String) -> [String] {
        var parts: [String] = [""]
        var wasBar = false
        for character in names {
            if character == "|" && wasBar {
                parts[parts.count - 1].removeLast()
                parts.append("")
                wasBar = false
            } else {
                parts[parts.count - 1].append(character)
                wasBar = character == "|"
            }
        }
        return parts
    }

    private static func part(_ name: String) throws(QueryError) -> Part {
        switch name {
        case "epoch_millis": return .epochMillis
        case "epoch_second": return .epochSecond
        default:
            let plain = name.hasPrefix("strict_") ? String(name.dropFirst(7)) : name
            return .pattern(try DatePattern(named[plain] ?? name, of: name))
        }
    }

    /// The pattern of an offset with a colon in it.
    private static let zone = String(repeating: "X", count: 3)

    /// The patterns that names stand for, as they are written.
    private static let named: [String: String] = [
        "date_optional_time": "yyyy-MM-dd'T'HH:mm:ss.SSS\(zone)",
        "iso8601": "yyyy-MM-dd'T'HH:mm:ss.SSS\(zone)",
        "date_time": "yyyy-MM-dd'T'HH:mm:ss.SSS\(zone)",
        "date_time_no_millis": "yyyy-MM-dd'T'HH:mm:ss\(zone)",
        "date": "yyyy-MM-dd", "year_month_day": "yyyy-MM-dd", "year_month": "yyyy-MM", "year": "yyyy",
        "basic_date": "yyyyMMdd", "basic_date_time": "yyyyMMdd'T'HHmmss.SSSXX",
        "basic_date_time_no_millis": "yyyyMMdd'T'HHmmssXX", "date_hour": "yyyy-MM-dd'T'HH",
        "date_hour_minute": "yyyy-MM-dd'T'HH:mm", "date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
        "date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
        "date_hour_minute_second_fraction": "yyyy-MM-dd'T'HH:mm:ss.SSS", "hour": "HH", "hour_minute": "HH:mm",
        "hour_minute_second": "HH:mm:ss", "hour_minute_second_millis": "HH:mm:ss.SSS",
        "time": "HH:mm:ss.SSS\(zone)", "time_no_millis": "HH:mm:ss\(zone)",
    ]

    /// - Parameter zone: Milliseconds east of UTC whose clock is written.
    func text(_ milliseconds: Int64, zone: Int64 = 0) -> String {
        switch writer {
        case .epochMillis: String(milliseconds)
        case .epochSecond: String(milliseconds / 1_000)
        case .pattern(let pattern): pattern.text(milliseconds, zone: zone)
        case .known: ""
        }
    }

    /// The moment that a text names in the first way that fits; nil if none does.
    func parse(_ text: String) -> ParsedDate? {
        for reader in readers {
            let found: ParsedDate?
            switch reader {
            case .known(let format): found = format.parse(Array(text.utf8).rawSpan)
            case .pattern(let pattern): found = pattern.parse(text)
            case .epochMillis, .epochSecond: found = nil
            }
            if let found { return found }
        }
        return nil
    }
}

import VarveBytes

/// The ways in which a date field's values may be written, tried from left to right.
///
/// Names are OpenSearch's, joined by `||`. Its default is `strict_date_optional_time||epoch_millis`, for which
/// four digits are a year and any other integer is milliseconds since 1970. Up to eight ways fit, in one word.
package struct DateFormat: Hashable, Sendable, BitwiseCopyable {
    package enum Pattern: UInt8, Sendable, CaseIterable {
        /// `2013`, `2013-05`, `2013-05-17`, `2013-05-17T08:30:00.123Z`, `2013-05-17T08:30+02:00`.
        case optionalTime = 1
        case epochMillis
        case epochSecond
        /// `2013-05-17`
        case date
        /// `2013/05/17`
        case slashedDate
        /// `2013/05/17 08:30:00`
        case slashedDateTime
        /// `2013-05-17 08:30:00`
        case dateTime
        /// `2013-05-17T08:30:00Z`
        case noMillis
        /// `20130517`
        case basicDate

        /// What may be said for it.
        var names: [String] {
            switch self {
            case .optionalTime: ["strict_date_optional_time", "date_optional_time", "iso8601"]
            case .epochMillis: ["epoch_millis"]
            case .epochSecond: ["epoch_second"]
            case .date: ["yyyy-MM-dd", "uuuu-MM-dd", "strict_date", "date", "strict_year_month_day"]
            case .slashedDate: ["yyyy/MM/dd", "uuuu/MM/dd"]
            case .slashedDateTime: ["yyyy/MM/dd HH:mm:ss", "uuuu/MM/dd HH:mm:ss"]
            case .dateTime: ["yyyy-MM-dd HH:mm:ss", "uuuu-MM-dd HH:mm:ss"]
            case .noMillis: ["strict_date_time_no_millis", "date_time_no_millis"]
            case .basicDate: ["basic_date", "strict_basic_date", "yyyyMMdd", "uuuuMMdd"]
            }
        }
    }

    package static let defaultNames = "strict_date_optional_time||epoch_millis"
    /// What dynamic mapping gives to strings like `2013/05/17`.
    package static let slashedNames = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"
    package static let standard = DateFormat([.optionalTime, .epochMillis])
    package static let slashed = DateFormat([.slashedDateTime, .slashedDate, .epochMillis])

    /// One byte a pattern, the first in the lowest.
    private var codes: UInt64 = 0

    private init(_ patterns: [Pattern]) {
        for (place, pattern) in patterns.enumerated() {
            codes |= UInt64(pattern.rawValue) &<< UInt64(8 * place)
        }
    }

    /// The format that these names say; nil if one of them is unknown.
    package init?(_ names: String) {
        var patterns: [Pattern] = []
        var rest = Substring(names)
        while true {
            let end = rest.indices.first { rest[$0...].hasPrefix("||") }
            let name = rest[..<(end ?? rest.endIndex)]
            guard let pattern = Pattern.allCases.first(where: { $0.names.contains(String(name)) }) else {
                return nil
            }
            patterns.append(pattern)
            guard let end else { break }
            rest = rest[rest.index(end, offsetBy: 2)...]
        }
        guard patterns.count <= 8 else { return nil }
        self.init(patterns)
    }

    /// The moment that the text names in the first way that fits; nil if none does.
    package func parse(_ text: RawSpan) -> ParsedDate? {
        var rest = codes
        while rest != 0 {
            if let pattern = Pattern(rawValue: UInt8(truncatingIfNeeded: rest)),
                let date = DateReader.parse(text, as: pattern)
            {
                return date
            }
            rest &>>= 8
        }
        return nil
    }
}

/// A moment, and how much of it was written: a range bound rounds the rest up or down.
package struct ParsedDate: Equatable, Sendable {
    package enum Precision: UInt8, Sendable, Comparable {
        case year, month, day, hour, minute, second, millisecond

        package static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
    }

    /// Since 1970-01-01T00:00:00Z, with the parts that are missing at their lowest.
    package var milliseconds: Int64
    package var precision: Precision
    /// Whether the text names an offset from UTC; if not, it was taken as UTC.
    package var hasOffset: Bool

    package init(milliseconds: Int64, precision: Precision, hasOffset: Bool) {
        self.milliseconds = milliseconds
        self.precision = precision
        self.hasOffset = hasOffset
    }
}

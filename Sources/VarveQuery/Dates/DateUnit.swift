import VarveDocument

/// A unit of date math, over milliseconds since 1970 in local time.
enum DateUnit {
    case year
    case quarter
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

    /// The unit that a date leaves open; nil for a date to the millisecond.
    init?(openAt precision: ParsedDate.Precision) {
        switch precision {
        case .year: self = .year
        case .month: self = .month
        case .day: self = .day
        case .hour: self = .hour
        case .minute: self = .minute
        case .second: self = .second
        case .millisecond: return nil
        }
    }

    /// Milliseconds of a unit that always has as many; nil for months and years.
    private var length: Int64? {
        switch self {
        case .year, .quarter, .month: nil
        case .week: 7 * 86_400_000
        case .day: 86_400_000
        case .hour: 3_600_000
        case .minute: 60_000
        case .second: 1_000
        }
    }

    /// The moment so many units later; nil beyond the range.
    func add(_ count: Int64, to moment: Int64) -> Int64? {
        guard Self.range.contains(moment) else { return nil }
        let sum: Int64
        if let length {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, Self.range.contains(product) else { return nil }
            sum = moment + product
        } else {
            let each: Int64 = self == .year ? 12 : self == .quarter ? 3 : 1
            let months = count.multipliedReportingOverflow(by: each).partialValue
            guard abs(count) <= 600_000, abs(months) <= 12 * 600_000 else { return nil }
            let (day, time) = DateText.split(moment)
            sum = CivilDate(dayNumber: day).adding(months: months).dayNumber * 86_400_000 + time
        }
        return Self.range.contains(sum) ? sum : nil
    }

    /// First or last millisecond of the unit that the moment lies in; nil beyond the range.
    func round(_ moment: Int64, _ rounding: DateMath.Rounding) -> Int64? {
        guard Self.range.contains(moment) else { return nil }
        let first = start(of: moment)
        return rounding == .down ? first : add(1, to: first).map { $0 - 1 }
    }

    private func start(of moment: Int64) -> Int64 {
        let (day, time) = DateText.split(moment)
        switch self {
        case .year, .quarter, .month:
            var date = CivilDate(dayNumber: day)
            date.day = 1
            if self == .year { date.month = 1 }
            if self == .quarter { date.month -= (date.month - 1) % 3 }
            return date.dayNumber * 86_400_000
        case .week:
            // 1 January 1970 was a Thursday, three days after a Monday.
            let sinceMonday = (day + 3) % 7
            return (day - (sinceMonday < 0 ? sinceMonday + 7 : sinceMonday)) * 86_400_000
        case .day: return moment - time
        case .hour: return moment - time % 3_600_000
        case .minute: return moment - time % 60_000
        case .second: return moment - time % 1_000
        }
    }
}

extension CivilDate {
    /// The same day so many months later, or the last day of that month if it is shorter.
    fileprivate func adding(months: Int64) -> CivilDate {
        let total = year * 12 + (month - 1) + months
        let month = total % 12 < 0 ? total % 12 + 12 : total % 12
        let year = (total - month) / 12
        return CivilDate(
            year: year, month: month + 1, day: min(day, CivilDate.daysInMonth(month + 1, of: year)))
    }
}

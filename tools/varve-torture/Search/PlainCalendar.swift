/// Days and months by counting, nothing else: what dates of the model mean.
struct PlainCalendar {
    var year: Int
    var month: Int
    var day: Int
    /// Milliseconds since midnight.
    var time: Int64

    static let day: Int64 = 86_400_000

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func length(_ month: Int, _ year: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    init(_ year: Int, _ month: Int = 1, _ day: Int = 1, time: Int64 = 0) {
        (self.year, self.month, self.day, self.time) = (year, month, day, time)
    }

    init(_ moment: Int64) {
        var days = moment / Self.day
        time = moment % Self.day
        if time < 0 {
            time += Self.day
            days -= 1
        }
        year = 1970
        while days < 0 {
            year -= 1
            days += Self.isLeap(year) ? 366 : 365
        }
        while days >= (Self.isLeap(year) ? 366 : 365) {
            days -= Self.isLeap(year) ? 366 : 365
            year += 1
        }
        month = 1
        while days >= Int64(Self.length(month, year)) {
            days -= Int64(Self.length(month, year))
            month += 1
        }
        day = Int(days) + 1
    }

    var moment: Int64 {
        var days = Int64(day - 1)
        for earlier in 1..<month { days += Int64(Self.length(earlier, year)) }
        if year >= 1970 {
            for earlier in 1970..<year { days += Self.isLeap(earlier) ? 366 : 365 }
        } else {
            for later in year..<1970 { days -= Self.isLeap(later) ? 366 : 365 }
        }
        return days * Self.day + time
    }

    enum Unit: CaseIterable {
        case hour, day, week, month, quarter, year
    }

    /// The first millisecond of the unit that a moment is in.
    static func start(_ unit: Unit, of moment: Int64) -> Int64 {
        var date = PlainCalendar(moment)
        switch unit {
        case .hour: date.time -= date.time % 3_600_000
        case .day: date.time = 0
        case .week:
            date.time = 0
            // 5 January 1970 was a Monday.
            let since = (date.moment / day - 4) % 7
            return date.moment - (since < 0 ? since + 7 : since) * day
        case .month: (date.day, date.time) = (1, 0)
        case .quarter: (date.month, date.day, date.time) = (date.month - (date.month - 1) % 3, 1, 0)
        case .year: (date.month, date.day, date.time) = (1, 1, 0)
        }
        return date.moment
    }

    /// The first millisecond of the next one.
    static func next(_ unit: Unit, after start: Int64) -> Int64 {
        var date = PlainCalendar(start)
        switch unit {
        case .hour: return start + 3_600_000
        case .day: return start + day
        case .week: return start + 7 * day
        case .month: date.month += 1
        case .quarter: date.month += 3
        case .year: date.year += 1
        }
        if date.month > 12 { (date.year, date.month) = (date.year + 1, date.month - 12) }
        return date.moment
    }

    static func text(_ moment: Int64) -> String {
        let date = PlainCalendar(moment)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let milliseconds = String(1_000 + date.time % 1_000).dropFirst()
        let (hour, minute) = (Int(date.time / 3_600_000), Int(date.time / 60_000 % 60))
        return "\(date.year)-\(two(date.month))-\(two(date.day))T\(two(hour)):\(two(minute)):"
            + "\(two(Int(date.time / 1_000 % 60))).\(milliseconds)Z"
    }
}

import VarveDocument

/// Cuts time into intervals: always as long, or by the calendar, both by the clock of an offset from UTC.
struct DateRounding {
    private enum Step {
        case fixed(Int64)
        case unit(DateUnit)
    }

    private let step: Step
    /// Milliseconds east of UTC.
    let zone: Int64
    /// Milliseconds by which intervals begin later.
    private let offset: Int64

    init(_ interval: DateHistogramAggregation.Interval, offset: Int64, zone: Int64) throws(QueryError) {
        switch interval {
        case .milliseconds(let length):
            guard length >= 1, length <= DateUnit.range.upperBound else {
                throw QueryError(.invalidRequest, "Zero or negative time interval not supported")
            }
            step = .fixed(length)
        case .minute: step = .unit(.minute)
        case .hour: step = .unit(.hour)
        case .day: step = .unit(.day)
        case .week: step = .unit(.week)
        case .month: step = .unit(.month)
        case .quarter: step = .unit(.quarter)
        case .year: step = .unit(.year)
        }
        guard offset.magnitude <= 1 << 50 else {
            throw QueryError(.invalidRequest, "the offset of [\(offset)] milliseconds is too large")
        }
        self.zone = zone
        self.offset = offset
    }

    /// The first millisecond of the interval that a moment is in. Moments beyond the range of date math are in the
    /// last interval before its end.
    func key(of moment: Int64) -> Int64 {
        let shift = zone - offset
        let local = min(max(moment, DateUnit.range.lowerBound), DateUnit.range.upperBound) + shift
        switch step {
        case .fixed(let length):
            let rest = local % length
            return local - (rest < 0 ? rest + length : rest) - shift
        case .unit(let unit): return (unit.round(local, .down) ?? local) - shift
        }
    }

    /// The first millisecond of the next interval.
    func next(after key: Int64) -> Int64 {
        switch step {
        case .fixed(let length): return key + length
        case .unit(let unit):
            let shift = zone - offset
            return (unit.add(1, to: key + shift) ?? key + shift + 1) - shift
        }
    }
}

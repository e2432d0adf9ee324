import Varve

/// An aggregation that can be answered from a list of documents, and what the library is asked instead.
indirect enum PlainAggregation {
    struct Terms {
        var field: String
        var size: Int
        var order: [(key: BucketOrder.Key, isDescending: Bool)]
        var minimum: Int
        var missing: PlainValue?
        var includes: [PlainValue]?
        var excludes: [PlainValue]
    }

    struct Histogram {
        var field: String
        var interval: Double
        var offset: Double
        var minimum: Int
        var extended: (Double, Double)?
        var missing: Double?
    }

    struct Dates {
        var unit: PlainCalendar.Unit?
        /// Milliseconds, where there is no unit.
        var length: Int64
        var offset: Int64
        /// Hours east of UTC.
        var zone: Int64
        var minimum: Int
        var extended: (Int64, Int64)?
        var isDescending: Bool
    }

    struct Source {
        var field: String
        /// The length of intervals of a number.
        var interval: Double?
        var isDescending: Bool
        var countsMissing: Bool
    }

    case terms(Terms)
    case range(String, [(Double?, Double?)])
    case dateRange([(Int64?, Int64?)])
    case histogram(Histogram)
    case dates(Dates)
    case filter(PlainQuery)
    case filters([PlainQuery], hasOther: Bool)
    case missing(String)
    case global
    case metric(MetricAggregation.Figure, String, missing: Double?)
    case composite([Source], size: Int, after: [PlainComposite.Part?]?)
}

/// An aggregation with its name and what is inside its buckets.
struct PlainNode {
    var name: String
    var kind: PlainAggregation
    var parts: [PlainNode]

    var asked: Aggregation { Aggregation(name, askedKind, parts.map(\.asked)) }

    private var askedKind: Aggregation.Kind {
        switch kind {
        case .terms(let terms):
            var request = TermsAggregation(terms.field, size: terms.size)
            request.order = terms.order.map { BucketOrder($0.key, isDescending: $0.isDescending) }
            request.minimumCount = terms.minimum
            request.missing = terms.missing?.asked
            request.includes = terms.includes?.map(\.asked)
            request.excludes = terms.excludes.map(\.asked)
            return .terms(request)
        case .range(let field, let ranges):
            return .range(
                RangeAggregation(field, ranges.map { RangeAggregation.Bounds(nil, from: $0.0, to: $0.1) }))
        case .dateRange(let ranges):
            return .dateRange(
                DateRangeAggregation(
                    "d",
                    ranges.map {
                        DateRangeAggregation.Bounds(
                            nil, from: $0.0.map { .integer($0) },
                            to: $0.1.map { .string(PlainCalendar.text($0)) })
                    }))
        case .histogram(let histogram):
            var request = HistogramAggregation(histogram.field, interval: histogram.interval)
            request.offset = histogram.offset
            request.minimumCount = histogram.minimum
            request.extendedBounds = histogram.extended.map { HistogramBounds(.double($0.0), .double($0.1)) }
            request.missing = histogram.missing.map { .double($0) }
            return .histogram(request)
        case .dates(let dates): return .dateHistogram(dates.asked)
        case .filter(let query): return .filter(query.asked)
        case .filters(let queries, let hasOther):
            return .filters(
                FiltersAggregation(
                    queries.map { FiltersAggregation.Filter(nil, $0.asked) }, hasOther: hasOther))
        case .missing(let field): return .missing(field)
        case .global: return .global
        case .metric(let figure, let field, let missing):
            var request = MetricAggregation(figure, of: field)
            request.missing = missing.map { .double($0) }
            return .metric(request)
        case .composite(let sources, let size, let after):
            return .composite(PlainComposite(sources: sources, size: size, after: after).asked)
        }
    }
}

extension PlainValue {
    var asked: QueryValue {
        switch self {
        case .null: .string("")
        case .string(let text): .string(text)
        case .integer(let number), .date(let number, _): .integer(number)
        case .double(let number): .double(number)
        case .boolean(let flag): .boolean(flag)
        }
    }
}

extension PlainAggregation.Dates {
    fileprivate var asked: DateHistogramAggregation {
        let interval: DateHistogramAggregation.Interval =
            switch unit {
            case nil: .milliseconds(length)
            case .hour: .hour
            case .day: .day
            case .week: .week
            case .month: .month
            case .quarter: .quarter
            case .year: .year
            }
        var request = DateHistogramAggregation("d", interval)
        request.offset = offset
        request.timeZone = zone == 0 ? nil : (zone < 0 ? "-0" : "+0") + "\(abs(zone)):00"
        request.minimumCount = minimum
        request.extendedBounds = extended.map {
            HistogramBounds(.integer($0.0), .string(PlainCalendar.text($0.1)))
        }
        if isDescending { request.order = [BucketOrder(.key, isDescending: true)] }
        return request
    }

    func key(of moment: Int64) -> Int64 {
        let local = moment - offset + zone * 3_600_000
        let start: Int64
        if let unit {
            start = PlainCalendar.start(unit, of: local)
        } else {
            var rest = local % length
            if rest < 0 { rest += length }
            start = local - rest
        }
        return start + offset - zone * 3_600_000
    }

    func next(after key: Int64) -> Int64 {
        guard let unit else { return key + length }
        let shift = offset - zone * 3_600_000
        return PlainCalendar.next(unit, after: key - shift) + shift
    }
}

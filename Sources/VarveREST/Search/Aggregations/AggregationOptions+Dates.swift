import Varve
import VarveQuery

/// Intervals of dates, and composites, which have them too.
extension AggregationOptions {
    private static let calendar: [String: DateHistogramAggregation.Interval] = [
        "minute": .minute, "1m": .minute, "hour": .hour, "1h": .hour, "day": .day, "1d": .day, "week": .week,
        "1w": .week, "month": .month, "1M": .month, "quarter": .quarter, "1q": .quarter, "year": .year,
        "1y": .year, "second": .milliseconds(1_000), "1s": .milliseconds(1_000),
    ]

    /// Of exactly one of the ways to state it.
    func dateInterval() throws(RESTError) -> DateHistogramAggregation.Interval {
        let calendar = try text("calendar_interval")
        let fixed = try text("fixed_interval")
        let either = try text("interval")
        switch (calendar, fixed, either) {
        case (let name?, nil, nil):
            guard let interval = Self.calendar[name] else {
                throw .illegalArgument(
                    "The supplied interval [\(name)] could not be parsed as a calendar interval.")
            }
            return interval
        case (nil, let text?, nil): return .milliseconds(try length(text, "fixed_interval"))
        case (nil, nil, let text?):
            if let interval = Self.calendar[text] { return interval }
            return .milliseconds(try length(text, "interval"))
        case (nil, nil, nil):
            throw .illegalArgument("Invalid interval specified, must be non-null and non-empty")
        case (_?, _?, _):
            throw .illegalArgument(
                "Cannot use [fixed_interval] with [calendar_interval] configuration option.")
        default:
            throw .illegalArgument(
                "Cannot use [interval] with [fixed_interval] or [calendar_interval] configuration options.")
        }
    }

    private func length(_ text: String, _ key: String) throws(RESTError) -> Int64 {
        if key == "interval", let number = Int64(text), number > 0 { return number }
        let length = try TimeValue(text, setting: key).milliseconds
        guard length > 0 else { throw .illegalArgument("Zero or negative time interval not supported") }
        return length
    }

    /// `+6h`, `-1d`, or milliseconds.
    func dateOffset() throws(RESTError) -> Int64 {
        guard let value = given("offset") else { return 0 }
        if case .integer(let number) = value.value { return number }
        guard let text = value.string else { throw misfit("offset", value) }
        let isNegative = text.hasPrefix("-")
        let plain = isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text
        let offset = try TimeValue(plain, setting: "DateHistogramAggregationBuilder.parseOffset").milliseconds
        return isNegative ? -offset : offset
    }

    func composite() throws(RESTError) -> AggregationClause {
        try check(["sources", "size", "after"], refused: [])
        guard let value = given("sources"), let elements = value.elements else {
            throw .illegalArgument("Composite [sources] cannot be null or empty")
        }
        var sources: [CompositeAggregation.Source] = []
        for element in elements {
            guard let member = element.members?.first, element.members?.count == 1,
                let kind = member.value.members?.first, member.value.members?.count == 1
            else {
                throw QueryReader(body).parsing(
                    "a source of [composite] is a name with one kind of source", at: element.start)
            }
            let options = AggregationOptions(body: body, type: kind.key, name: member.key, node: kind.value)
            sources.append(try options.source())
        }
        var request = CompositeAggregation(sources, size: try integer("size") ?? 10)
        if let after = given("after") {
            guard let members = after.members else { throw misfit("after", after) }
            var values: [QueryValue?] = []
            for source in sources {
                guard let value = members.first(where: { $0.key == source.name })?.value else {
                    throw .illegalArgument("Missing value for [after.\(source.name)]")
                }
                values.append(value.isNull ? nil : try scalar(value, "after"))
            }
            guard members.count == sources.count else {
                throw .illegalArgument(
                    "[after] has \(members.count) value(s) but [sources] has \(sources.count)")
            }
            request.after = values
        }
        var clause = clause(.composite(request))
        clause.sources = sources.map(\.name)
        return clause
    }

    private func source() throws(RESTError) -> CompositeAggregation.Source {
        let common: Set<String> = ["field", "order", "missing_bucket"]
        var source: CompositeAggregation.Source
        switch type {
        case "terms":
            try check(common.union(["format"]), refused: ["script", "value_type", "missing_order"])
            source = CompositeAggregation.Source(name, try field())
        case "histogram":
            try check(common.union(["interval"]), refused: ["script", "missing_order"])
            guard let interval = try number("interval") else {
                throw .illegalArgument("[interval] must be greater than 0 for [histogram] source")
            }
            source = CompositeAggregation.Source(name, try field(), .histogram(interval: interval))
        case "date_histogram":
            try check(
                common.union([
                    "calendar_interval", "fixed_interval", "interval", "offset", "time_zone", "format",
                ]), refused: ["script", "missing_order"])
            source = CompositeAggregation.Source(
                name, try field(),
                .dateHistogram(try dateInterval(), offset: try dateOffset(), timeZone: try text("time_zone")))
        default:
            throw QueryReader(body).parsing("invalid source type: \(type)", at: node.start)
        }
        source.format = try text("format")
        source.countsMissing = try flag("missing_bucket") ?? false
        switch try text("order")?.lowercased() {
        case nil, "asc": break
        case "desc": source.isDescending = true
        case let other?:
            throw .illegalArgument(
                "No enum constant org.opensearch.search.sort.SortOrder.\(other.uppercased())")
        }
        return source
    }
}

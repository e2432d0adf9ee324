import Varve
import VarveQuery

/// The aggregations that make buckets, and the figures.
extension AggregationOptions {
    func terms() throws(RESTError) -> AggregationClause {
        try check(
            [
                "field", "missing", "size", "shard_size", "min_doc_count", "shard_min_doc_count",
                "show_term_doc_count_error", "order", "collect_mode", "execution_hint", "include", "exclude",
                "format", "value_type",
            ])
        var request = TermsAggregation(try field())
        request.size = try integer("size") ?? 10
        request.order = try order()
        request.minimumCount = try integer("min_doc_count") ?? 1
        request.missing = try value("missing")
        request.includes = try values("include")
        request.excludes = try values("exclude") ?? []
        request.format = try text("format")
        for key in ["shard_size", "shard_min_doc_count"] {
            if let count = try integer(key), count < 0 || (key == "shard_size" && count == 0) {
                throw .illegalArgument(
                    "[\(key)] must be greater than \(key == "shard_size" ? "" : "or equal to ")0. Found "
                        + "[\(count)] in [\(name)]")
            }
        }
        try checkChoice("collect_mode", ["depth_first", "breadth_first"])
        try checkChoice("execution_hint", ["map", "global_ordinals"])
        if given("value_type") != nil { throw .illegalArgument("[value_type] of [terms] is not supported") }
        var clause = clause(.terms(request))
        clause.showsError = try flag("show_term_doc_count_error") ?? false
        return clause
    }

    /// What only says how to go about it is checked and has no further effect.
    private func checkChoice(_ key: String, _ choices: [String]) throws(RESTError) {
        guard let choice = try text(key), !choices.contains(choice) else { return }
        throw .illegalArgument("[\(key)] of [\(type)] must be one of \(choices), got [\(choice)]")
    }

    /// A list of exact values. A string is a regular expression; only one that stands for itself is understood.
    private func values(_ key: String) throws(RESTError) -> [QueryValue]? {
        guard let value = given(key) else { return nil }
        if let text = value.string {
            guard !text.contains(where: { ".?+*|{}[]()\"\\#@&<>~".contains($0) }) else {
                throw .illegalArgument(
                    "[\(key)] of [terms] with a regular expression is not supported, give a list of exact values"
                )
            }
            return [.string(text)]
        }
        guard let elements = value.elements else {
            if value.members != nil {
                throw .illegalArgument("[\(key)] of [terms] with partitions is not supported")
            }
            throw misfit(key, value)
        }
        var values: [QueryValue] = []
        for element in elements { values.append(try scalar(element, key)) }
        return values
    }

    func range() throws(RESTError) -> AggregationClause {
        try check(["field", "missing", "ranges", "keyed"], refused: ["script", "format"])
        var ranges: [RangeAggregation.Bounds] = []
        for (element, key) in try rangeElements() {
            ranges.append(
                RangeAggregation.Bounds(
                    key, from: try number("from", of: element), to: try number("to", of: element)))
        }
        var request = RangeAggregation(try field(), ranges)
        request.missing = try value("missing")
        var clause = clause(.range(request))
        clause.isKeyed = try flag("keyed") ?? false
        return clause
    }

    func dateRange() throws(RESTError) -> AggregationClause {
        try check(["field", "missing", "ranges", "keyed", "format", "time_zone"])
        var ranges: [DateRangeAggregation.Bounds] = []
        for (element, key) in try rangeElements() {
            var bounds = DateRangeAggregation.Bounds(key)
            if let from = element["from"], !from.isNull { bounds.lower = try scalar(from, "from") }
            if let to = element["to"], !to.isNull { bounds.upper = try scalar(to, "to") }
            ranges.append(bounds)
        }
        var request = DateRangeAggregation(try field(), ranges)
        request.missing = try value("missing")
        request.format = try text("format")
        request.timeZone = try text("time_zone")
        var clause = clause(.dateRange(request))
        clause.isKeyed = try flag("keyed") ?? false
        return clause
    }

    private func rangeElements() throws(RESTError) -> [(JSONNode, String?)] {
        guard let value = given("ranges") else { return [] }
        guard let elements = value.elements else { throw misfit("ranges", value) }
        var found: [(JSONNode, String?)] = []
        for element in elements {
            guard let members = element.members else { throw misfit("ranges", element) }
            for member in members where !["key", "from", "to"].contains(member.key) {
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [range] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["key", "from", "to"]))
            }
            found.append((element, element["key"]?.scalarText))
        }
        return found
    }

    func histogram() throws(RESTError) -> AggregationClause {
        try check(
            [
                "field", "missing", "interval", "offset", "min_doc_count", "extended_bounds", "hard_bounds",
                "order", "keyed",
            ], refused: ["script", "format"])
        guard let interval = try number("interval") else {
            throw .illegalArgument("[interval] must be >0 for histogram aggregation [\(name)]")
        }
        var request = HistogramAggregation(try field(), interval: interval)
        request.offset = try number("offset") ?? 0
        request.minimumCount = try integer("min_doc_count") ?? 0
        request.extendedBounds = try bounds("extended_bounds")
        request.hardBounds = try bounds("hard_bounds")
        request.order = try order()
        request.missing = try value("missing")
        var clause = clause(.histogram(request))
        clause.isKeyed = try flag("keyed") ?? false
        return clause
    }

    func dateHistogram() throws(RESTError) -> AggregationClause {
        try check(
            [
                "field", "missing", "calendar_interval", "fixed_interval", "interval", "time_zone", "offset",
                "format", "min_doc_count", "extended_bounds", "hard_bounds", "order", "keyed",
            ])
        var request = DateHistogramAggregation(try field(), try dateInterval())
        request.offset = try dateOffset()
        request.timeZone = try text("time_zone")
        request.format = try text("format")
        request.minimumCount = try integer("min_doc_count") ?? 0
        request.extendedBounds = try bounds("extended_bounds")
        request.hardBounds = try bounds("hard_bounds")
        request.order = try order()
        request.missing = try value("missing")
        var clause = clause(.dateHistogram(request))
        clause.isKeyed = try flag("keyed") ?? false
        return clause
    }

    func filters() throws(RESTError) -> AggregationClause {
        try check(["filters", "other_bucket", "other_bucket_key"], refused: [])
        guard let value = given("filters") else {
            throw .illegalArgument("[filters] of [\(name)] is missing")
        }
        var filters: [FiltersAggregation.Filter] = []
        let reader = QueryReader(body)
        if let elements = value.elements {
            for element in elements {
                filters.append(FiltersAggregation.Filter(nil, try reader.read(element).query))
            }
        } else if let members = value.members {
            // OpenSearch answers in the order of the names.
            for member in members.sorted(by: { $0.key < $1.key }) {
                filters.append(FiltersAggregation.Filter(member.key, try reader.read(member.value).query))
            }
        } else {
            throw misfit("filters", value)
        }
        let otherName = try text("other_bucket_key")
        let hasOther = try flag("other_bucket") ?? (otherName != nil)
        let isKeyed = value.members != nil
        var clause = clause(
            .filters(
                FiltersAggregation(
                    filters, hasOther: hasOther, otherName: isKeyed ? otherName ?? "_other_" : nil)))
        clause.isKeyed = isKeyed
        return clause
    }

    func metric() throws(RESTError) -> AggregationClause {
        var known: Set<String> = ["field", "missing", "format"]
        let figure: MetricAggregation.Figure
        switch type {
        case "min": figure = .minimum
        case "max": figure = .maximum
        case "avg": figure = .average
        case "sum": figure = .sum
        case "value_count": figure = .count
        case "stats": figure = .statistics
        case "extended_stats":
            known.insert("sigma")
            figure = .extendedStatistics
        default:
            known = ["field", "missing", "precision_threshold", "execution_hint"]
            figure = .cardinality(threshold: try integer("precision_threshold") ?? 3_000)
        }
        try check(known, refused: ["script", "rehash"])
        var request = MetricAggregation(figure, of: try field())
        request.missing = try value("missing")
        request.format = try text("format")
        var clause = clause(.metric(request))
        if let sigma = try number("sigma") {
            guard sigma >= 0 else {
                throw .illegalArgument(
                    "[sigma] must be greater than or equal to 0. Found [\(JavaNumber.text(sigma))] in [\(name)]"
                )
            }
            clause.sigma = sigma
        }
        return clause
    }
}

import VarveDocument

/// Ranges and histograms of requests, with their values read.
extension AggregationBuilder {
    func range(
        _ request: RangeAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        let field = try numberField(request.field, aggregation)
        guard !request.ranges.isEmpty else { throw Self.noRanges(aggregation) }
        let sorted = request.ranges.sorted {
            let (left, right) = ($0.lower ?? -.infinity, $1.lower ?? -.infinity)
            if left != right { return left < right }
            return ($0.upper ?? .infinity) < ($1.upper ?? .infinity)
        }
        let ranges = sorted.map { range in
            RangeCollector.Range(
                key: range.key ?? "\(Self.bound(range.lower))-\(Self.bound(range.upper))",
                lower: range.lower.map(Self.edge), upper: range.upper.map(Self.edge),
                from: AggregationFigure(range.lower), to: AggregationFigure(range.upper))
        }
        var missing: Int64?
        if let value = request.missing {
            // Values become doubles before they are compared.
            missing =
                field.kind == .double || field.kind == .unmapped
                ? try FieldTestReader.double(value, FieldDefinition(request.field, .double)).sortableBits
                : try field.column(value, now: now)
        }
        return RangeCollector(
            ranges, field, missing: missing, isDouble: field.kind != .unmapped, inner, budget)
    }

    /// A bound as sortable bits. Both zeros are at or above a bound of zero.
    private static func edge(_ bound: Double) -> Int64 { (bound == 0 ? -0.0 : bound).sortableBits }

    private static func bound(_ value: Double?) -> String { value.map(JavaNumber.text) ?? "*" }

    private static func noRanges(_ aggregation: Aggregation) -> QueryError {
        QueryError(
            .invalidRequest, "No [ranges] specified for the [\(aggregation.name)] aggregation")
    }

    func dateRange(
        _ request: DateRangeAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        let zone = try TimeZoneOffset.milliseconds(request.timeZone)
        let field = try numberField(request.field, aggregation, format: request.format, zone: zone)
        guard !request.ranges.isEmpty else { throw Self.noRanges(aggregation) }
        let text = try ValueText(.date, format: request.format ?? field.definition?.format, zone: zone)
        func moment(_ value: QueryValue?) throws(QueryError) -> Int64? {
            switch value {
            case nil: nil
            case .integer(let number): number
            case .double(let number): Int64(exactly: number.rounded(.towardZero))
            case .string(let spelt): try text.date(spelt, now: now, zone: zone)
            case .boolean(let flag): try text.date("\(flag)", now: now, zone: zone)
            }
        }
        var ranges: [RangeCollector.Range] = []
        for range in request.ranges {
            let (lower, upper) = (try moment(range.lower), try moment(range.upper))
            let (from, to) = (lower.flatMap { text.text($0) }, upper.flatMap { text.text($0) })
            ranges.append(
                RangeCollector.Range(
                    key: range.key ?? "\(from ?? "*")-\(to ?? "*")", lower: lower, upper: upper,
                    from: AggregationFigure(lower.map { Double($0) }, from),
                    to: AggregationFigure(upper.map { Double($0) }, to)))
        }
        ranges.sort {
            let (left, right) = ($0.lower ?? .min, $1.lower ?? .min)
            return left != right ? left < right : ($0.upper ?? .max) < ($1.upper ?? .max)
        }
        return RangeCollector(
            ranges, field, missing: try moment(request.missing), isDouble: false, inner, budget)
    }

    func histogram(
        _ request: HistogramAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        let field = try numberField(request.field, aggregation)
        guard request.interval > 0, request.interval.isFinite else {
            throw QueryError(
                .invalidRequest, "[interval] must be >0 for histogram aggregation [\(aggregation.name)]")
        }
        guard request.minimumCount >= 0 else {
            throw Self.negative("min_doc_count", request.minimumCount, aggregation)
        }
        let isDouble = field.kind == .double || field.kind == .unmapped
        let grid = HistogramGrid.number(
            interval: request.interval, offset: request.offset, isDouble: isDouble)
        let plain = HistogramGrid.number(interval: request.interval, offset: request.offset, isDouble: true)
        func bound(_ value: QueryValue?) throws(QueryError) -> Int64? {
            guard let value else { return nil }
            let number = try FieldTestReader.double(value, FieldDefinition(request.field, .double))
            return plain.cell(of: number.sortableBits)
        }
        var missing: Int64?
        if let value = request.missing {
            missing =
                isDouble
                ? try FieldTestReader.double(value, FieldDefinition(request.field, .double)).sortableBits
                : try field.column(value, now: now)
        }
        let sort = try order(request.order, inner)
        return HistogramCollector(
            HistogramCollector.Request(
                grid: grid, minimumCount: request.minimumCount,
                extended: try bounds(request.extendedBounds, "extended_bounds", aggregation, bound),
                hard: try bounds(request.hardBounds, "hard_bounds", aggregation, bound),
                missing: missing, isOrdered: !request.order.isEmpty), field, sort, inner, budget)
    }

    func dateHistogram(
        _ request: DateHistogramAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        let zone = try TimeZoneOffset.milliseconds(request.timeZone)
        let field = try numberField(request.field, aggregation, format: request.format, zone: zone)
        guard field.kind != .double else {
            throw QueryError(
                .invalidRequest,
                "Field [\(request.field)] of type [\(field.definition?.typeName ?? "")] is not supported for "
                    + "aggregation [date_histogram]", field: request.field)
        }
        guard request.minimumCount >= 0 else {
            throw Self.negative("min_doc_count", request.minimumCount, aggregation)
        }
        let rounding = try DateRounding(request.interval, offset: request.offset, zone: zone)
        let text = try ValueText(.date, format: request.format ?? field.definition?.format, zone: zone)
        func moment(_ value: QueryValue?) throws(QueryError) -> Int64? {
            switch value {
            case nil: nil
            case .integer(let number): number
            case .double(let number): Int64(exactly: number.rounded(.towardZero))
            case .string(let spelt): try text.date(spelt, now: now, zone: zone)
            case .boolean(let flag): try text.date("\(flag)", now: now, zone: zone)
            }
        }
        func bound(_ value: QueryValue?) throws(QueryError) -> Int64? {
            try moment(value).map { rounding.key(of: $0) }
        }
        return HistogramCollector(
            HistogramCollector.Request(
                grid: .date(rounding), minimumCount: request.minimumCount,
                extended: try bounds(request.extendedBounds, "extended_bounds", aggregation, bound),
                hard: try bounds(request.hardBounds, "hard_bounds", aggregation, bound),
                missing: try moment(request.missing), isOrdered: !request.order.isEmpty),
            field.reading(text), try order(request.order, inner), inner, budget)
    }

    private func order(_ order: [BucketOrder], _ inner: InnerCollectors) throws(QueryError) -> BucketSorting {
        try BucketSorting(order, inner)
    }

    private func bounds(
        _ bounds: HistogramBounds?, _ name: String, _ aggregation: Aggregation,
        _ read: (QueryValue?) throws(QueryError) -> Int64?
    ) throws(QueryError) -> (lower: Int64?, upper: Int64?) {
        guard let bounds else { return (nil, nil) }
        let (lower, upper) = (try read(bounds.lower), try read(bounds.upper))
        if let lower, let upper, lower > upper {
            throw QueryError(
                .invalidRequest,
                "[\(name).min][\(bounds.lower?.description ?? "")] cannot be greater than "
                    + "[\(name).max][\(bounds.upper?.description ?? "")] for histogram aggregation "
                    + "[\(aggregation.name)]")
        }
        return (lower, upper)
    }
}

import VarveBytes
import VarveDocument

/// Composites of requests, with their values read.
extension AggregationBuilder {
    func composite(
        _ request: CompositeAggregation, _ aggregation: Aggregation, _ inner: InnerCollectors
    ) throws(QueryError) -> any Collector {
        guard !request.sources.isEmpty, request.sources.count <= 32 else {
            throw QueryError(
                .invalidRequest, "Composite [sources] cannot be null or empty, nor more than 32")
        }
        guard request.size > 0 else {
            throw QueryError(
                .invalidRequest, "[size] must be greater than 0. Found [\(request.size)] in [composite]")
        }
        var sources: [CompositeCollector.Source] = []
        for source in request.sources {
            if sources.contains(where: { $0.name == source.name }) {
                throw QueryError(
                    .invalidRequest,
                    "Composite source names must be unique, found duplicates: [\(source.name)]"
                )
            }
            sources.append(try self.source(source, aggregation))
        }
        var after: CompositeCollector.Key?
        if let values = request.after {
            guard values.count == sources.count else {
                throw QueryError(
                    .invalidRequest,
                    "[after] has \(values.count) value(s) but [sources] has \(sources.count)")
            }
            var key: CompositeCollector.Key = []
            for (value, source) in zip(values, sources) { key.append(try part(value, source)) }
            after = key
        }
        return CompositeCollector(sources, size: request.size, after: after, inner, budget)
    }

    private func source(
        _ source: CompositeAggregation.Source, _ aggregation: Aggregation
    ) throws(QueryError) -> CompositeCollector.Source {
        var grid: HistogramGrid?
        let field: AggregatedField
        switch source.kind {
        case .terms: field = try self.field(source.field, format: source.format)
        case .histogram(let interval):
            field = try numberField(source.field, aggregation)
            guard interval > 0, interval.isFinite else {
                throw QueryError(
                    .invalidRequest, "[interval] must be greater than 0 for [histogram] source")
            }
            grid = .number(interval: interval, offset: 0, isDouble: field.kind == .double)
        case .dateHistogram(let interval, let offset, let timeZone):
            let zone = try TimeZoneOffset.milliseconds(timeZone)
            let plain = try numberField(source.field, aggregation, format: source.format, zone: zone)
            let format = source.format ?? plain.definition?.format
            field = plain.reading(try ValueText(.date, format: format, zone: zone))
            grid = .date(try DateRounding(interval, offset: offset, zone: zone))
        }
        let isTerm = field.kind == .term || field.kind == .unmapped && grid == nil
        return CompositeCollector.Source(
            name: source.name, field: field, grid: grid, isDescending: source.isDescending,
            countsMissing: source.countsMissing,
            isFormatted: source.format != nil && source.kind != .terms
                || field.kind == .date && source.format != nil,
            book: isTerm ? TermBook() : nil)
    }

    /// A value of `after` as a source keeps it.
    private func part(
        _ value: QueryValue?, _ source: CompositeCollector.Source
    ) throws(QueryError) -> Int64? {
        guard let value else { return nil }
        if let book = source.book { return Int64(book.number(of: Array(value.description.utf8).rawSpan)) }
        if case .number(let interval, let offset, _) = source.grid {
            let number = try FieldTestReader.double(value, FieldDefinition(source.name, .double))
            return ((number - offset) / interval).rounded().sortableBits
        }
        if source.grid != nil, case .integer(let number) = value { return number }
        if source.grid != nil { return try source.field.text.date(value.description, now: now, zone: 0) }
        return try source.field.column(value, now: now)
    }
}

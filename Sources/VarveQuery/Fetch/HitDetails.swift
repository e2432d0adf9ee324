import VarveDocument
import VarveSegment

/// What a page shows of its hits besides sources: values of fields, and the names of queries that match.
struct HitDetails {
    struct Detail {
        var fields: [FieldValues] = []
        var matchedQueries: [String] = []
    }

    private let segments: [ShardSegment]
    private let sources: [FieldSelection]
    private let columns: [FieldSelection]
    private let names: [String]
    private let queries: [PreparedQuery]
    private let blockRows: Int

    /// - Parameter shards: One mapping each.
    init(
        _ details: SearchDetails, _ queries: [PreparedQuery], _ segments: [ShardSegment],
        _ shards: [SearchableShard], blockRows: Int
    ) throws(QueryError) {
        self.segments = segments
        self.queries = queries
        self.blockRows = blockRows
        names = details.namedQueries.map(\.name)
        var sources: [FieldSelection] = []
        var columns: [FieldSelection] = []
        for shard in shards {
            if !details.fields.isEmpty { sources.append(try FieldSelection(details.fields, shard.fields)) }
            if details.columns.isEmpty { continue }
            try Self.check(details.columns, shard.fields)
            columns.append(
                try FieldSelection(
                    details.columns, shard.fields.filter { $0.hasColumn && $0.type != .text }))
        }
        self.sources = sources
        self.columns = columns
    }

    private static func check(
        _ columns: [SearchDetails.Fields], _ fields: [FieldDefinition]
    ) throws(QueryError) {
        guard columns.count <= SearchDetails.columnsMax else {
            throw QueryError(
                .tooComplex,
                "Trying to retrieve too many docvalue_fields. Must be less than or equal to: [100] but was "
                    + "[\(columns.count)]. This limit can be set by changing the "
                    + "[index.max_docvalue_fields_search] index level setting.")
        }
        for column in columns {
            guard let field = fields.first(where: { $0.path == column.pattern }) else { continue }
            if field.type == .text {
                throw QueryError(
                    .unsortableField, "[\(field.path)] is a text field and has no column", field: field.path)
            }
            if !field.hasColumn {
                throw QueryError(
                    .invalidRequest,
                    "Can't load fielddata on [\(field.path)] because fielddata is unsupported on fields of type "
                        + "[\(field.typeName)]. Use doc values instead.", field: field.path)
            }
        }
    }

    private var isEmpty: Bool { sources.isEmpty && columns.isEmpty && queries.isEmpty }

    /// The details of the hits at these places; none if nothing was asked for.
    func read(_ places: [HitFetcher.Place]) throws -> [Detail] {
        if isEmpty { return [] }
        var details = [Detail](repeating: Detail(), count: places.count)
        let bySegment = Dictionary(grouping: places.indices) { places[$0].segment }
        for (segment, hits) in bySegment.sorted(by: { $0.key < $1.key }) {
            let rows = hits.sorted { places[$0].row < places[$1].row }.map { (hit: $0, row: places[$0].row) }
            try readSources(rows, segments[segment], into: &details)
            try readColumns(rows, segments[segment], into: &details)
            try readMatches(rows, segments[segment], into: &details)
        }
        return details
    }

    private func readSources(
        _ rows: [(hit: Int, row: Int)], _ segment: ShardSegment, into details: inout [Detail]
    ) throws {
        if sources.isEmpty { return }
        let fields = SourceFields(sources[segment.shard])
        var next = 0
        try segment.segment.view.readSources(rows.map { UInt32($0.row) }) { _, bytes in
            details[rows[next].hit].fields = fields.read(bytes)
            next += 1
        }
    }

    private func readColumns(
        _ rows: [(hit: Int, row: Int)], _ segment: ShardSegment, into details: inout [Detail]
    ) throws {
        if columns.isEmpty { return }
        var fields = ColumnFields(columns[segment.shard], segment.segment.view, blockRows: blockRows)
        for (hit, row) in rows {
            for values in try fields.read(row: row) {
                if let place = details[hit].fields.firstIndex(where: { $0.field == values.field }) {
                    details[hit].fields[place] = values
                } else {
                    details[hit].fields.append(values)
                }
            }
        }
    }

    private func readMatches(
        _ rows: [(hit: Int, row: Int)], _ segment: ShardSegment, into details: inout [Detail]
    ) throws {
        var part = AggregatedSegment(segment.segment.view, blockRows: blockRows)
        for (name, query) in zip(names, queries) {
            var run = try part.run(query)
            var (block, coverage) = (-1, FilterRun.Coverage.none)
            for (hit, row) in rows {
                if row / blockRows != block {
                    block = row / blockRows
                    coverage = try run.evaluate(block: block, &part.columns)
                }
                let at = row % blockRows
                switch coverage {
                case .none: continue
                case .some where run.words[at >> 6] >> UInt64(at & 63) & 1 == 0: continue
                case .some, .all: details[hit].matchedQueries.append(name)
                }
            }
        }
    }
}

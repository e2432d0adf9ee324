import VarveDocument
import VarveSegment

/// Answers a search's aggregations: goes once through all matching rows, block by block, and hands each block's rows
/// to the outermost collectors.
struct AggregationRun {
    private let names: [String]
    private let collectors: [any Collector]
    private let unmatched: [TermsCollector]
    private let limit: Int
    private let blockRows: Int

    init(_ plan: AggregationPlan, limit: Int, blockRows: Int) {
        names = plan.names
        collectors = plan.collectors
        unmatched = plan.unmatched
        self.limit = limit
        self.blockRows = blockRows
    }

    /// Adds to `count` how many rows match; every collector has seen them.
    func collect(
        _ query: PreparedQuery, in segments: [ShardSegment], counting count: inout Int,
        _ context: SearchContext
    ) throws {
        for segment in segments { try collect(query, segment.segment, &count, context) }
    }

    private func collect(
        _ query: PreparedQuery, _ segment: SearchableSegment, _ count: inout Int, _ context: SearchContext
    ) throws {
        var part = AggregatedSegment(segment.view, blockRows: blockRows)
        var run = try part.run(query)
        let (matching, rest) = split()
        if run.isNone && rest.isEmpty { return }
        for collector in collectors { try collector.begin(&part) }
        var every = FilterRun(.all, rowCount: segment.view.rowCount, blockRows: blockRows)
        var batch = RowBatch()
        for block in 0..<((segment.view.rowCount + blockRows - 1) / blockRows) {
            try context.checkpoint()
            if !run.isNone {
                try fill(&batch, block: block, &run, segment, &part)
                count += batch.rows.count
                for collector in matching where !batch.isEmpty {
                    try collector.collect(batch, block: block, &part)
                }
            }
            if rest.isEmpty { continue }
            try fill(&batch, block: block, &every, segment, &part)
            for take in rest where !batch.isEmpty { try take(batch, block, &part) }
        }
    }

    private typealias Taker = (RowBatch, Int, inout AggregatedSegment) throws -> Void

    /// Collectors that take rows that match, and what takes all rows.
    private func split() -> (matching: [any Collector], all: [Taker]) {
        var matching: [any Collector] = []
        var all: [Taker] = []
        for collector in collectors {
            if collector is GlobalCollector {
                all.append { try collector.collect($0, block: $1, &$2) }
            } else {
                matching.append(collector)
            }
        }
        for collector in unmatched { all.append { try collector.collectOthers($0, block: $1, &$2) } }
        return (matching, all)
    }

    private func fill(
        _ batch: inout RowBatch, block: Int, _ run: inout FilterRun, _ segment: SearchableSegment,
        _ part: inout AggregatedSegment
    ) throws {
        var coverage = try run.evaluate(block: block, &part.columns)
        if let live = segment.live { coverage = run.intersect(live, block: block, coverage) }
        switch coverage {
        case .none: batch.removeAll()
        case .all: batch.setAll(count: part.rows(of: block))
        case .some: batch.set(run.words, count: part.rows(of: block))
        }
    }

    func results() throws(QueryError) -> [AggregationResult] {
        var budget = ResultBudget(limit: limit)
        return try InnerCollectors(names: names, collectors: collectors).results(of: 0, &budget)
    }
}

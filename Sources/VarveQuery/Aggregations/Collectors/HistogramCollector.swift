import VarveDocument

/// Buckets by interval, of numbers or dates.
final class HistogramCollector: Collector {
    /// What a histogram asks for, with every value read.
    struct Request {
        var grid: HistogramGrid
        var minimumCount: Int
        /// Cells that are shown even without documents.
        var extended: (lower: Int64?, upper: Int64?)
        /// Cells beyond which no document counts.
        var hard: (lower: Int64?, upper: Int64?)
        var missing: Int64?
        var isOrdered: Bool
    }

    let makesBuckets = true
    private let request: Request
    private let field: AggregatedField
    private let order: BucketSorting
    private let inner: InnerCollectors
    private let budget: CollectBudget
    private var table = BucketTable()
    private var column: SegmentColumn?
    private var values = ValueBatch()
    private var batch = RowBatch()
    private var owned: OwnedBuckets?

    init(
        _ request: Request, _ field: AggregatedField, _ order: BucketSorting, _ inner: InnerCollectors,
        _ budget: CollectBudget
    ) {
        self.request = request
        self.field = field
        self.order = order
        self.inner = inner
        self.budget = budget
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        column = SegmentColumn(field, &segment)
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try column?.gather(
            batch, block: block, missing: request.missing, isDistinct: true, into: &values, &segment)
        request.grid.replace(&values.values)
        if request.hard.lower != nil || request.hard.upper != nil { dropBeyondBounds() }
        let before = table.count
        table.collect(values, into: &self.batch)
        try budget.take(table.count - before)
        try inner.collect(self.batch, block: block, &segment)
    }

    private func dropBeyondBounds() {
        let (low, high) = (request.hard.lower ?? .min, request.hard.upper ?? .max)
        var kept = ValueBatch()
        for i in values.values.indices where values.values[i] >= low && values.values[i] <= high {
            kept.append(values.values[i], values.rows[i], values.owners[i])
        }
        values = kept
    }

    // MARK: Results

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        let owned = self.owned ?? table.byOwner()
        self.owned = owned
        var found: [BucketCandidate] = []
        for bucket in owned[owner] {
            let count = table.counts[Int(bucket)]
            if count < request.minimumCount { continue }
            found.append(BucketCandidate(bucket: bucket, key: table.keys[Int(bucket)], count: count))
        }
        found.sort { $0.key < $1.key }
        if request.minimumCount == 0 { found = try filled(found, &results) }
        if request.isOrdered {
            found = try order.best(found.count, of: found, inner) { $0 < $1 ? -1 : $0 == $1 ? 0 : 1 }
        }
        if request.minimumCount > 0 { try results.take(found.count) }
        var buckets: [AggregationBucket] = []
        buckets.reserveCapacity(found.count)
        for candidate in found {
            buckets.append(
                AggregationBucket(
                    request.grid.key(of: candidate.key), text: text(candidate.key), count: candidate.count,
                    parts: try inner.results(of: Int(candidate.bucket), &results)))
        }
        return .buckets(AggregationBuckets(buckets))
    }

    private func text(_ cell: Int64) -> String? {
        if case .date = request.grid { field.text.text(cell) } else { nil }
    }

    /// With the cells between, and those that the bounds add.
    private func filled(
        _ found: [BucketCandidate], _ results: inout ResultBudget
    ) throws(QueryError) -> [BucketCandidate] {
        let lower = [found.first?.key, request.extended.lower].compactMap { $0 }.min()
        let upper = [found.last?.key, request.extended.upper].compactMap { $0 }.max()
        guard var cell = lower, let upper else { return found }
        var all: [BucketCandidate] = []
        var rest = found[...]
        while cell <= upper {
            try results.take()
            if let next = rest.first, next.key <= cell {
                // A gap's cells are counted from the last bucket on: rounding may not leave it.
                cell = next.key
                all.append(rest.removeFirst())
            } else {
                all.append(BucketCandidate(bucket: -1, key: cell, count: 0))
            }
            let next = request.grid.next(after: cell)
            if next > cell {
                cell = next
            } else {
                // Beyond 2^53 doubles have no next integer: there are no gaps to fill, only buckets.
                guard let key = rest.first?.key else { break }
                cell = key
            }
        }
        return all
    }
}

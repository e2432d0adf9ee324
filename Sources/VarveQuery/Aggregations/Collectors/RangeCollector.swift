import VarveDocument

/// Buckets by range, of numbers or dates. Ranges are in order and may overlap.
final class RangeCollector: Collector {
    /// One range, with its bounds as columns have them.
    struct Range {
        var key: String
        /// The least value in it, and the least beyond it; nil where it is open.
        var lower: Int64?
        var upper: Int64?
        var from: AggregationFigure
        var to: AggregationFigure
    }

    let makesBuckets = true
    private let ranges: [Range]
    private let field: AggregatedField
    private let missing: Int64?
    private let isDouble: Bool
    private let inner: InnerCollectors
    private let budget: CollectBudget
    private var counts: [Int] = []
    private var column: SegmentColumn?
    private var values = ValueBatch()
    private var batch = RowBatch()

    /// - Parameter isDouble: Bounds are sortable bits.
    init(
        _ ranges: [Range], _ field: AggregatedField, missing: Int64?, isDouble: Bool,
        _ inner: InnerCollectors,
        _ budget: CollectBudget
    ) {
        self.ranges = ranges
        self.field = field
        self.missing = missing
        self.isDouble = isDouble
        self.inner = inner
        self.budget = budget
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        column = SegmentColumn(field, &segment)
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try column?.gather(
            batch, block: block, missing: missing, isDistinct: true, into: &values, &segment)
        if isDouble && field.kind != .double { values.widen() }
        let needed = (Int(batch.owners.max() ?? -1) + 1) * ranges.count
        if needed > counts.count {
            try budget.take(needed - counts.count)
            counts.append(contentsOf: repeatElement(0, count: needed - counts.count))
        }
        self.batch.removeAll()
        for (number, range) in ranges.enumerated() { collect(number, range) }
        try inner.collect(self.batch, block: block, &segment)
    }

    private func collect(_ number: Int, _ range: Range) {
        let (low, high) = (range.lower ?? .min, range.upper ?? .max)
        let isOpen = range.upper == nil
        var last: (row: Int32, owner: Int32) = (-1, -1)
        for i in values.values.indices {
            let value = values.values[i]
            guard value >= low, isOpen || value < high else { continue }
            let (row, owner) = (values.rows[i], values.owners[i])
            if last == (row, owner) { continue }
            last = (row, owner)
            let bucket = Int(owner) * ranges.count + number
            counts[bucket] += 1
            batch.append(row, Int32(bucket))
        }
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        try results.take(ranges.count)
        var buckets: [AggregationBucket] = []
        for (number, range) in ranges.enumerated() {
            let place = owner < 0 ? -1 : owner * ranges.count + number
            let count = counts.indices.contains(place) ? counts[place] : 0
            var bucket = AggregationBucket(
                .string(range.key), count: count, parts: try inner.results(of: place, &results))
            bucket.lower = range.from
            bucket.upper = range.to
            buckets.append(bucket)
        }
        return .buckets(AggregationBuckets(buckets))
    }
}

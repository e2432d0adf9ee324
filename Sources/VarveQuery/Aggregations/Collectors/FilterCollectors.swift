import VarveSegment

/// Documents that match a query as well.
final class FilterCollector: Collector {
    let makesBuckets = false
    private let query: PreparedQuery
    private let inner: InnerCollectors
    private var counts = OwnerCounts()
    private var run: FilterRun?
    private var batch = RowBatch()

    init(_ query: PreparedQuery, _ inner: InnerCollectors) {
        self.query = query
        self.inner = inner
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        run = try segment.run(query)
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        guard var run else { return }
        self.run = nil
        try run.select(batch, block: block, isMatch: true, into: &self.batch, &segment)
        self.run = run
        counts.add(self.batch)
        try inner.collect(self.batch, block: block, &segment)
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        .bucket(
            AggregationBucket(nil, count: counts[owner], parts: try inner.results(of: owner, &results)))
    }

    func figure(_ name: String?, of owner: Int) -> Double? {
        name == nil || name == "_count" ? Double(counts[owner]) : nil
    }

    func inner(_ name: String) -> (any Collector)? { inner[name] }
}

/// Documents without a value of a field.
final class MissingCollector: Collector {
    let makesBuckets = false
    private let field: AggregatedField
    private let inner: InnerCollectors
    private var counts = OwnerCounts()
    private var column: SegmentColumn?
    private var batch = RowBatch()

    init(_ field: AggregatedField, _ inner: InnerCollectors) {
        self.field = field
        self.inner = inner
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        column = SegmentColumn(field, &segment)
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try column?.missing(batch, block: block, into: &self.batch, &segment)
        counts.add(self.batch)
        try inner.collect(self.batch, block: block, &segment)
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        .bucket(
            AggregationBucket(nil, count: counts[owner], parts: try inner.results(of: owner, &results)))
    }

    func figure(_ name: String?, of owner: Int) -> Double? {
        name == nil || name == "_count" ? Double(counts[owner]) : nil
    }

    func inner(_ name: String) -> (any Collector)? { inner[name] }
}

/// All documents: it is given those whatever the query.
final class GlobalCollector: Collector {
    let makesBuckets = false
    private let inner: InnerCollectors
    private var count = 0

    init(_ inner: InnerCollectors) { self.inner = inner }

    func begin(_ segment: inout AggregatedSegment) throws { try inner.begin(&segment) }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        count += batch.rows.count
        try inner.collect(batch, block: block, &segment)
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        .bucket(AggregationBucket(nil, count: count, parts: try inner.results(of: 0, &results)))
    }
}

/// A bucket for each of some queries.
final class FiltersCollector: Collector {
    let makesBuckets = true
    private let names: [String?]
    private let queries: [PreparedQuery]
    /// Queries, and one more where there is a bucket for the rest.
    private let width: Int
    private let hasOther: Bool
    private let inner: InnerCollectors
    private let budget: CollectBudget
    private var counts: [Int] = []
    private var runs: [FilterRun] = []
    private var selected = RowBatch()
    private var batch = RowBatch()

    /// - Parameter names: One a bucket, the other bucket's too.
    init(
        _ queries: [PreparedQuery], names: [String?], hasOther: Bool, _ inner: InnerCollectors,
        _ budget: CollectBudget
    ) {
        self.queries = queries
        self.names = names
        self.hasOther = hasOther
        self.inner = inner
        self.budget = budget
        width = queries.count + (hasOther ? 1 : 0)
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        runs = []
        for query in queries { runs.append(try segment.run(query)) }
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        let needed = (Int(batch.owners.max() ?? -1) + 1) * width
        if needed > counts.count {
            try budget.take(needed - counts.count)
            counts.append(contentsOf: repeatElement(0, count: needed - counts.count))
        }
        self.batch.removeAll()
        var rest = batch
        for number in runs.indices {
            try runs[number].select(batch, block: block, isMatch: true, into: &selected, &segment)
            take(selected, number)
            if hasOther {
                let before = rest
                try runs[number].select(before, block: block, isMatch: false, into: &rest, &segment)
            }
        }
        if hasOther { take(rest, runs.count) }
        try inner.collect(self.batch, block: block, &segment)
    }

    private func take(_ selected: RowBatch, _ number: Int) {
        for i in selected.rows.indices {
            let bucket = Int(selected.owners[i]) * width + number
            counts[bucket] += 1
            batch.append(selected.rows[i], Int32(bucket))
        }
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        try results.take(width)
        var buckets: [AggregationBucket] = []
        for number in 0..<width {
            let place = owner < 0 ? -1 : owner * width + number
            buckets.append(
                AggregationBucket(
                    names[number].map { .string($0) },
                    count: counts.indices.contains(place) ? counts[place] : 0,
                    parts: try inner.results(of: place, &results)))
        }
        return .buckets(AggregationBuckets(buckets))
    }
}

/// Documents by bucket of the enclosing aggregation.
struct OwnerCounts {
    private var counts: [Int] = []

    subscript(owner: Int) -> Int { counts.indices.contains(owner) ? counts[owner] : 0 }

    mutating func add(_ batch: RowBatch) {
        let needed = Int(batch.owners.max() ?? -1) + 1
        if needed > counts.count {
            counts.append(contentsOf: repeatElement(0, count: needed - counts.count))
        }
        for owner in batch.owners { counts[Int(owner)] &+= 1 }
    }
}

extension AggregatedSegment {
    mutating func run(_ query: PreparedQuery) throws -> FilterRun {
        var builder = FilterBuilder(view, columns, blockRows: blockRows)
        let run = FilterRun(try builder.filter(query), rowCount: view.rowCount, blockRows: blockRows)
        columns = builder.columns
        return run
    }
}

extension FilterRun {
    /// Replaces `out` by the entries of a batch that match, or by those that do not.
    mutating func select(
        _ batch: RowBatch, block: Int, isMatch: Bool, into out: inout RowBatch,
        _ segment: inout AggregatedSegment
    ) throws {
        out.removeAll()
        switch try evaluate(block: block, &segment.columns) {
        case .none: if !isMatch { out = batch }
        case .all: if isMatch { out = batch }
        case .some:
            let wanted: UInt64 = isMatch ? 1 : 0
            for i in batch.rows.indices {
                let row = Int(batch.rows[i])
                if words[row &>> 6] &>> UInt64(row & 63) & 1 == wanted {
                    out.append(batch.rows[i], batch.owners[i])
                }
            }
        }
    }
}

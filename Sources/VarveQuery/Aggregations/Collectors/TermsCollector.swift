import VarveBytes
import VarveDocument
import VarveSegment

/// Buckets by value.
final class TermsCollector: Collector {
    let makesBuckets = true
    private let request: TermsAggregation
    private let field: AggregatedField
    private let order: BucketSorting
    private let inner: InnerCollectors
    private let budget: CollectBudget
    /// The terms of all segments; nil for numbers.
    private let book: TermBook?
    private let missing: Int64?
    private let includes: Set<Int64>?
    private let excludes: Set<Int64>

    private var table = BucketTable()
    /// Values of documents that do not match, where these have a bucket as well.
    private var others = BucketTable()
    private var column: SegmentColumn?
    private var ordinals: BookedOrdinals?
    private var values = ValueBatch()
    private var batch = RowBatch()
    private var owned: OwnedBuckets?

    init(
        _ request: TermsAggregation, _ field: AggregatedField, _ order: BucketSorting,
        _ inner: InnerCollectors,
        _ budget: CollectBudget, now: Int64
    ) throws(QueryError) {
        self.request = request
        self.field = field
        self.order = order
        self.inner = inner
        self.budget = budget
        let book = field.kind == .term || field.kind == .unmapped ? TermBook() : nil
        self.book = book
        func key(_ value: QueryValue) throws(QueryError) -> Int64 {
            if let book { return Int64(book.number(of: Array(value.description.utf8).rawSpan)) }
            return try field.column(value, now: now)
        }
        if let value = request.missing { missing = try key(value) } else { missing = nil }
        var all: Set<Int64>?
        if let values = request.includes {
            var keys = Set<Int64>()
            for value in values { keys.insert(try key(value)) }
            all = keys
        }
        includes = all
        var keys = Set<Int64>()
        for value in request.excludes { keys.insert(try key(value)) }
        excludes = keys
    }

    var wantsOthers: Bool { request.minimumCount == 0 }

    func begin(_ segment: inout AggregatedSegment) throws {
        let column = SegmentColumn(field, &segment)
        self.column = column
        ordinals = nil
        if field.kind == .term, let number = column.field {
            ordinals = BookedOrdinals(segment.view, field: number)
        }
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try gather(batch, block: block, &segment)
        let before = table.count
        table.collect(values, into: &self.batch)
        try budget.take(table.count - before)
        try inner.collect(self.batch, block: block, &segment)
    }

    /// Takes in values of documents whether they match or not.
    func collectOthers(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try gather(batch, block: block, &segment)
        let before = others.count
        others.collect(values, into: &self.batch)
        try budget.take(others.count - before)
    }

    private func gather(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        guard let column else { return }
        let stand = book == nil ? missing : missing.map { _ in -1 }
        try column.gather(
            batch, block: block, missing: stand, isDistinct: true, into: &values, &segment)
        guard let book else { return }
        if ordinals != nil {
            try ordinals?.book(&values, book, missing: missing ?? 0, segment.view)
        } else if let missing {
            for i in values.values.indices { values.values[i] = missing }
        }
    }

    // MARK: Results

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        let owned = self.owned ?? table.byOwner()
        self.owned = owned
        var candidates: [BucketCandidate] = []
        var total = 0
        for bucket in owned[owner] {
            let key = table.keys[Int(bucket)]
            let count = table.counts[Int(bucket)]
            guard count >= request.minimumCount, isWanted(key) else { continue }
            total += count
            candidates.append(BucketCandidate(bucket: bucket, key: key, count: count))
        }
        for key in others.keys where isWanted(key) && table.find(Int32(clamping: owner), key) == nil {
            candidates.append(BucketCandidate(bucket: -1, key: key, count: 0))
        }
        let best = try order.best(request.size, of: candidates, inner) {
            [book] left, right in
            book?.compare(left, right) ?? (left < right ? -1 : left == right ? 0 : 1)
        }
        var buckets: [AggregationBucket] = []
        buckets.reserveCapacity(best.count)
        try results.take(best.count)
        for candidate in best {
            total -= candidate.count
            buckets.append(
                AggregationBucket(
                    key(candidate.key), text: field.text.text(candidate.key), count: candidate.count,
                    parts: try inner.results(of: Int(candidate.bucket), &results)))
        }
        return .buckets(AggregationBuckets(buckets, keys: keyKind, otherCount: total))
    }

    private func isWanted(_ key: Int64) -> Bool {
        (includes?.contains(key) ?? true) && !excludes.contains(key)
    }

    private func key(_ key: Int64) -> AggregationBucket.Key {
        if let book { return .string(book.text(key)) }
        return field.kind == .double ? .double(Double(sortableBits: key)) : .integer(key)
    }

    private var keyKind: AggregationBuckets.KeyKind {
        switch field.kind {
        case .term: .string
        case .integer, .boolean, .date: .integer
        case .double: .double
        case .unmapped: .none
        }
    }
}

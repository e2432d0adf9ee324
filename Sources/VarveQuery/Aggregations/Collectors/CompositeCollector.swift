import VarveDocument
import VarveSegment

/// Buckets by combination of several sources' values.
///
/// A combination is a chain through one table a source: each entry of a table names the entry before it as its
/// owner. An owner's lowest bit says that the source has no value.
final class CompositeCollector: Collector {
    /// One source, with every value read.
    struct Source {
        var name: String
        var field: AggregatedField
        /// Nil for plain values.
        var grid: HistogramGrid?
        var isDescending: Bool
        var countsMissing: Bool
        /// Whether keys are shown as texts.
        var isFormatted: Bool
        /// The terms of all segments; nil for numbers.
        var book: TermBook?
    }

    /// One source's part of a key; nil where there is no value.
    typealias Key = [Int64?]

    let makesBuckets = true
    private let sources: [Source]
    private let size: Int
    private let after: Key?
    private let inner: InnerCollectors
    private let budget: CollectBudget
    private var tables: [BucketTable]
    private var columns: [SegmentColumn] = []
    private var ordinals: [BookedOrdinals?] = []
    private var values = ValueBatch()

    init(_ sources: [Source], size: Int, after: Key?, _ inner: InnerCollectors, _ budget: CollectBudget) {
        self.sources = sources
        self.size = size
        self.after = after
        self.inner = inner
        self.budget = budget
        tables = sources.map { _ in BucketTable() }
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        columns = []
        ordinals = []
        for source in sources {
            let column = SegmentColumn(source.field, &segment)
            columns.append(column)
            let isTerm = source.field.kind == .term
            ordinals.append(isTerm ? column.field.map { BookedOrdinals(segment.view, field: $0) } : nil)
        }
        try inner.begin(&segment)
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        var batch = batch
        for place in sources.indices {
            let before = tables[place].count
            batch = try extend(batch, place, block: block, &segment)
            try budget.take(tables[place].count - before)
        }
        for bucket in batch.owners { tables[sources.count - 1].increment(bucket) }
        try inner.collect(batch, block: block, &segment)
    }

    /// The rows of a batch, once for every value of one more source.
    private func extend(
        _ batch: RowBatch, _ place: Int, block: Int, _ segment: inout AggregatedSegment
    ) throws -> RowBatch {
        let source = sources[place]
        var found = RowBatch()
        try columns[place].gather(
            batch, block: block, missing: nil, isDistinct: true, into: &values, &segment)
        if let book = source.book { try ordinals[place]?.book(&values, book, missing: 0, segment.view) }
        source.grid?.replace(&values.values)
        var last: (row: Int32, owner: Int32, value: Int64)?
        for i in values.values.indices {
            let entry = (row: values.rows[i], owner: values.owners[i], value: values.values[i])
            if let last, last == entry { continue }
            last = entry
            found.append(entry.row, tables[place].bucket(entry.owner &<< 1, entry.value))
        }
        if source.countsMissing {
            var rest = RowBatch()
            try columns[place].missing(batch, block: block, into: &rest, &segment)
            for i in rest.rows.indices {
                found.append(rest.rows[i], tables[place].bucket(rest.owners[i] &<< 1 | 1, 0))
            }
        }
        return found
    }

    // MARK: Results

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        var found: [(bucket: Int32, key: Key)] = []
        if owner == 0 {
            for bucket in 0..<Int32(tables[sources.count - 1].count) {
                let key = key(of: bucket)
                if let after, compare(key, after) <= 0 { continue }
                found.append((bucket, key))
            }
        }
        found.sort { compare($0.key, $1.key) < 0 }
        found = Array(found.prefix(size))
        try results.take(found.count)
        var buckets: [AggregationBucket] = []
        for (number, key) in found {
            var bucket = AggregationBucket(
                nil, count: tables[sources.count - 1].counts[Int(number)],
                parts: try inner.results(of: Int(number), &results))
            bucket.keys = zip(sources, key).map { source, value in value.map { shown($0, source) } }
            buckets.append(bucket)
        }
        return .buckets(AggregationBuckets(buckets))
    }

    private func key(of bucket: Int32) -> Key {
        var key = Key(repeating: nil, count: sources.count)
        var bucket = Int(bucket)
        for place in sources.indices.reversed() {
            let owner = tables[place].owners[bucket]
            if owner & 1 == 0 { key[place] = tables[place].keys[bucket] }
            bucket = Int(owner >> 1)
        }
        return key
    }

    private func compare(_ left: Key, _ right: Key) -> Int {
        for (place, source) in sources.enumerated() {
            let order: Int
            switch (left[place], right[place]) {
            case (nil, nil): continue
            case (nil, _): order = -1
            case (_, nil): order = 1
            case (let first?, let second?):
                order = source.book?.compare(first, second) ?? (first < second ? -1 : first == second ? 0 : 1)
            }
            if order != 0 { return source.isDescending ? -order : order }
        }
        return 0
    }

    private func shown(_ value: Int64, _ source: Source) -> AggregationBucket.Key {
        if let book = source.book { return .string(book.text(value)) }
        if source.isFormatted, let text = source.field.text.text(value) { return .string(text) }
        if let grid = source.grid { return grid.key(of: value) }
        return source.field.kind == .double ? .double(Double(sortableBits: value)) : .integer(value)
    }
}

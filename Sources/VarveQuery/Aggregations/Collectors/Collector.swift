/// What gathers the answer to one aggregation over all segments of a search.
///
/// It is called once a block at most, with all rows of the block that the enclosing aggregation passes on. Results
/// are asked for once the last block is done, bucket by bucket of the enclosing aggregation.
protocol Collector: AnyObject {
    /// Whether a result is a list of buckets.
    var makesBuckets: Bool { get }

    func begin(_ segment: inout AggregatedSegment) throws
    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws

    /// The answer for one bucket of the enclosing aggregation; below zero: for one without documents.
    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value

    /// One figure of a bucket, by which buckets are ordered; nil if it has none of this name.
    func figure(_ name: String?, of owner: Int) -> Double?
    /// The aggregation inside single buckets; nil if there is none of this name.
    func inner(_ name: String) -> (any Collector)?
}

extension Collector {
    func figure(_ name: String?, of owner: Int) -> Double? { nil }
    func inner(_ name: String) -> (any Collector)? { nil }
}

/// Counts the buckets of an answer, which are limited.
struct ResultBudget {
    let limit: Int
    private(set) var count = 0

    init(limit: Int) { self.limit = limit }

    mutating func take(_ buckets: Int = 1) throws(QueryError) {
        count += buckets
        if count > limit {
            throw QueryError(
                .tooManyBuckets,
                "Trying to create too many buckets. Must be less than or equal to: [\(limit)] but was [\(count)]. "
                    + "This limit can be set by changing the [search.max_buckets] cluster level setting.",
                limit: limit)
        }
    }
}

/// Counts what is kept while documents are gone through: buckets, and cells of distinct values.
final class CollectBudget {
    /// About half a gigabyte.
    static let limit = 10_000_000
    private var count = 0

    func take(_ cells: Int) throws(QueryError) {
        count += cells
        if count > Self.limit {
            throw QueryError(
                .tooComplex,
                "the aggregations need more than \(Self.limit) buckets to find those that are wanted; narrow the "
                    + "query, or use [composite]")
        }
    }
}

/// The aggregations inside the buckets of another.
struct InnerCollectors {
    let names: [String]
    let collectors: [any Collector]

    var isEmpty: Bool { collectors.isEmpty }

    func begin(_ segment: inout AggregatedSegment) throws {
        for collector in collectors { try collector.begin(&segment) }
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        if batch.isEmpty { return }
        for collector in collectors { try collector.collect(batch, block: block, &segment) }
    }

    func results(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> [AggregationResult] {
        var all: [AggregationResult] = []
        all.reserveCapacity(collectors.count)
        for (place, collector) in collectors.enumerated() {
            all.append(AggregationResult(names[place], try collector.result(of: owner, &results)))
        }
        return all
    }

    subscript(name: String) -> (any Collector)? {
        names.firstIndex(of: name).map { collectors[$0] }
    }
}

import VarveBytes
import VarveDocument
import VarveSegment

/// How many different values, by bucket of the enclosing aggregation.
final class CardinalityCollector: Collector {
    let makesBuckets = false
    private let field: AggregatedField
    private let threshold: Int
    private let missing: Int64?
    private let missingHash: UInt64
    private let budget: CollectBudget
    private var counters: [DistinctCounter] = []
    private var column: SegmentColumn?
    /// The hashes of the segment's terms, plus whether they are known.
    private var hashes: [UInt64] = []
    private var values = ValueBatch()

    init(
        _ request: MetricAggregation, threshold: Int, _ field: AggregatedField, _ budget: CollectBudget,
        now: Int64
    ) throws(QueryError) {
        self.field = field
        self.threshold = min(threshold, 40_000)
        self.budget = budget
        let isTerm = field.kind == .term || field.kind == .unmapped
        if let value = request.missing {
            missing = isTerm ? -1 : try field.column(value, now: now)
            missingHash = XXH64.hash(Array(value.description.utf8).rawSpan) | 1
        } else {
            (missing, missingHash) = (nil, 0)
        }
    }

    func begin(_ segment: inout AggregatedSegment) throws {
        let column = SegmentColumn(field, &segment)
        self.column = column
        hashes = []
        if field.kind == .term, let number = column.field {
            hashes = [UInt64](repeating: 0, count: segment.view.fields[number].termCount)
        }
    }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        guard let column else { return }
        try column.gather(
            batch, block: block, missing: missing, isDistinct: true, into: &values, &segment)
        var cells = 0
        for i in values.values.indices {
            let owner = Int(values.owners[i])
            while counters.count <= owner { counters.append(DistinctCounter(threshold: threshold)) }
            let hash = try hash(of: values.values[i], column, segment.view)
            counters[owner].add(hash, &cells)
        }
        try budget.take(cells)
    }

    /// Of a term its bytes' hash, of a number its bits mixed: equal in all segments.
    private func hash(
        of value: Int64, _ column: SegmentColumn, _ view: any SegmentView
    ) throws -> UInt64 {
        guard field.kind == .term || field.kind == .unmapped else {
            return DistinctCounter.mix(UInt64(bitPattern: value))
        }
        guard value >= 0, let number = column.field else { return missingHash }
        let ordinal = Int(value)
        if hashes[ordinal] == 0 {
            try view.forEachTerm(near: ordinal, field: number) { hashes[$0] = XXH64.hash($1) | 1 }
        }
        return hashes[ordinal]
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        .count(count(of: owner))
    }

    private func count(of owner: Int) -> Int {
        counters.indices.contains(owner) ? counters[owner].count : 0
    }

    func figure(_ name: String?, of owner: Int) -> Double? {
        name == nil || name == "value" ? Double(count(of: owner)) : nil
    }
}

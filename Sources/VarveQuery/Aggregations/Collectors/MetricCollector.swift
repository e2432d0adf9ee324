import VarveDocument

/// Figures of a field's values, by bucket of the enclosing aggregation.
final class MetricCollector: Collector {
    let makesBuckets = false
    private let figure: MetricAggregation.Figure
    private let field: AggregatedField
    private let missing: Int64?
    private var sums = MetricSums()
    private var column: SegmentColumn?
    private var values = ValueBatch()

    init(_ request: MetricAggregation, _ field: AggregatedField, now: Int64) throws(QueryError) {
        figure = request.figure
        self.field = field
        if let value = request.missing, field.kind != .unmapped {
            // Counting needs no number: any value does.
            missing = field.kind == .term ? -1 : try field.column(value, now: now)
        } else if let value = request.missing {
            let number = try FieldTestReader.double(value, FieldDefinition(request.field, .double))
            missing = number.sortableBits
        } else {
            missing = nil
        }
    }

    func begin(_ segment: inout AggregatedSegment) throws { column = SegmentColumn(field, &segment) }

    func collect(_ batch: RowBatch, block: Int, _ segment: inout AggregatedSegment) throws {
        try column?.gather(
            batch, block: block, missing: missing, isDistinct: false, into: &values, &segment)
        if figure == .count {
            sums.count(values)
        } else if field.kind == .double || field.kind == .unmapped {
            sums.add(values) { Double(sortableBits: $0) }
        } else {
            sums.add(values) { Double($0) }
        }
    }

    func result(of owner: Int, _ results: inout ResultBudget) throws(QueryError) -> AggregationResult.Value {
        let sum = sums[owner]
        func shown(_ value: Double) -> AggregationFigure {
            value.isFinite ? field.text.figure(value) : AggregationFigure(nil)
        }
        switch figure {
        case .count, .cardinality: return .count(sum.count)
        case .minimum: return .figure(shown(sum.minimum))
        case .maximum: return .figure(shown(sum.maximum))
        case .sum: return .figure(field.text.figure(sum.sum))
        case .average: return .figure(shown(sum.average))
        case .statistics, .extendedStatistics:
            return .statistics(
                AggregationStatistics(
                    count: sum.count, minimum: shown(sum.minimum), maximum: shown(sum.maximum),
                    average: shown(sum.average),
                    sum: sum.count == 0 ? AggregationFigure(0) : field.text.figure(sum.sum),
                    sumOfSquares: figure == .statistics ? nil : sum.squares))
        }
    }

    func figure(_ name: String?, of owner: Int) -> Double? {
        let sum = sums[owner]
        switch (figure, name) {
        case (.minimum, nil), (.minimum, "value"): return sum.minimum
        case (.maximum, nil), (.maximum, "value"): return sum.maximum
        case (.sum, nil), (.sum, "value"): return sum.sum
        case (.average, nil), (.average, "value"): return sum.average
        case (.count, nil), (.count, "value"): return Double(sum.count)
        case (.statistics, let name?), (.extendedStatistics, let name?):
            switch name {
            case "count": return Double(sum.count)
            case "min": return sum.minimum
            case "max": return sum.maximum
            case "avg": return sum.average
            case "sum": return sum.sum
            default: return nil
            }
        default: return nil
        }
    }
}

/// The figures that are kept for one bucket.
struct MetricSum {
    var count = 0
    var minimum = Double.infinity
    var maximum = -Double.infinity
    var sum = 0.0
    var squares = 0.0
    /// What the sums have lost to rounding so far (Kahan).
    fileprivate var sumLoss = 0.0
    fileprivate var squaresLoss = 0.0

    var average: Double { count == 0 ? .nan : sum / Double(count) }

    @inline(__always)
    fileprivate mutating func add(_ value: Double) {
        count &+= 1
        minimum = Double.minimum(minimum, value)
        maximum = Double.maximum(maximum, value)
        Self.add(value, &sum, &sumLoss)
        Self.add(value * value, &squares, &squaresLoss)
    }

    @inline(__always)
    private static func add(_ value: Double, _ sum: inout Double, _ loss: inout Double) {
        let corrected = value + loss
        let next = sum + corrected
        if next.isFinite {
            loss = corrected - (next - sum)
            sum = next
        } else {
            sum = value + sum
        }
    }
}

/// The sums of all buckets.
struct MetricSums {
    private var sums: [MetricSum] = []

    subscript(owner: Int) -> MetricSum {
        sums.indices.contains(owner) ? sums[owner] : MetricSum()
    }

    private mutating func reserve(_ owners: [Int32]) {
        let count = Int(owners.max() ?? -1) + 1
        if count <= sums.count { return }
        sums.append(contentsOf: repeatElement(MetricSum(), count: count - sums.count))
    }

    mutating func count(_ batch: ValueBatch) {
        reserve(batch.owners)
        for owner in batch.owners { sums[Int(owner)].count &+= 1 }
    }

    @inline(__always)
    mutating func add(_ batch: ValueBatch, _ number: (Int64) -> Double) {
        reserve(batch.owners)
        let (values, owners) = (batch.values.span, batch.owners.span)
        for i in values.indices { sums[Int(owners[i])].add(number(values[i])) }
    }
}

import VarveBytes
import VarveDocument
import VarveSegment

/// The sort keys of one segment: where each comes from, what it can be in a block, and its values block by block.
///
/// Terms become `2 * ordinal + 1`, so that a term which the segment lacks has a place between its neighbours:
/// `2 * ordinal` of the first greater one. Where rows without a term sort as if they had a certain one, terms become
/// `4 * ordinal + 2`: between two of them there is a place for that one, and one on either side of it.
struct SegmentKeys {
    enum Source {
        /// Every row has this key.
        case constant(Int64)
        /// Numbers, and what becomes of them where indices differ.
        case column(ColumnSet.Slot, NumberConversion)
        case ordinals(ColumnSet.Slot)
        /// Sequence numbers, with the shard in the upper bits for document order.
        case births(base: Int64)
        /// By row: place of the row's id.
        case ids(IDRanks)
        /// Scores, which the scan computes; none is above this one.
        case scores(bound: Int64)
    }

    let keys: [SortPlan.Key]
    let sources: [Source]
    let view: any SegmentView
    let blockRows: Int

    init(
        _ plan: SortPlan, _ view: any SegmentView, shard: Int, columns: inout ColumnSet, blockRows: Int,
        scores: ScoreRun? = nil
    ) throws {
        self.view = view
        self.blockRows = blockRows
        var keys = plan.keys
        var sources: [Source] = []
        for number in keys.indices {
            try Self.placeMissingTerm(&keys[number], view)
            if keys[number].source == .score {
                sources.append(Self.source(keys[number], scores))
            } else {
                sources.append(try Self.source(keys[number], view, shard, &columns))
            }
        }
        self.keys = keys
        self.sources = sources
    }

    /// A term for rows without one has a place of its own in each segment.
    private static func placeMissingTerm(_ key: inout SortPlan.Key, _ view: any SegmentView) throws {
        guard let term = key.missingTerm else { return }
        guard let field = view.field(named: key.field), view.fields[field].rowsWithValue > 0 else {
            key.missing = key.directed(1)
            return
        }
        switch try view.ordinal(of: term.rawSpan, field: field) {
        case .found(let ordinal): key.missing = key.directed(4 * Int64(ordinal) + 2)
        case .absent(let ordinal): key.missing = key.directed(4 * Int64(ordinal))
        }
    }

    private static func source(_ key: SortPlan.Key, _ scores: ScoreRun?) -> Source {
        if let uniform = scores?.uniform { return .constant(key.directed(Double(uniform).sortableBits)) }
        return .scores(bound: Double(scores?.bound ?? 0).sortableBits)
    }

    private static func source(
        _ key: SortPlan.Key, _ view: any SegmentView, _ shard: Int, _ columns: inout ColumnSet
    ) throws -> Source {
        switch key.source {
        case .document: return .births(base: TieBreak.base(ofShard: shard))
        case .sequenceNumber: return .births(base: 0)
        case .id: return .ids(try IDRanks(view))
        case .number, .term: break
        case .score: return .constant(0)
        }
        guard let field = view.field(named: key.field), view.fields[field].rowsWithValue > 0 else {
            return .constant(key.missing)
        }
        if key.source == .term { return .ordinals(columns.slot(of: field)) }
        let type = view.fields[field].definition.type
        let isDouble = type == .double || type == .float
        let wantsDouble = key.source == .number(.double) || key.source == .number(.float)
        return .column(
            columns.slot(of: field), isDouble == wantsDouble ? .none : isDouble ? .truncated : .widened)
    }

    func rows(of block: Int) -> Range<Int> {
        block * blockRows..<min((block + 1) * blockRows, view.rowCount)
    }

    /// Least and greatest first key that rows of a block may have.
    func bounds(ofBlock block: Int, _ columns: ColumnSet) -> (best: Int64, worst: Int64) {
        guard let source = sources.first else { return (0, 0) }
        let rows = rows(of: block)
        switch source {
        case .constant(let key): return (key, key)
        case .column(let slot, _), .ordinals(let slot):
            return bounds(columns.zone(slot, block: block), rows: rows.count)
        case .births(let base):
            // Births ascend by at least one a row, which bounds them from both ends.
            let low = view.births.lowerBound.rawValue + UInt64(rows.lowerBound)
            let high = view.births.upperBound.rawValue - UInt64(view.rowCount - rows.upperBound)
            return directed(base | Int64(low), base | Int64(high))
        case .ids: return directed(0, 2 * Int64(view.rowCount))
        case .scores(let bound): return directed(0, bound)
        }
    }

    /// Least and greatest first key of the segment.
    func bounds() -> (best: Int64, worst: Int64) {
        guard let source = sources.first else { return (0, 0) }
        switch source {
        case .column, .ordinals:
            guard let number = view.field(named: keys[0].field) else {
                return (keys[0].missing, keys[0].missing)
            }
            let field = view.fields[number]
            let zone = ZoneMap(
                minimum: field.minimum, maximum: field.maximum, missing: view.rowCount - field.rowsWithValue,
                isSorted: false)
            return bounds(zone, rows: view.rowCount)
        case .constant(let key): return (key, key)
        case .births(let base):
            return directed(
                base | Int64(view.births.lowerBound.rawValue), base | Int64(view.births.upperBound.rawValue))
        case .ids: return directed(0, 2 * Int64(view.rowCount))
        case .scores(let bound): return directed(0, bound)
        }
    }

    private func bounds(_ zone: ZoneMap, rows: Int) -> (best: Int64, worst: Int64) {
        let missing = keys[0].missing
        if zone.missing >= rows { return (missing, missing) }
        // A sum may be beyond all values.
        if keys[0].mode == .sum { return (.min, .max) }
        let (best, worst) = directed(
            raw(zone.minimum, source: sources[0]), raw(zone.maximum, source: sources[0]))
        return zone.missing == 0 ? (best, worst) : (min(best, missing), max(worst, missing))
    }

    private func directed(_ low: Int64, _ high: Int64) -> (best: Int64, worst: Int64) {
        keys[0].isDescending ? (~high, ~low) : (low, high)
    }

    /// A column's value as a key, not yet directed.
    private func raw(_ value: Int64, source: Source) -> Int64 {
        switch source {
        case .ordinals: value &<< keys[0].termShift &+ keys[0].termShift
        case .column(_, let conversion): conversion.apply(value)
        default: value
        }
    }

    /// The rows of a block, counted from its start, whose first key may lie in `window`: all of them, unless the
    /// block is sorted.
    func candidates(
        ofBlock block: Int, in window: ClosedRange<Int64>, _ columns: inout ColumnSet
    ) throws -> Range<Int> {
        let count = rows(of: block).count
        guard let first = sources.first else { return 0..<count }
        switch first {
        case .column(let slot, _), .ordinals(let slot):
            guard columns.zone(slot, block: block).isSorted else { return 0..<count }
            try columns.load(slot, block: block)
            let (low, high) =
                keys[0].isDescending
                ? (~window.upperBound, ~window.lowerBound) : (window.lowerBound, window.upperBound)
            let values = columns.columns[slot].values
            let start = partition(count) { raw(values[$0], source: first) >= low }
            return start..<max(start, partition(count) { raw(values[$0], source: first) > high })
        case .constant, .births, .ids, .scores: return 0..<count
        }
    }

    /// The first of `count` places where an ascending condition holds.
    private func partition(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Puts the key number `number` of the block's `rows` (counted from its start) at the same places of `values`,
    /// which has room for a block.
    func read(
        _ number: Int, block: Int, _ rows: Range<Int>, into values: inout [Int64], _ columns: inout ColumnSet,
        births: inout [UInt64]
    ) throws {
        let key = keys[number]
        switch sources[number] {
        case .constant(let constant): for row in rows { values[row] = constant }
        case .column(let slot, let conversion):
            try columns.load(slot, block: block)
            if key.combines && !columns.columns[slot].starts.isEmpty {
                CombinedKeys.read(columns.columns[slot], rows, key, conversion, into: &values)
            } else if conversion != .none {
                KeyKernels.readConverted(columns.columns[slot], rows, key, conversion, into: &values)
            } else {
                KeyKernels.read(columns.columns[slot], rows, key, shift: 0, into: &values)
            }
        case .ordinals(let slot):
            try columns.load(slot, block: block)
            KeyKernels.read(columns.columns[slot], rows, key, shift: key.termShift, into: &values)
        case .births(let base):
            let start = block * blockRows
            try view.readBirths(start + rows.lowerBound..<start + rows.upperBound, into: &births)
            for row in rows { values[row] = key.directed(base | Int64(births[row - rows.lowerBound])) }
        case .scores: preconditionFailure("scores are the scan's")
        case .ids(let ranks):
            let start = block * blockRows
            for row in rows { values[row] = key.directed(2 * Int64(ranks.ranks[start + row]) + 1) }
        }
    }
}

/// The loops that turn column values into keys; each is called once a block.
enum KeyKernels {
    /// Key of a value: `value << shift + shift`, complemented where the order descends.
    static func read(
        _ column: ColumnBlock, _ rows: Range<Int>, _ key: SortPlan.Key, shift: Int64,
        into keys: inout [Int64]
    ) {
        let complement: Int64 = key.isDescending ? -1 : 0
        if column.starts.isEmpty {
            let values = column.values
            for row in rows { keys[row] = (values[row] &<< shift &+ shift) ^ complement }
            markMissing(column, rows, key.missing, in: &keys)
        } else {
            readChosen(column, rows, key, into: &keys) { ($0 &<< shift &+ shift) ^ complement }
        }
    }

    /// Longs as the doubles nearest to them, or doubles without their fractions.
    static func readConverted(
        _ column: ColumnBlock, _ rows: Range<Int>, _ key: SortPlan.Key, _ conversion: NumberConversion,
        into keys: inout [Int64]
    ) {
        let complement: Int64 = key.isDescending ? -1 : 0
        if column.starts.isEmpty {
            let values = column.values
            for row in rows { keys[row] = conversion.apply(values[row]) ^ complement }
            markMissing(column, rows, key.missing, in: &keys)
        } else {
            readChosen(column, rows, key, into: &keys) { conversion.apply($0) ^ complement }
        }
    }

    /// The least or greatest of each row's values, which ascend.
    @inline(__always)
    private static func readChosen(
        _ column: ColumnBlock, _ rows: Range<Int>, _ key: SortPlan.Key, into keys: inout [Int64],
        _ convert: (Int64) -> Int64
    ) {
        let values = column.values
        let starts = column.starts
        for row in rows {
            let start = Int(starts[row])
            let end = Int(starts[row &+ 1])
            keys[row] =
                start == end ? key.missing : convert(values[key.takesMaximum ? end &- 1 : start])
        }
    }

    private static func markMissing(
        _ column: ColumnBlock, _ rows: Range<Int>, _ missing: Int64, in keys: inout [Int64]
    ) {
        if column.present.isEmpty { return }
        for row in rows where column.present[row &>> 6] &>> UInt64(row & 63) & 1 == 0 { keys[row] = missing }
    }
}

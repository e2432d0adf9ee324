import VarveBytes
import VarveSegment

/// The best hits of a search so far, over all segments, best first.
///
/// Numeric keys compare over segments as they are. Ordinals of terms do not: a hit that gets here has its terms
/// looked up, and carries their numbers in a `TermTable` instead.
struct RankedHits {
    let plan: SortPlan
    let capacity: Int
    /// By hit: its segment's place in tie order, its row, and its keys one hit after the other.
    private(set) var segments: [Int32] = []
    private(set) var rows: [Int32] = []
    private(set) var keys: [Int64] = []
    /// By key: the terms met so far; nil for keys that are not terms.
    let tables: [TermTable?]

    init(_ plan: SortPlan, capacity: Int) {
        self.plan = plan
        self.capacity = capacity
        tables = plan.keys.map { $0.source == .term || $0.source == .id ? TermTable() : nil }
    }

    var count: Int { rows.count }

    /// The keys that rows of a segment must be better than; nil while the page is not full.
    func limit(for segment: Int, _ local: SegmentKeys) throws -> (keys: [Int64], winsTies: Bool)? {
        guard count == capacity else { return nil }
        var limit: [Int64] = []
        for number in plan.keys.indices {
            let key = keys[(count - 1) * plan.keys.count + number]
            if let table = tables[number], !Self.isMissing(key) {
                limit.append(try table.withTerm(key) { try local.place(of: $0, key: number) })
            } else {
                limit.append(key)
            }
        }
        return (limit, winsTies: segment < segments[count - 1])
    }

    /// Takes in the best rows of a segment, which come best first.
    mutating func merge(segment: Int, rows newRows: [Int], keys newKeys: [Int64], _ local: SegmentKeys) throws
    {
        if newRows.isEmpty { return }
        let width = plan.keys.count
        let global = try globalKeys(newRows, newKeys, local)
        var merged = RankedArrays(capacity: min(capacity, count + newRows.count), width: width)
        var old = 0
        var new = 0
        while merged.rows.count < capacity && (old < count || new < newRows.count) {
            let takesNew: Bool
            if old == count {
                takesNew = true
            } else if new == newRows.count {
                takesNew = false
            } else {
                let order = compare(keys, old, global, new)
                takesNew = order == 0 ? segment < segments[old] : order > 0
            }
            if takesNew {
                merged.append(Int32(segment), Int32(newRows[new]), global, new, width)
                new += 1
            } else {
                merged.append(segments[old], rows[old], keys, old, width)
                old += 1
            }
        }
        segments = merged.segments
        rows = merged.rows
        keys = merged.keys
    }

    /// A segment's keys with ordinals replaced by numbers of looked-up terms.
    private func globalKeys(_ rows: [Int], _ keys: [Int64], _ local: SegmentKeys) throws -> [Int64] {
        var global = keys
        let width = plan.keys.count
        for number in plan.keys.indices {
            guard let table = tables[number] else { continue }
            var known: [Int64: Int64] = [:]
            for hit in rows.indices {
                let key = keys[hit * width + number]
                if Self.isMissing(key) { continue }
                if let term = known[key] {
                    global[hit * width + number] = term
                } else {
                    let term = try table.add { try local.appendTerm(key, row: rows[hit], number, to: &$0) }
                    known[key] = term
                    global[hit * width + number] = term
                }
            }
        }
        return global
    }

    /// Rows without a term have one of these keys, which no term has.
    static func isMissing(_ key: Int64) -> Bool { key == .max || key == .min }

    private func compare(_ left: [Int64], _ leftHit: Int, _ right: [Int64], _ rightHit: Int) -> Int {
        let width = plan.keys.count
        for number in 0..<width {
            let order = compare(left[leftHit * width + number], right[rightHit * width + number], number)
            if order != 0 { return order }
        }
        return 0
    }

    /// How two values of one key compare in the order asked for.
    func compare(_ left: Int64, _ right: Int64, _ number: Int) -> Int {
        guard let table = tables[number], !Self.isMissing(left), !Self.isMissing(right) else {
            return left < right ? -1 : left == right ? 0 : 1
        }
        let order = table.compare(left, right)
        return plan.keys[number].isDescending ? -order : order
    }
}

/// Hits while they are merged.
private struct RankedArrays {
    var segments: [Int32] = []
    var rows: [Int32] = []
    var keys: [Int64] = []

    init(capacity: Int, width: Int) {
        segments.reserveCapacity(capacity)
        rows.reserveCapacity(capacity)
        keys.reserveCapacity(capacity * width)
    }

    mutating func append(_ segment: Int32, _ row: Int32, _ all: [Int64], _ hit: Int, _ width: Int) {
        segments.append(segment)
        rows.append(row)
        for number in 0..<width { keys.append(all[hit * width + number]) }
    }
}

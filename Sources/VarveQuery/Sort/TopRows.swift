/// The best rows of one segment so far, at most as many as the page needs: a heap with the worst on top.
///
/// A row is better than another by its keys, then by its number. The first key lies in the heap itself, the others
/// beside it, looked at only when first keys tie.
struct TopRows {
    struct Entry {
        var key: Int64
        var row: Int32
        /// Where its other keys lie.
        var slot: Int32
    }

    private let capacity: Int
    private let otherCount: Int
    private var heap: [Entry] = []
    /// The other keys: slot by slot. The last two slots are the candidate's and the limit's.
    private var others: [Int64] = []
    /// What a row must be better than; nil while any row is wanted.
    private(set) var limit: Entry?

    private var candidateSlot: Int { capacity }
    private var limitSlot: Int { capacity + 1 }

    /// - Parameters:
    ///   - capacity: How many rows are wanted, at least one.
    ///   - limit: The worst hit of a full page from other segments, as keys of this one, and whether rows of this
    ///     segment come before it when all keys tie.
    init(capacity: Int, keys: Int, limit: (keys: [Int64], winsTies: Bool)?) {
        precondition(capacity > 0, "no rows are wanted")
        self.capacity = capacity
        otherCount = max(keys - 1, 0)
        others = [Int64](repeating: 0, count: otherCount * (capacity + 2))
        guard let limit else { return }
        for i in 0..<otherCount { others[limitSlot * otherCount + i] = limit.keys[i + 1] }
        self.limit = Entry(
            key: limit.keys.first ?? 0, row: limit.winsTies ? .max : -1, slot: Int32(limitSlot))
    }

    /// Whether a row from `row` on whose first key is not below `best` could still be wanted.
    func mayTake(best: Int64, row: Int) -> Bool {
        guard let limit else { return true }
        return best < limit.key || (best == limit.key && (otherCount > 0 || row < Int(limit.row)))
    }

    /// The greatest first key that a row from `row` on may have.
    @inline(__always)
    func keyMax(fromRow row: Int) -> Int64? {
        guard let limit else { return .max }
        if otherCount > 0 || row < Int(limit.row) { return limit.key }
        return limit.key == .min ? nil : limit.key &- 1
    }

    /// Offers a row that has one key.
    @inline(__always)
    mutating func offer(_ key: Int64, row: Int) {
        let entry = Entry(key: key, row: Int32(truncatingIfNeeded: row), slot: 0)
        if let limit, !(key < limit.key || (key == limit.key && entry.row < limit.row)) { return }
        take(entry)
    }

    /// Offers row `at` of a block, which starts at row `start`, with all its keys.
    mutating func offer(_ blocks: [[Int64]], at: Int, start: Int) {
        for i in 0..<otherCount { others[candidateSlot * otherCount + i] = blocks[i + 1][at] }
        let entry = Entry(key: blocks[0][at], row: Int32(start + at), slot: Int32(candidateSlot))
        if let limit, !isBetter(entry, limit) { return }
        take(entry)
    }

    private mutating func take(_ entry: Entry) {
        if heap.count < capacity {
            var entry = entry
            entry.slot = keep(entry.slot, in: heap.count)
            heap.append(entry)
            if heap.count < capacity { return }
            for at in stride(from: capacity / 2 - 1, through: 0, by: -1) { siftDown(heap[at], from: at) }
        } else {
            var entry = entry
            entry.slot = keep(entry.slot, in: Int(heap[0].slot))
            siftDown(entry, from: 0)
        }
        limit = heap[0]
    }

    /// Moves the candidate's other keys to a slot of their own.
    private mutating func keep(_ slot: Int32, in place: Int) -> Int32 {
        for i in 0..<otherCount { others[place * otherCount + i] = others[Int(slot) * otherCount + i] }
        return Int32(truncatingIfNeeded: place)
    }

    private mutating func siftDown(_ entry: Entry, from start: Int) {
        var at = start
        while true {
            var child = 2 &* at &+ 1
            if child >= heap.count { break }
            if child &+ 1 < heap.count && isBetter(heap[child], heap[child &+ 1]) { child &+= 1 }
            if !isBetter(entry, heap[child]) { break }
            heap[at] = heap[child]
            at = child
        }
        heap[at] = entry
    }

    @inline(__always)
    private func isBetter(_ left: Entry, _ right: Entry) -> Bool {
        if left.key != right.key { return left.key < right.key }
        for i in 0..<otherCount {
            let (a, b) = (others[Int(left.slot) * otherCount + i], others[Int(right.slot) * otherCount + i])
            if a != b { return a < b }
        }
        return left.row < right.row
    }

    /// The rows taken, best first, and their keys, row by row.
    consuming func sorted(keys count: Int) -> (rows: [Int], keys: [Int64]) {
        let order = heap.sorted { isBetter($0, $1) }
        var keys: [Int64] = []
        keys.reserveCapacity(order.count * count)
        for entry in order where count > 0 {
            keys.append(entry.key)
            for i in 0..<otherCount { keys.append(others[Int(entry.slot) * otherCount + i]) }
        }
        return (order.map { Int($0.row) }, keys)
    }
}

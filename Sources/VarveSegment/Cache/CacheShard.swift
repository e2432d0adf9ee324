import VarveBytes

/// One lock's worth of a block cache. What falls out is released after the lock: its `deinit` may be slow.
final class CacheShard: Sendable {
    private let state: Locked<CacheShardState>

    init(byteBudget: Int) { state = Locked(CacheShardState(byteBudget: byteBudget)) }

    func get(_ key: BlockKey) -> (any CachedBlock)? {
        state.withLock { $0.get(key) }
    }

    func insert(_ value: any CachedBlock, _ key: BlockKey) -> any CachedBlock {
        let byteCount = max(value.byteCount, 64)
        let (kept, dropped) = state.withLock { state in
            let kept = state.insert(value, byteCount: byteCount, key)
            return (kept, state.takeDropped())
        }
        _ = dropped
        return kept
    }

    func removeAll(where isUnwanted: @Sendable (BlockKey) -> Bool) {
        let dropped = state.withLock { state in
            state.removeAll(where: isUnwanted)
            return state.takeDropped()
        }
        _ = dropped
    }

    var statistics: BlockCacheStatistics { state.withLock { $0.statistics } }
}

/// The queues of S3-FIFO over one table of entries. Entries are linked by number, so that one can leave from the
/// middle of its queue.
struct CacheShardState {
    enum QueueName: Int { case small, main, ghost }

    struct Entry {
        var key: BlockKey
        /// Nil for ghosts.
        var value: (any CachedBlock)?
        var byteCount: Int
        /// Hits since it entered its queue, at most 3.
        var frequency: UInt8 = 0
        var queue: QueueName
        /// Towards the head, which is the younger end, and the tail; -1 at the ends.
        var younger = -1
        var older = -1
    }

    struct Queue {
        var head = -1
        var tail = -1
        var byteCount = 0
    }

    let byteBudget: Int
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var queues = [Queue(), Queue(), Queue()]
    /// Entry numbers plus one, by hash, linear probing.
    private var places = [Int32](repeating: 0, count: 64)
    private var used = 0
    private var dropped: [any CachedBlock] = []
    private(set) var statistics = BlockCacheStatistics()

    init(byteBudget: Int) { self.byteBudget = byteBudget }

    mutating func get(_ key: BlockKey) -> (any CachedBlock)? {
        if let number = find(key), entries[number].queue != .ghost {
            statistics.hits &+= 1
            entries[number].frequency = min(entries[number].frequency &+ 1, 3)
            return entries[number].value
        }
        statistics.misses &+= 1
        return nil
    }

    mutating func insert(_ value: any CachedBlock, byteCount: Int, _ key: BlockKey) -> any CachedBlock {
        var queue = QueueName.small
        if let number = find(key) {
            if let held = entries[number].value { return held }
            queue = .main
            discard(number)
        }
        guard byteCount <= byteBudget else { return value }
        makeRoom(for: byteCount)
        add(Entry(key: key, value: value, byteCount: byteCount, queue: queue))
        statistics.insertions += 1
        statistics.blockCount += 1
        statistics.byteCount += byteCount
        return value
    }

    mutating func removeAll(where isUnwanted: (BlockKey) -> Bool) {
        for queue in [QueueName.small, .main, .ghost] {
            var number = queues[queue.rawValue].tail
            while number >= 0 {
                let next = entries[number].younger
                if isUnwanted(entries[number].key) { discard(number) }
                number = next
            }
        }
    }

    mutating func takeDropped() -> [any CachedBlock] {
        let taken = dropped
        dropped = []
        return taken
    }

    // MARK: Eviction

    private mutating func makeRoom(for byteCount: Int) {
        while statistics.byteCount + byteCount > byteBudget {
            let small = queues[QueueName.small.rawValue]
            if small.tail >= 0
                && (small.byteCount > byteBudget / 10 || queues[QueueName.main.rawValue].tail < 0)
            {
                evictFromSmall(small.tail)
            } else {
                evictFromMain(queues[QueueName.main.rawValue].tail)
            }
        }
    }

    /// Asked for again and again: to the main queue. Otherwise only its key stays, as a ghost.
    private mutating func evictFromSmall(_ number: Int) {
        unlink(number)
        if entries[number].frequency > 1 {
            entries[number].frequency = 0
            link(number, .main)
            return
        }
        release(number)
        statistics.evictions += 1
        link(number, .ghost)
        while queues[QueueName.ghost.rawValue].byteCount > byteBudget {
            discard(queues[QueueName.ghost.rawValue].tail)
        }
    }

    /// Asked for since it came or was last spared: another round, with one life less.
    private mutating func evictFromMain(_ number: Int) {
        if entries[number].frequency > 0 {
            unlink(number)
            entries[number].frequency -= 1
            link(number, .main)
            return
        }
        discard(number)
        statistics.evictions += 1
    }

    private mutating func release(_ number: Int) {
        guard let value = entries[number].value else { return }
        dropped.append(value)
        entries[number].value = nil
        statistics.blockCount -= 1
        statistics.byteCount -= entries[number].byteCount
    }

    // MARK: Entries

    private mutating func add(_ entry: Entry) {
        let number: Int
        if let reused = free.popLast() {
            entries[reused] = entry
            number = reused
        } else {
            entries.append(entry)
            number = entries.count - 1
        }
        link(number, entry.queue)
        used += 1
        if used * 2 > places.count { growTable() } else { place(number) }
    }

    /// Forgets an entry altogether.
    private mutating func discard(_ number: Int) {
        release(number)
        unlink(number)
        removeFromTable(entries[number].key)
        used -= 1
        free.append(number)
    }

    private mutating func link(_ number: Int, _ queue: QueueName) {
        let head = queues[queue.rawValue].head
        entries[number].queue = queue
        entries[number].younger = -1
        entries[number].older = head
        if head >= 0 { entries[head].younger = number } else { queues[queue.rawValue].tail = number }
        queues[queue.rawValue].head = number
        queues[queue.rawValue].byteCount += entries[number].byteCount
    }

    private mutating func unlink(_ number: Int) {
        let entry = entries[number]
        let queue = entry.queue.rawValue
        if entry.younger >= 0 {
            entries[entry.younger].older = entry.older
        } else {
            queues[queue].head = entry.older
        }
        if entry.older >= 0 {
            entries[entry.older].younger = entry.younger
        } else {
            queues[queue].tail = entry.younger
        }
        queues[queue].byteCount -= entry.byteCount
    }

    // MARK: Table

    private func find(_ key: BlockKey) -> Int? {
        var at = Int(truncatingIfNeeded: key.hash) & (places.count - 1)
        while places[at] != 0 {
            let number = Int(places[at]) - 1
            if entries[number].key == key { return number }
            at = (at + 1) & (places.count - 1)
        }
        return nil
    }

    private mutating func place(_ number: Int) {
        var at = Int(truncatingIfNeeded: entries[number].key.hash) & (places.count - 1)
        while places[at] != 0 { at = (at + 1) & (places.count - 1) }
        places[at] = Int32(number + 1)
    }

    private mutating func growTable() {
        places = [Int32](repeating: 0, count: places.count * 2)
        for queue in queues {
            var number = queue.head
            while number >= 0 {
                place(number)
                number = entries[number].older
            }
        }
    }

    /// Closes the gap behind, so that no probe meets a hole before its key.
    private mutating func removeFromTable(_ key: BlockKey) {
        let mask = places.count - 1
        var hole = Int(truncatingIfNeeded: key.hash) & mask
        while entries[Int(places[hole]) - 1].key != key { hole = (hole + 1) & mask }
        var at = (hole + 1) & mask
        while places[at] != 0 {
            let home = Int(truncatingIfNeeded: entries[Int(places[at]) - 1].key.hash) & mask
            if (at &- home) & mask >= (at &- hole) & mask {
                places[hole] = places[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        places[hole] = 0
    }
}

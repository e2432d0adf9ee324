import VarveBytes

/// All live points in time, by id: what the registry's log adds up to.
///
/// Records lie densely in chunks of 512, which copies share until one of them changes: a copy for a new
/// generation costs one reference per chunk. The index is open addressing over positions, 4 bytes a slot. In all
/// a record takes 64 bytes here, about 10 in the index and 48 or more for its details; shards are shared.
struct PITTable: Sendable {
    private static let chunkRows = 512

    private var chunks: [[PITRecord]] = []
    private(set) var count = 0
    /// Position plus one, or 0 for a free slot; a power of two slots, at most three quarters used.
    private var index: [UInt32] = Array(repeating: 0, count: 16)
    /// How many records use a list of shards.
    private var targets: [PITTargets: Int] = [:]
    /// What the records take in a file, about.
    private(set) var encodedBytes = 0
    /// The latest wall-clock time that was logged.
    private(set) var heartbeat: Int64?

    init() {}

    // MARK: Reading

    func find(_ id: UUID128) -> PITRecord? {
        guard let slot = slot(of: id) else { return nil }
        return self[Int(index[slot]) - 1]
    }

    var records: [PITRecord] {
        var all: [PITRecord] = []
        all.reserveCapacity(count)
        for chunk in chunks { all += chunk }
        return all
    }

    subscript(position: Int) -> PITRecord { chunks[position / Self.chunkRows][position % Self.chunkRows] }

    // MARK: Changing

    mutating func apply(_ change: PITChange) {
        switch change {
        case .create(let record): insert(record)
        case .touch(let id, let keepAlive, let lastAccess): touch(id, keepAlive, lastAccess)
        case .delete(let id): remove(id)
        case .heartbeat(let milliseconds): heartbeat = max(heartbeat ?? milliseconds, milliseconds)
        }
    }

    /// Adds a record, or replaces the one with its id.
    private mutating func insert(_ record: PITRecord) {
        remove(record.id)
        var record = record
        if let at = targets.index(forKey: record.targets) {
            record.targets = targets.keys[at]
            targets.values[at] += 1
        } else {
            targets[record.targets] = 1
        }
        if count + count / 3 + 1 >= index.count { growIndex() }
        if count % Self.chunkRows == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(count == 0 ? 0 : Self.chunkRows)
        }
        chunks[chunks.count - 1].append(record)
        count += 1
        encodedBytes += Self.encodedBytes(of: record)
        place(record.id, at: count - 1)
    }

    private mutating func touch(_ id: UUID128, _ keepAlive: Int64, _ lastAccess: Int64) {
        guard let slot = slot(of: id) else { return }
        let position = Int(index[slot]) - 1
        chunks[position / Self.chunkRows][position % Self.chunkRows].keepAlive = keepAlive
        chunks[position / Self.chunkRows][position % Self.chunkRows].lastAccess = lastAccess
    }

    /// Removes a record; the last one takes its place.
    private mutating func remove(_ id: UUID128) {
        guard let slot = slot(of: id) else { return }
        let position = Int(index[slot]) - 1
        release(self[position])
        vacate(slot)
        let last = chunks[chunks.count - 1].removeLast()
        if chunks[chunks.count - 1].isEmpty { chunks.removeLast() }
        count -= 1
        guard position != count, let moved = self.slot(of: last.id, at: count) else { return }
        chunks[position / Self.chunkRows][position % Self.chunkRows] = last
        index[moved] = UInt32(position + 1)
    }

    private mutating func release(_ record: PITRecord) {
        encodedBytes -= Self.encodedBytes(of: record)
        guard let at = targets.index(forKey: record.targets) else { return }
        targets.values[at] -= 1
        if targets.values[at] == 0 { targets.remove(at: at) }
    }

    private static func encodedBytes(of record: PITRecord) -> Int { 40 + record.details.count }

    // MARK: The index

    private func home(of id: UUID128) -> Int {
        let mixed = (id.low ^ id.high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return Int(mixed &>> 32) & (index.count - 1)
    }

    private func slot(of id: UUID128) -> Int? {
        var slot = home(of: id)
        while index[slot] != 0 {
            if self[Int(index[slot]) - 1].id == id { return slot }
            slot = (slot + 1) & (index.count - 1)
        }
        return nil
    }

    /// The slot that holds this position, looked for where the id belongs.
    private func slot(of id: UUID128, at position: Int) -> Int? {
        var slot = home(of: id)
        while index[slot] != 0 {
            if Int(index[slot]) - 1 == position { return slot }
            slot = (slot + 1) & (index.count - 1)
        }
        return nil
    }

    private mutating func place(_ id: UUID128, at position: Int) {
        var slot = home(of: id)
        while index[slot] != 0 { slot = (slot + 1) & (index.count - 1) }
        index[slot] = UInt32(position + 1)
    }

    /// Frees a slot, and moves those behind it that would not be found past the gap.
    private mutating func vacate(_ slot: Int) {
        let mask = index.count - 1
        var gap = slot
        var next = (gap + 1) & mask
        while index[next] != 0 {
            let wanted = home(of: self[Int(index[next]) - 1].id)
            if (next - wanted) & mask >= (next - gap) & mask {
                index[gap] = index[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        index[gap] = 0
    }

    private mutating func growIndex() {
        index = Array(repeating: 0, count: index.count * 2)
        for position in 0..<count { place(self[position].id, at: position) }
    }
}

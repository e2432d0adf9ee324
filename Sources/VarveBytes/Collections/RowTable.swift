/// Rows found by their id, made for a hundred thousand small ones of which copies are taken.
///
/// Rows lie densely in chunks of 512, which copies share until one of them changes: a copy costs one reference per
/// chunk. The index is open addressing over positions, 4 bytes a slot, so a row costs its size and about 10 bytes.
/// Removing a row moves the last one to its place: positions hold until the next removal.
package struct RowTable<Row: Identifiable & Sendable>: Sendable where Row.ID == UUID128 {
    private var chunks: [[Row]] = []
    package private(set) var count = 0
    /// Position plus one, or 0 for a free slot; a power of two slots, at most three quarters used.
    private var index: [UInt32] = Array(repeating: 0, count: 16)

    package init() {}

    private static var chunkRows: Int { 512 }

    // MARK: Reading

    package subscript(position: Int) -> Row { chunks[position / Self.chunkRows][position % Self.chunkRows] }

    package func position(of id: UUID128) -> Int? { slot(of: id).map { Int(index[$0]) - 1 } }

    package func find(_ id: UUID128) -> Row? { position(of: id).map { self[$0] } }

    /// All rows, in no order that means anything.
    package var rows: [Row] {
        var all: [Row] = []
        all.reserveCapacity(count)
        for chunk in chunks { all += chunk }
        return all
    }

    // MARK: Changing

    /// Adds a row whose id is not there yet.
    package mutating func insert(_ row: Row) {
        precondition(slot(of: row.id) == nil, "a row is inserted once")
        if count + count / 3 + 1 >= index.count { growIndex() }
        if count % Self.chunkRows == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(count == 0 ? 0 : Self.chunkRows)
        }
        chunks[chunks.count - 1].append(row)
        count += 1
        place(row.id, at: count - 1)
    }

    /// Changes a row in place; its id stays.
    package mutating func update(at position: Int, _ body: (inout Row) -> Void) {
        body(&chunks[position / Self.chunkRows][position % Self.chunkRows])
    }

    /// Removes a row and returns it; the last one takes its place.
    package mutating func remove(_ id: UUID128) -> Row? {
        guard let slot = slot(of: id) else { return nil }
        let position = Int(index[slot]) - 1
        let removed = self[position]
        vacate(slot)
        let last = chunks[chunks.count - 1].removeLast()
        if chunks[chunks.count - 1].isEmpty { chunks.removeLast() }
        count -= 1
        if position != count, let moved = self.slot(of: last.id, at: count) {
            chunks[position / Self.chunkRows][position % Self.chunkRows] = last
            index[moved] = UInt32(position + 1)
        }
        return removed
    }

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

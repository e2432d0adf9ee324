import VarveBytes

/// One version of one document, or a tombstone, as a memtable holds it: where its bytes lie in the log's
/// payloads, and its place in the chain of versions of its id.
struct MemtableRow: Sendable, BitwiseCopyable {
    var birth: UInt64
    /// Which of the memtable's payloads holds id and source.
    var chunk: UInt32
    var idOffset: UInt32
    var sourceOffset: UInt32
    var sourceCount: UInt32
    /// One more than the row of the version before it in this memtable; 0 for the first.
    var previous: UInt32
    var idCount: UInt16
    var isTombstone: Bool
}

/// The rows of a memtable and its id table.
///
/// Ids and sources stay in the payloads that the log wrote; rows only point at them. While a batch is being
/// numbered its payload is not sealed yet: its rows already name the chunk that it will be, and whoever looks for
/// an id meanwhile passes the payload's bytes along as `pending`. The id table is open
/// addressing with linear probing: a slot holds 32 bits of the id's hash above one more than the newest row of
/// that id, so that growing needs no id and a foreign id costs, as a rule, no look at its bytes.
struct MemtableRows: Sendable {
    private(set) var chunks: [SharedBytes] = []
    private(set) var rows = ChunkedArray<MemtableRow>()
    private(set) var tombstoneCount = 0
    private(set) var payloadBytes = 0
    private var slots: [UInt64] = [UInt64](repeating: 0, count: 16)
    private var idCount = 0

    /// What a retained payload costs beyond its bytes: the object, its buffer and the reference to it.
    private static let chunkOverhead = 80

    var count: Int { rows.count }

    var byteCount: Int {
        payloadBytes + chunks.count * Self.chunkOverhead + rows.byteCount
            + slots.capacity * MemoryLayout<UInt64>.stride
    }

    /// The chunk that the payload being numbered will be.
    var pendingChunk: UInt32 { UInt32(truncatingIfNeeded: chunks.count) }
    /// Whether rows wait for the payload that holds their ids.
    var isPending: Bool { rows.last.map { $0.chunk == pendingChunk } ?? false }

    /// The number of a sealed payload, which is retained unless it was the last one already.
    mutating func chunk(of payload: SharedBytes) -> UInt32 {
        if chunks.last !== payload {
            precondition(!isPending, "the batch before this one is retained first")
            retain(payload)
        }
        return UInt32(truncatingIfNeeded: chunks.count &- 1)
    }

    /// Adds the payload as the next chunk.
    mutating func retain(_ payload: SharedBytes) {
        chunks.append(payload)
        payloadBytes += payload.capacity
    }

    /// Appends a row and makes it the newest of its id. Returns the row that was the newest before, or -1.
    ///
    /// - Parameter id: The row's id, as its payload has it.
    mutating func append(_ row: MemtableRow, id: RawSpan, hash: UInt64, pending: RawSpan) -> Int {
        precondition(rows.count < Int(Int32.max), "a memtable holds at most 2^31 - 1 rows")
        precondition(rows.last.map { $0.birth < row.birth } ?? true, "rows come in birth order")
        if (idCount &+ 1) &* 3 > slots.count &* 2 { grow() }
        let slot = locate(id, hash: hash, pending)
        let held = slots[slot]
        let previous = Int(UInt32(truncatingIfNeeded: held)) &- 1
        if previous < 0 { idCount &+= 1 }
        var row = row
        row.previous = UInt32(truncatingIfNeeded: held)
        if row.isTombstone { tombstoneCount &+= 1 }
        rows.append(row)
        slots[slot] = (hash &>> 32) &<< 32 | UInt64(rows.count)
        return previous
    }

    /// The newest row with this id, or -1.
    func newestRow(id: RawSpan, hash: UInt64, pending: RawSpan) -> Int {
        Int(UInt32(truncatingIfNeeded: slots[locate(id, hash: hash, pending)])) &- 1
    }

    /// Whether some id has the hash in as many bits as the table keeps.
    func mayHold(idHash: UInt64) -> Bool {
        let tag = idHash &>> 32
        var at = Int(tag) & (slots.count &- 1)
        while slots[at] != 0 {
            if slots[at] &>> 32 == tag { return true }
            at = (at &+ 1) & (slots.count &- 1)
        }
        return false
    }

    /// The slot of the id, or the free slot where it belongs.
    private func locate(_ id: RawSpan, hash: UInt64, _ pending: RawSpan) -> Int {
        let tag = hash &>> 32
        let mask = slots.count &- 1
        var at = Int(tag) & mask
        while true {
            let slot = slots[at]
            if slot == 0 { return at }
            if slot &>> 32 == tag && hasID(Int(UInt32(truncatingIfNeeded: slot)) &- 1, id, pending) {
                return at
            }
            at = (at &+ 1) & mask
        }
    }

    private func hasID(_ row: Int, _ id: RawSpan, _ pending: RawSpan) -> Bool {
        let row = rows[row]
        if Int(row.idCount) != id.byteCount { return false }
        if row.chunk == chunks.count {
            return pending.slice(Int(row.idOffset), Int(row.idCount)).equals(id)
        }
        let chunk = chunks[Int(row.chunk)]
        return chunk.bytes.slice(Int(row.idOffset), Int(row.idCount)).equals(id)
    }

    private mutating func grow() {
        let old = slots
        let mask = old.count &* 2 &- 1
        var grown = [UInt64](repeating: 0, count: old.count &* 2)
        for slot in old where slot != 0 {
            var at = Int(slot &>> 32) & mask
            while grown[at] != 0 { at = (at &+ 1) & mask }
            grown[at] = slot
        }
        slots = grown
    }

    func appendID(of row: Int, to buffer: inout ByteBuffer) {
        let row = rows[row]
        let chunk = chunks[Int(row.chunk)]
        buffer.append(chunk.bytes.slice(Int(row.idOffset), Int(row.idCount)))
    }

    /// The routing value lies between id and source, if there is one: a length, then its bytes.
    func appendRouting(of row: Int, to buffer: inout ByteBuffer) {
        let row = rows[row]
        let chunk = chunks[Int(row.chunk)]
        let start = Int(row.idOffset) + Int(row.idCount)
        var reader = ByteReader(chunk.bytes.slice(start, Int(row.sourceOffset) - start))
        guard let count = try? reader.readVarint(), !reader.isAtEnd,
            let routing = try? reader.readBytes(Int(truncatingIfNeeded: count))
        else { return }
        buffer.append(routing)
    }

    func appendSource(of row: Int, to buffer: inout ByteBuffer) {
        let row = rows[row]
        let chunk = chunks[Int(row.chunk)]
        buffer.append(chunk.bytes.slice(Int(row.sourceOffset), Int(row.sourceCount)))
    }
}

package import VarveBytes
import VarveManifest

/// Moving the pointers of several shards at once.
///
/// The logs of shards are durable one by one, so the decision is made in the catalog: it first says which pointers
/// are to be moved, which is durable before any log is written; then every log says so; then the catalog forgets
/// it. A crash before the first step leaves every pointer old; one after it leaves the rest to the next open, which
/// lets nobody read before every pointer is new.
extension StoreEngine {
    /// A setting of an index: pointers that are being moved.
    static let resetKey = "varve.reset"

    /// Flushes the index, then moves pointers: all or, across a crash as well, none. Durable when it returns.
    package func resetSources(
        of index: IndexEngine, _ moves: [(shard: Int, checkpoint: SourceCheckpoint)]
    ) throws(EngineError) {
        for shard in index.shards {
            if let failure = shard.failure { throw failure }
            try shard.flush()
        }
        guard moves.count > 1 else {
            for move in moves { try index.shards[move.shard].resetSource(to: move.checkpoint) }
            return
        }
        let decision = ResetDecision(moves: moves)
        try changeSettings(ofIndices: [index.name], [(Self.resetKey, decision.text)])
        do throws(EngineError) { try complete(decision, of: index) } catch {
            throw .rejected(
                "the reset is decided, and is completed when the store is opened again: \(error.description)")
        }
    }

    /// Completes what the last process has decided and not done.
    func completeResets() throws(EngineError) {
        for index in indices {
            guard let text = index.entry.setting(Self.resetKey) else { continue }
            guard let decision = ResetDecision(text: text) else {
                throw .invalid("the reset of index [\(index.name)] that is under way cannot be read")
            }
            try complete(decision, of: index)
        }
    }

    private func complete(_ decision: ResetDecision, of index: IndexEngine) throws(EngineError) {
        for move in decision.moves where move.shard < index.shards.count {
            let shard = index.shards[move.shard]
            let next = move.checkpoint
            let known = shard.checkpoint(source: next.source, partition: next.partition)
            if let known, known.epoch >= next.epoch { continue }
            try shard.resetSource(to: next)
        }
        try changeSettings(ofIndices: [index.name], [(Self.resetKey, nil)])
    }
}

/// Which pointers are to be moved, as the catalog keeps it: hex of `shard varint | checkpoint`, one after the other.
struct ResetDecision {
    let moves: [(shard: Int, checkpoint: SourceCheckpoint)]

    init(moves: [(shard: Int, checkpoint: SourceCheckpoint)]) { self.moves = moves }

    var text: String {
        var buffer = ByteBuffer(capacity: 128 * moves.count)
        for move in moves {
            buffer.appendVarint(UInt64(move.shard))
            move.checkpoint.encode(into: &buffer)
        }
        let digits = Array("0123456789abcdef".utf8)
        let bytes = buffer.bytes.copyBytes().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }

    init?(text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        var reader = ByteReader(bytes.rawSpan)
        var moves: [(shard: Int, checkpoint: SourceCheckpoint)] = []
        do throws(FormatError) {
            while reader.remaining > 0 {
                let shard = try reader.readCount(limit: IndexEntry.shardsMax, of: "a shard")
                moves.append((shard, try SourceCheckpoint(decoding: &reader)))
            }
        } catch { return nil }
        self.moves = moves
    }
}

import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
import VarveIngest

/// An index as its ingestion sees it.
struct IndexSink: IngestionIndex {
    let index: Index
    /// Whether what must outlive a restart is kept with the index.
    let isKept: Bool

    static let recordKey = "varve.ingestion.state"

    var uuid: UUID128 { index.uuid }
    var shardCount: Int { index.shardCount }

    func sink(ofShard number: Int) -> any IngestionSink {
        ShardSink(shard: index.engine.shards[number], store: index.store)
    }

    func reset(_ moves: [(shard: Int, checkpoint: SourceCheckpoint)]) async throws {
        let engine = index.engine
        try await index.store.run { store throws(EngineError) in
            try store.resetSources(of: engine, moves)
        }
    }

    func keep(_ record: IngestionRecord) async throws {
        guard isKept else { return }
        try await index.store.changeSettings(
            of: [index], [(Self.recordKey, record.isEmpty ? nil : record.json)])
    }

    var record: IngestionRecord {
        guard isKept, let text = index.engine.setting(Self.recordKey) else { return IngestionRecord() }
        return IngestionRecord(json: text)
    }

    func limitLetters(bytes: Int, ageMilliseconds: Int64?) {
        for shard in index.engine.shards {
            shard.limitLetters(to: LetterLimits(bytes: bytes, ageMilliseconds: ageMilliseconds))
        }
    }
}

/// A shard as a poller sees it.
struct ShardSink: IngestionSink {
    let shard: Shard
    let store: Store

    var schema: Schema { shard.schema }

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        shard.checkpoint(source: source, partition: partition)
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {
        while let event = shard.roomEvent(operations: operations, bytes: bytes) {
            await withCheckedContinuation { continuation in event.whenSet { continuation.resume() } }
            if let failure = shard.failure { throw IngestionSinkError(failure) }
        }
    }

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint, after before: SourceCheckpoint?
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        var results: [OperationResult] = []
        let ticket: WriteTicket?
        do throws(EngineError) {
            ticket = try shard.apply(
                draft, checkpoint: checkpoint, after: .exactly(before), into: &results)
        } catch { throw IngestionSinkError(error) }
        let conflicts = results.count { if case .conflict = $0.outcome { true } else { false } }
        let shard = self.shard
        let wait = IngestionWait { body in
            guard let ticket else { return body(.success(())) }
            shard.whenDurable(ticket) { body($0.mapError { IngestionSinkError($0) }) }
        }
        return (conflicts, wait)
    }

    func refresh() throws {
        do throws(EngineError) { _ = try shard.refresh() } catch { throw IngestionSinkError(error) }
    }
}

extension IngestionSinkError {
    /// A full disk gets space again; everything else stays as it is.
    init(_ error: EngineError) {
        let isTransient = if case .rejected = error { true } else { false }
        self.init(error.description, isTransient: isTransient)
    }
}

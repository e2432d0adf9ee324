import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
public import VarveIngest

/// A stream that flows into an index, one source a shard.
///
/// The place in the stream is committed in the same log record as the documents, so after any crash ingestion goes
/// on exactly where the data ends: no message is applied twice, none is skipped.
public struct Ingestion: Sendable {
    private let pollers: [Poller]

    init(_ pollers: [Poller]) { self.pollers = pollers }

    /// The state of the first shard's poller.
    public var state: IngestionState { pollers[0].current }
    /// The states of all shards' pollers.
    public var shardStates: [IngestionState] { pollers.map(\.current) }
    /// The first shard's state now and whenever it changes, until ingestion is closed.
    public var states: AsyncStream<IngestionState> { pollers[0].states() }

    /// Stops asking for messages. Returns when nothing is on its way: what was applied is durable.
    public func pause() async { for poller in pollers { await poller.pause() } }

    public func resume() { for poller in pollers { poller.resume() } }

    /// Moves the pointer of a paused ingestion; everything so far is flushed first. Durable when it returns.
    ///
    /// Messages that are read again are applied again: documents with ids replace themselves.
    /// - Throws: `.invalid` while it is not paused, or for a position that the source does not have; nothing is
    ///   changed then.
    public func reset(to position: StartPosition) async throws(VarveError) {
        for poller in pollers {
            do { try await poller.reset(to: position) } catch let error as VarveError { throw error } catch {
                throw VarveError(.invalid, "\(error)", cause: error)
            }
        }
    }

    /// Ends ingestion. Returns when what was applied is durable; starting again goes on from there.
    public func close() async { for poller in pollers { await poller.close() } }

    /// Waits until the stream has no more and everything is durable, or until ingestion pauses by itself.
    ///
    /// - Returns: The state then.
    @discardableResult
    public func caughtUp() async -> IngestionState {
        var last = state
        for poller in pollers {
            for await state in poller.states() {
                last = state
                if state.lag.durable == 0 { break }
                if case .paused = state.phase { break }
                if case .closed = state.phase { break }
            }
        }
        return last
    }
}

extension Index {
    /// Starts pulling a stream into this index, which must have one shard.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from.
    ///   - position: Where to start if nothing was ever read from it; afterwards the committed pointer counts.
    ///   - strategy: What becomes of a message that cannot be applied.
    public func ingest(
        from source: any StreamSource, startingAt position: StartPosition = .earliest,
        onError strategy: ErrorStrategy = .block
    ) async throws(VarveError) -> Ingestion {
        var options = IngestionOptions()
        options.onError = strategy
        return try await ingest(from: [source], startingAt: position, options: options)
    }

    /// Starts pulling one source into each shard.
    public func ingest(
        from sources: [any StreamSource], startingAt position: StartPosition = .earliest,
        options: IngestionOptions
    ) async throws(VarveError) -> Ingestion {
        guard sources.count == engine.shards.count else {
            throw VarveError(
                .invalid, "\(sources.count) sources for the \(engine.shards.count) shards of index [\(name)]")
        }
        guard options.batchMessages >= 1, options.batchesInFlight >= 1 else {
            throw VarveError(
                .invalid,
                "batches of \(options.batchMessages) messages, \(options.batchesInFlight) in flight: at least 1 each"
            )
        }
        let pollers = zip(sources, engine.shards).enumerated().map { number, pair in
            Poller(
                source: pair.0, sink: ShardSink(shard: pair.1, store: store), partition: UInt32(number),
                index: engine.uuid, startingAt: position, options: options)
        }
        for poller in pollers { poller.run() }
        return Ingestion(pollers)
    }
}

/// A shard as a poller sees it.
private struct ShardSink: IngestionSink {
    let shard: Shard
    let store: Store

    var schema: Schema { shard.schema }
    var wallMilliseconds: Int64 { store.engine.environment.clock.wallMilliseconds }

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        shard.checkpoint(source: source, partition: partition)
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {
        while let event = shard.roomEvent(operations: operations, bytes: bytes) {
            await withCheckedContinuation { continuation in event.whenSet { continuation.resume() } }
            if let failure = shard.failure { throw VarveError(failure) }
        }
    }

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        var results: [OperationResult] = []
        let ticket: WriteTicket?
        do throws(EngineError) {
            ticket = try shard.apply(draft, checkpoint: checkpoint, into: &results)
        } catch { throw VarveError(error) }
        let conflicts = results.count { if case .conflict = $0.outcome { true } else { false } }
        let shard = self.shard
        let wait = IngestionWait { body in
            guard let ticket else { return body(.success(())) }
            shard.whenDurable(ticket) { body($0.mapError { VarveError($0) }) }
        }
        return (conflicts, wait)
    }

    func reset(to checkpoint: SourceCheckpoint) async throws {
        try await store.run { _ throws(EngineError) in try shard.resetSource(to: checkpoint) }
    }
}

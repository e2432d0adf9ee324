import VarveBytes
import VarveEngine
public import VarveIngest

/// A stream that flows into an index: each partition into the shard that it belongs to.
///
/// The place in the stream is committed in the same log record as the documents, so after any crash ingestion goes
/// on exactly where the data ends: no message is applied twice, none is skipped.
public struct Ingestion: Sendable {
    package let core: IndexIngestion
    let index: Index

    init(_ core: IndexIngestion, _ index: Index) {
        self.core = core
        self.index = index
    }

    // MARK: What it is doing

    /// The states of all partitions that are read, by shard and number.
    public var partitions: [IngestionState] { core.states }
    /// The state of the first partition; as at the start if none is known yet.
    public var state: IngestionState { core.states.first ?? IngestionState() }
    /// The first partition's state now and whenever it changes, until ingestion is closed.
    public var states: AsyncStream<IngestionState> {
        core.firstPoller?.states() ?? AsyncStream { $0.finish() }
    }
    /// Why the stream's partitions are not known; nil if they are.
    public var failure: IngestionFailure? { core.failure }
    /// Partitions that have appeared and that no shard reads: see `PartitionAssignment`.
    public var unreadPartitions: [UInt32] { core.unread }
    public var settings: IngestionSettings { core.settings }
    /// It was paused by `pause` or `requestPause`.
    public var isPaused: Bool { core.isPaused }

    // MARK: Pausing

    /// Stops asking for messages. Returns when nothing is on its way: what was applied is durable. If the store keeps
    /// this ingestion, it stays paused across restarts.
    public func pause() async throws(VarveError) {
        try await attempt { try await core.pause(untilQuiet: true) }
    }

    /// The same without waiting: what is in hand is still applied. The pause itself is durable.
    public func requestPause() async throws(VarveError) {
        try await attempt { try await core.pause(untilQuiet: false) }
    }

    /// Goes on, also where a partition has paused by itself.
    public func resume() async throws(VarveError) { try await attempt { try await core.resume() } }

    /// Stops reading while the index takes no writes. It is no pause: reading goes on by itself afterwards. Returns
    /// when nothing is applied any more.
    public func setWriteBlocked(_ isBlocked: Bool) async { await core.setWriteBlocked(isBlocked) }

    /// Passes over the message that a partition stands at, and keeps it as a dead letter. Durable when it returns,
    /// unless something else keeps the partition from going on (a write block, a source that fails): then the message
    /// is passed over when it comes to it.
    ///
    /// - Returns: The message; nil if the partition stands at none.
    /// - Throws: While ingestion is paused, since only `resume` ends that.
    @discardableResult
    public func skip(shard: Int = 0, partition: UInt32 = 0) async throws(VarveError) -> MessageFailure? {
        try await attempt { try await core.skip(PollerKey(shard: shard, partition: partition)) }
    }

    // MARK: Changing

    /// Takes new settings; those that are not marked *live* in `IngestionSettings` count from the next start. With
    /// other parameters of the source it is opened anew, and every partition goes on where it stands.
    public func change(_ settings: IngestionSettings) async throws(VarveError) {
        try await attempt {
            var stream: (any PartitionedStream)?
            if let source = settings.source, source != core.settings.source {
                stream = try index.store.sources.stream(source, shards: index.shardCount)
            }
            if index.storedIngestion != nil {
                try await index.store.changeSettings(
                    of: [index], [(Index.ingestionKey, settings.json)])
            }
            try await core.change(to: settings, stream: stream)
        }
    }

    /// Moves the pointers of all partitions, also past messages that were never read; they must be paused.
    ///
    /// Messages that are read again are applied again: documents with ids replace themselves.
    /// - Throws: `.invalid` while it is not paused, or for a position that the source does not have; nothing is
    ///   changed then.
    public func reset(to position: StartPosition) async throws(VarveError) {
        let requests = core.states.map {
            IngestionReset(shard: $0.shard, partition: $0.partition, to: position)
        }
        _ = try await reset(requests, allowsSkip: true)
    }

    /// Moves pointers of paused partitions: all that are asked for, or none, across a crash as well. Everything so far
    /// is flushed first. Durable when it returns.
    ///
    /// - Parameters:
    ///   - requests: Which partitions, and where to.
    ///   - allowsSkip: Whether a pointer may move past messages that were never read.
    ///   - isDryRun: Only says what would happen.
    /// - Returns: Where each partition stood, and where it goes on.
    @discardableResult
    public func reset(
        _ requests: [IngestionReset], allowsSkip: Bool = false, isDryRun: Bool = false
    ) async throws(VarveError) -> [IngestionResetAnswer] {
        try await attempt { try await core.reset(requests, allowsSkip: allowsSkip, isDryRun: isDryRun) }
    }

    // MARK: Standing at pointers

    /// Does something while partitions stand exactly at pointers: everything before them is applied, and nothing from
    /// them on. They go on when it is done; partitions that are not named are not held up.
    ///
    /// - Throws: `.invalid` if no such partition is read, or if one has passed its pointer already; `.unavailable` if one
    ///   stops before it.
    public func standing<Answer: Sendable>(
        at pointers: [(partition: UInt32, pointer: StreamPointer)],
        _ body: () async throws(VarveError) -> Answer
    ) async throws(VarveError) -> Answer {
        var held: [(Poller, StreamPointer)] = []
        defer { for (poller, pointer) in held { poller.release(pointer) } }
        for (partition, pointer) in pointers {
            guard let poller = core.allPollers.first(where: { $0.current.partition == partition }) else {
                throw VarveError(.invalid, "partition [\(partition)] is not read")
            }
            do throws(IngestionHoldError) { try await poller.hold(at: pointer) } catch {
                throw VarveError(error.isPast ? .invalid : .unavailable, "partition [\(partition)]: \(error)")
            }
            held.append((poller, pointer))
        }
        return try await body()
    }

    /// Ends ingestion. Returns when what was applied is durable; starting again goes on from there.
    public func close() async {
        index.store.forget(core)
        await core.close()
    }

    // MARK: Waiting

    /// Waits until the stream has no more and everything is durable, or until ingestion stops at a message or pauses.
    ///
    /// - Returns: The state of the last partition then.
    @discardableResult
    public func caughtUp() async -> IngestionState {
        var last = state
        for poller in core.allPollers {
            for await state in poller.states() {
                last = state
                if state.lag.durable == 0 { break }
                if [.paused, .blocked, .closed].contains(state.phase) { break }
            }
        }
        return last
    }

    /// Waits until everything before a pointer is applied and can be found by searches.
    ///
    /// - Throws: `.invalid` if no such partition is read; `.unavailable` if it pauses or is closed before.
    public func wait(
        for pointer: StreamPointer, shard: Int = 0, partition: UInt32 = 0
    ) async throws(VarveError) {
        guard let poller = core.poller(PollerKey(shard: shard, partition: partition)) else {
            throw VarveError(.invalid, "shard [\(shard)] does not read partition [\(partition)]")
        }
        var isThere = false
        for await state in poller.states() {
            isThere = state.applied.map { $0 >= pointer } ?? false
            if isThere || [.paused, .blocked, .closed].contains(state.phase) { break }
        }
        guard isThere else {
            throw VarveError(.unavailable, "partition [\(partition)] stopped before pointer \(pointer)")
        }
        do throws(EngineError) { _ = try index.engine.shards[shard].refresh() } catch {
            throw VarveError(error)
        }
    }

    private func attempt<Answer>(_ body: () async throws -> Answer) async throws(VarveError) -> Answer {
        do { return try await body() } catch let error as VarveError { throw error } catch {
            throw VarveError(.invalid, "\(error)", cause: error)
        }
    }
}

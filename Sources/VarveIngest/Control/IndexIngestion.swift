import VarveBytes

/// The ingestion of one index: a poller for each partition of the stream, in the shard that it belongs to.
///
/// It opens new partitions as they appear, reads the children of a closed one after it, keeps what must outlive a
/// restart, and refreshes the lag of pollers that stand still.
package final class IndexIngestion: Sendable {
    let index: any IngestionIndex
    let clock: any PollerClock
    let random: @Sendable () -> UInt64
    let state: Locked<State>

    struct State {
        var settings: IngestionSettings
        var stream: any PartitionedStream
        /// Counts the streams that it has had.
        var streamGeneration = 0
        var pollers: [PollerKey: Poller] = [:]
        var record = IngestionRecord()
        var isWriteBlocked = false
        /// Why partitions cannot be looked for.
        var failure: IngestionFailure?
        /// Partitions that no shard reads.
        var unread: [UInt32] = []
        /// Closed partitions: how often they had answered with nothing when that was first seen.
        var closing: [UInt32: Int] = [:]
        /// Closed partitions that were read to their end.
        var ended: Set<UInt32> = []
        var ticker: Task<Void, Never>?
        /// The last write of the record, which the next one waits for.
        var keeping: Task<Void, any Error>?
        var isClosed = false
    }

    package init(
        index: any IngestionIndex, stream: any PartitionedStream, settings: IngestionSettings,
        clock: any PollerClock, random: @escaping @Sendable () -> UInt64
    ) {
        self.index = index
        self.clock = clock
        self.random = random
        var initial = State(settings: settings, stream: stream)
        initial.record = index.record
        state = Locked(initial)
    }

    package var settings: IngestionSettings { state.withLock { $0.settings } }
    package var isPaused: Bool { state.withLock { $0.record.isPaused } }
    /// Why the stream's partitions are not known.
    package var failure: IngestionFailure? { state.withLock { $0.failure } }
    /// Partitions that have appeared and that no shard reads.
    package var unread: [UInt32] { state.withLock { $0.unread } }

    /// The states of all partitions, by shard and number.
    package var states: [IngestionState] { pollers.map(\.current) }

    /// The pollers of all partitions, by shard and number.
    package var allPollers: [Poller] { pollers }
    package var firstPoller: Poller? { pollers.first }

    var pollers: [Poller] {
        state.withLock { $0.pollers.sorted { $0.key < $1.key }.map(\.value) }
    }

    package func poller(_ key: PollerKey) -> Poller? { state.withLock { $0.pollers[key] } }

    // MARK: Beginning and ending

    /// Asks whether the stream is there and can be divided among the shards.
    package func check() async throws {
        let (stream, settings) = state.withLock { ($0.stream, $0.settings) }
        try settings.check()
        try await stream.check()
        try PartitionPlan.check(
            try await stream.partitions(), shards: index.shardCount, by: settings.assignment)
    }

    /// Opens the partitions that there are, and looks for others from time to time. A stream that cannot be reached
    /// is asked again.
    ///
    /// - Parameter patience: How long to wait for a stream that does not answer; its partitions are opened when it does.
    package func start(patience: Duration) async {
        let letters = settings.deadLetters
        index.limitLetters(bytes: letters.bytes, ageMilliseconds: letters.age?.wholeMilliseconds)
        let (looked, end) = AsyncStream.makeStream(of: Void.self)
        let ticker = Task {
            await look()
            end.finish()
            await tick()
        }
        let mayStart = state.withLock { state in
            if !state.isClosed { state.ticker = ticker }
            return !state.isClosed
        }
        if !mayStart {
            ticker.cancel()
            await ticker.value
            return await state.withLock({ $0.stream }).close()
        }
        let timer = Task {
            await clock.sleep(until: clock.nanoseconds + patience.wholeNanoseconds)
            end.finish()
        }
        for await _ in looked {}
        timer.cancel()
    }

    /// Ends ingestion. Returns when what was applied is durable; the stream is closed.
    package func close() async {
        let (ticker, stream) = state.withLock { state in
            state.isClosed = true
            return (state.ticker, state.stream)
        }
        ticker?.cancel()
        await ticker?.value
        await each { await $0.close() }
        _ = await state.withLock { $0.keeping }?.result
        await stream.close()
    }

    /// Does the same with all pollers at once.
    func each(_ body: @escaping @Sendable (Poller) async -> Void) async {
        let pollers = self.pollers
        await withTaskGroup(of: Void.self) { group in
            for poller in pollers { group.addTask { await body(poller) } }
        }
    }

    // MARK: What outlives a restart

    /// Keeps that a poller has paused by itself, and why. Called under the poller's lock.
    func observe(_ key: PollerKey, _ shown: IngestionState) {
        guard shown.phase == .paused, let failure = shown.failure, failure.isPermanent else { return }
        let isNew = state.withLock { state in
            if state.record.stopped[key] == failure { return false }
            state.record.stopped[key] = failure
            return true
        }
        if isNew { keep() }
    }

    private var record: IngestionRecord { state.withLock { $0.record } }

    /// Writes the record as it is when its turn comes.
    @discardableResult
    func keep() -> Task<Void, any Error> {
        state.withLock { state in
            let before = state.keeping
            let task = Task { [self] in
                _ = await before?.result
                try await index.keep(record)
            }
            state.keeping = task
            return task
        }
    }
}

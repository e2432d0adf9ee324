import VarveBytes
import VarveDocument

/// Reads one partition of a stream into one shard.
///
/// What decides is `PollerMachine`; this carries its actions out and shows the state. While messages are applied the
/// next ones are fetched, and batches are applied while earlier ones are still being synced; the log keeps them in
/// order, so a crash loses a suffix and never a part. The pointer that a restart finds is that of the last batch in
/// the log: no message is applied twice or skipped.
package final class Poller: Sendable {
    let sink: any IngestionSink
    let clock: any PollerClock
    let place: PollerPlace
    let random: @Sendable () -> UInt64
    let start: StartPosition
    let continued: StreamPointer?
    let observe: (@Sendable (IngestionState) -> Void)?
    let state: Locked<State>

    struct State {
        var machine: PollerMachine
        var settings: IngestionSettings
        var source: any StreamSource
        /// Counts the sources that it has had.
        var generation = 0
        var shown = IngestionState()
        var limiter = RateLimiter()
        /// The shard's checkpoint as of the last batch.
        var checkpoint: SourceCheckpoint?
        /// The message that is to be passed over.
        var skipped: IngestionFailure?
        /// The loop has nothing to do.
        var isResting = false
        /// All messages before this limit are applied, and the next one lies behind it.
        var standsBefore: StreamPointer?
        /// A batch is being applied, whose end was chosen before a limit that has come since.
        var isApplying = false
        /// Applied batches that are not durable yet.
        var inFlight = 0
        var changed: [CheckedContinuation<Void, Never>] = []
        var observers: [UInt64: AsyncStream<IngestionState>.Continuation] = [:]
        var nextObserver: UInt64 = 0
        var durabilityFailure: String?
        /// Where the stream ended when it was last asked, and when that was.
        var end: StreamPointer?
        var measuredAt: UInt64 = 0
        /// Where the stream began when it was last asked.
        var beginning: StreamPointer?
        /// Wall time at which everything was last known to be applied.
        var caughtUpAt: Int64?
        /// The time of the oldest message that was read and is not applied.
        var oldest: Int64?
        var task: Task<Void, Never>?
        /// The running request to the source.
        var request: Task<[Message], any Error>?
        /// The running refresh, and whether something was applied since it began.
        var refreshing: Task<Void, Never>?
        var mustRefresh = false
    }

    /// - Parameters:
    ///   - start: Where to begin if nothing was ever read from the partition.
    ///   - continued: In place of `start`, a pointer that is taken as it is.
    ///   - random: For ids, and for the waits between attempts.
    ///   - observe: Called with each new state, in order; must return at once.
    package init(
        source: any StreamSource, sink: any IngestionSink, place: PollerPlace,
        startingAt start: StartPosition, continuing continued: StreamPointer? = nil,
        settings: IngestionSettings, clock: any PollerClock, random: @escaping @Sendable () -> UInt64,
        observe: (@Sendable (IngestionState) -> Void)? = nil
    ) {
        self.sink = sink
        self.place = place
        self.start = start
        self.continued = continued
        self.clock = clock
        self.random = random
        self.observe = observe
        var initial = State(
            machine: PollerMachine(
                retryMaxMilliseconds: settings.retryDelayMax.wholeMilliseconds, seed: random()),
            settings: settings, source: source)
        initial.shown.shard = place.shard
        initial.shown.partition = place.partition
        initial.shown.onError = settings.onError
        initial.limiter.change(to: settings.rate, at: clock.nanoseconds)
        state = Locked(initial)
    }

    // MARK: What a caller does

    /// Starts polling. To be called once.
    package func run() {
        let task = Task { await loop() }
        state.withLock { $0.task = task }
    }

    /// Starts as one that was paused when the last process ended; by itself if there is a failure.
    package func runPaused(_ failure: IngestionFailure? = nil) {
        let known = sink.checkpoint(source: place.source, partition: place.partition)
        state.withLock { state in
            state.machine.beginPaused(failure)
            if let known, let pointer = StreamPointer(encoded: known.pointer) { state.adopt(known, pointer) }
        }
        publish()
        run()
    }

    package var current: IngestionState {
        let now = clock.wallMilliseconds
        return state.withLock { $0.presented(at: now) }
    }

    /// The state now and whenever it changes, until ingestion is closed. Slow readers get the newest state.
    package func states() -> AsyncStream<IngestionState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: IngestionState.self, bufferingPolicy: .bufferingNewest(1))
        let now = clock.wallMilliseconds
        let number = state.withLock { state in
            continuation.yield(state.presented(at: now))
            if state.machine.isClosed { continuation.finish() }
            state.observers[state.nextObserver] = continuation
            state.nextObserver += 1
            return state.nextObserver - 1
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.observers[number] = nil }
        }
        return stream
    }
}

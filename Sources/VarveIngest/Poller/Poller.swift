package import VarveBytes
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
    private let start: StartPosition
    private let observe: (@Sendable (IngestionState) -> Void)?
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
        /// Applied batches that are not durable yet.
        var inFlight = 0
        var changed: [CheckedContinuation<Void, Never>] = []
        var observers: [UInt64: AsyncStream<IngestionState>.Continuation] = [:]
        var nextObserver: UInt64 = 0
        var durabilityFailure: String?
        /// Where the stream ended when it was last asked, and when that was.
        var end: StreamPointer?
        var measuredAt: UInt64 = 0
        /// Wall time at which everything was last known to be applied.
        var caughtUpAt: Int64?
        /// The time of the oldest message that was read and is not applied.
        var oldest: Int64?
        var task: Task<Void, Never>?
        /// The running request to the source.
        var request: Task<[Message], any Error>?
    }

    /// - Parameters:
    ///   - start: Where to begin if nothing was ever read from the partition.
    ///   - random: For ids, and for the waits between attempts.
    ///   - observe: Called with each new state, in order; must return at once.
    package init(
        source: any StreamSource, sink: any IngestionSink, place: PollerPlace,
        startingAt start: StartPosition,
        settings: IngestionSettings, clock: any PollerClock, random: @escaping @Sendable () -> UInt64,
        observe: (@Sendable (IngestionState) -> Void)? = nil
    ) {
        self.sink = sink
        self.place = place
        self.start = start
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

    /// Asks for a pause, which takes effect as soon as what is in hand is applied.
    package func requestPause() {
        tell(.pause)
        state.withLock { $0.request }?.cancel()
    }

    /// Stops asking, and returns when nothing is on its way: everything applied is durable.
    package func pause() async {
        requestPause()
        await until { $0.machine.isPaused || $0.machine.isClosed }
    }

    package func resume() {
        state.withLock { $0.durabilityFailure = nil }
        tell(.resume)
    }

    package func setWriteBlocked(_ isBlocked: Bool) {
        tell(.writeBlock(isBlocked))
        if isBlocked { state.withLock { $0.request }?.cancel() }
    }

    /// Passes over the message that it stands at, with a letter if letters are kept, and goes on. Returns when that
    /// is durable, or when something else keeps it from going on.
    ///
    /// - Returns: The message that was passed over; nil if it stands at none.
    package func skip() async -> MessageFailure? {
        let message = state.withLock { state -> MessageFailure? in
            guard let failure = state.machine.failure, let message = failure.message else { return nil }
            state.skipped = failure
            return message
        }
        guard let message else { return nil }
        tell(.tryNow)
        resume()
        await until { state in
            if let committed = state.shown.committed, committed > message.pointer { return true }
            return state.machine.isPaused || state.machine.isClosed
        }
        return message
    }

    /// Takes what may be changed while it runs: see `IngestionSettings`.
    package func change(to settings: IngestionSettings) {
        let now = clock.nanoseconds
        let isOther = state.withLock { state in
            defer { state.settings = settings }
            state.limiter.change(to: settings.rate, at: now)
            state.shown.onError = settings.onError
            return state.settings.onError != settings.onError
        }
        if isOther { tell(.tryNow) } else { wake() }
        publish()
    }

    /// Goes on with another source for the same partition, at the pointer where it stands.
    package func replaceSource(with source: any StreamSource) {
        let request = state.withLock { state in
            state.source = source
            state.generation += 1
            return state.request
        }
        request?.cancel()
        tell(.tryNow)
    }

    /// Ends polling for good; returns when everything applied is durable and nothing runs any more.
    package func close() async {
        tell(.close)
        let task = state.withLock { state in
            state.request?.cancel()
            return state.task
        }
        task?.cancel()
        await task?.value
        state.withLock { state in
            for observer in state.observers.values { observer.finish() }
            state.observers = [:]
        }
    }

    // MARK: Resets

    /// Where a paused poller would go on. Nothing is changed.
    package func resolve(_ position: StartPosition) async throws -> PollerReset {
        let (isPaused, source) = state.withLock { ($0.machine.isPaused, $0.source) }
        guard isPaused else { throw IngestionNotPaused() }
        let pointer = try await source.resolve(position)
        let old = sink.checkpoint(source: place.source, partition: place.partition)
        return PollerReset(
            old: old.flatMap { StreamPointer(encoded: $0.pointer) }, new: pointer,
            checkpoint: checkpoint(pointer, epoch: (old?.epoch ?? 0) + 1, timestamp: 0))
    }

    /// The shard has the new pointer.
    package func finish(_ reset: PollerReset) {
        let moment = self.moment
        state.withLock { state in
            state.machine.handle(.moved(reset.new), at: moment)
            state.adopt(reset.checkpoint, reset.new)
            state.shown.counters = IngestionCounters()
            state.oldest = nil
        }
        publish()
    }

    // MARK: State

    var moment: PollerMachine.Moment {
        PollerMachine.Moment(nanoseconds: clock.nanoseconds, wallMilliseconds: clock.wallMilliseconds)
    }

    func checkpoint(_ pointer: StreamPointer, epoch: UInt64, timestamp: Int64) -> SourceCheckpoint {
        SourceCheckpoint(
            source: place.source, partition: place.partition, epoch: epoch, pointer: pointer.encoded,
            timestamp: timestamp)
    }

    func tell(_ event: PollerMachine.Event) {
        let moment = self.moment
        state.withLock { $0.machine.handle(event, at: moment) }
        publish()
        wake()
    }

    /// Changes what is shown, and shows it.
    func show(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
        publish()
    }

    func publish() {
        let now = clock.wallMilliseconds
        state.withLock { state in
            let shown = state.presented(at: now)
            for observer in state.observers.values { observer.yield(shown) }
            observe?(shown)
        }
    }

    func wake() {
        let waiting = state.withLock { state in
            defer { state.changed = [] }
            return state.changed
        }
        for waiter in waiting { waiter.resume() }
    }

    func until(_ condition: @Sendable (State) -> Bool) async {
        while true {
            let isMet = state.withLock { condition($0) }
            if isMet { return }
            await withCheckedContinuation { continuation in
                let isMet = state.withLock { state in
                    if condition(state) { return true }
                    state.changed.append(continuation)
                    return false
                }
                if isMet { continuation.resume() }
            }
        }
    }

    /// Goes on where the log says, or resolves the start and makes it durable before anything is read.
    func begin(_ hand: BatchInHand) async throws {
        if let known = sink.checkpoint(source: place.source, partition: place.partition) {
            guard let pointer = StreamPointer(encoded: known.pointer) else {
                throw StreamSourceError("the committed pointer is no pointer of this release")
            }
            show { $0.adopt(known, pointer) }
            return tell(.started(pointer))
        }
        let pointer = try await state.withLock({ $0.source }).resolve(start)
        let checkpoint = checkpoint(pointer, epoch: 0, timestamp: 0)
        let draft = hand.builder.finish(
            at: UInt64(max(0, clock.wallMilliseconds)), checkpoint: checkpoint)
        let (_, wait) = try sink.apply(draft, checkpoint, after: nil)
        try await withCheckedThrowingContinuation { continuation in
            wait.whenDurable { continuation.resume(with: $0) }
        }
        show { $0.adopt(checkpoint, pointer) }
        tell(.started(pointer))
    }
}

/// Where a poller goes on after a reset.
package struct PollerReset: Sendable {
    /// Nil if nothing was ever read.
    package let old: StreamPointer?
    package let new: StreamPointer
    package let checkpoint: SourceCheckpoint
}

/// Only what is paused can be reset.
package struct IngestionNotPaused: Error, CustomStringConvertible {
    package var description: String { "Cannot reset consumer when poller is not paused" }
}

extension Poller.State {
    mutating func adopt(_ checkpoint: SourceCheckpoint, _ pointer: StreamPointer) {
        self.checkpoint = checkpoint
        shown.committed = pointer
        shown.applied = pointer
        shown.fetched = pointer
        shown.epoch = checkpoint.epoch
    }

    /// What to show: the machine's phase, and the lag that follows from the pointers.
    func presented(at now: Int64) -> IngestionState {
        var shown = shown
        shown.phase = machine.shown
        shown.failure = machine.failure
        shown.isPaused = machine.isPausingOrPaused
        shown.isWriteBlocked = machine.isWriteBlocked
        guard let applied = shown.applied else { return shown }
        // What was read is the least that there is.
        let known = end.map { max($0, shown.fetched ?? $0) }
        if let known {
            shown.lag.fetched = shown.fetched.map { known.distance(from: $0) }
            shown.lag.applied = known.distance(from: applied)
            shown.lag.durable = shown.committed.map { known.distance(from: $0) }
        }
        let isBehind = known.map { $0 > applied } ?? shown.fetched.map { $0 > applied } ?? false
        if !isBehind {
            shown.lag.ageMilliseconds = known == nil && caughtUpAt == nil ? nil : 0
        } else if let oldest, oldest > 0 {
            shown.lag.ageMilliseconds = max(0, now - oldest)
        } else {
            shown.lag.ageMilliseconds = caughtUpAt.map { max(0, now - $0) }
        }
        return shown
    }
}

extension StreamPointer {
    /// How far this lies behind `other`, at most 2^64 - 1; 0 if it does not.
    func distance(from other: StreamPointer) -> UInt64 {
        guard self > other else { return 0 }
        if high == other.high && middle == other.middle { return low - other.low }
        return .max
    }
}

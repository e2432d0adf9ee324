package import VarveBytes
import VarveDocument

/// Asks one source for messages and applies them, for one shard.
///
/// What decides is `PollerMachine`; this carries its actions out and shows the state. Batches are applied while
/// earlier ones are still being synced; the log keeps them in order, so a crash loses a suffix and never a part.
/// The pointer that a restart finds is that of the last batch in the log: no message is applied twice or skipped.
package final class Poller: Sendable {
    private let source: any StreamSource
    private let sink: any IngestionSink
    private let options: IngestionOptions
    private let sourceID: UUID128
    private let partition: UInt32
    private let start: StartPosition
    private let state: Locked<State>

    fileprivate struct State {
        var machine: PollerMachine
        var shown = IngestionState()
        /// Applied batches that are not durable yet.
        var inFlight = 0
        /// Set when `inFlight` falls, or when the machine's next action may have changed.
        var changed: [CheckedContinuation<Void, Never>] = []
        var observers: [UInt64: AsyncStream<IngestionState>.Continuation] = [:]
        var nextObserver: UInt64 = 0
        var durabilityFailure: String?
        /// Where the stream ended when it was last asked.
        var end: StreamPointer?
        var task: Task<Void, Never>?
    }

    package init(
        source: any StreamSource, sink: any IngestionSink, partition: UInt32, index: UUID128,
        startingAt start: StartPosition, options: IngestionOptions
    ) {
        self.source = source
        self.sink = sink
        self.partition = partition
        self.start = start
        self.options = options
        var name = ByteBuffer(capacity: 64)
        name.append(index.low)
        name.append(index.high)
        name.append(utf8: options.name)
        sourceID = UUID128(
            high: XXH64.hash(name.bytes, seed: 1), low: XXH64.hash(name.bytes, seed: 2))
        state = Locked(
            State(machine: PollerMachine(retryMaxMilliseconds: options.retryDelayMax.pollerMilliseconds)))
    }

    // MARK: What a caller does

    /// Starts polling. To be called once.
    package func run() {
        let task = Task { await loop() }
        state.withLock { $0.task = task }
    }

    package var current: IngestionState { state.withLock { $0.shown } }

    /// The state now and whenever it changes, until ingestion is closed. Slow readers get the newest state.
    package func states() -> AsyncStream<IngestionState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: IngestionState.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            continuation.yield(state.shown)
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

    /// Stops asking, and returns when nothing is on its way: everything applied is durable.
    package func pause() async {
        tell(.pause)
        await until { $0.machine.isPaused || $0.machine.isClosed }
    }

    package func resume() {
        state.withLock { $0.durabilityFailure = nil }
        tell(.resume)
    }

    /// Moves the pointer of a paused poller; the shard is flushed first. Durable when it returns.
    package func reset(to position: StartPosition) async throws {
        guard state.withLock({ $0.machine.isPaused }) else {
            throw StreamSourceError("\(source.name) can be reset only while it is paused")
        }
        let pointer = try await source.resolve(position)
        let epoch = (sink.checkpoint(source: sourceID, partition: partition)?.epoch ?? 0) + 1
        guard state.withLock({ $0.machine.isPaused }) else {
            throw StreamSourceError("\(source.name) was resumed while it was being reset")
        }
        try await sink.reset(to: checkpoint(pointer, epoch: epoch, timestamp: 0))
        state.withLock { state in
            state.machine.handle(.moved(pointer))
            state.shown.committed = pointer
            state.shown.applied = pointer
            state.shown.epoch = epoch
            state.publish()
        }
    }

    /// Ends polling for good; returns when everything applied is durable and nothing runs any more.
    package func close() async {
        let task = state.withLock { state in
            state.machine.handle(.close)
            return state.task
        }
        wake()
        task?.cancel()
        await task?.value
        state.withLock { state in
            state.publish()
            for observer in state.observers.values { observer.finish() }
            state.observers = [:]
        }
    }

    // MARK: The loop

    private func loop() async {
        var builder = BatchBuilder(schema: sink.schema)
        while true {
            switch state.withLock({ $0.machine.next }) {
            case .end:
                await until { $0.inFlight == 0 }
                return
            case .rest: await until { $0.machine.next != .rest }
            case .quiesce:
                await until { $0.inFlight == 0 || $0.machine.isClosed }
                tell(.quiesced)
            case .backOff(let milliseconds):
                await backOff(milliseconds)
                state.withLock { $0.machine.waited() }
            case .start: await attempt { try await self.begin() }
            case .poll(let pointer):
                let used = builder
                builder = await step(used, from: pointer)
            }
        }
    }

    private func attempt(_ body: () async throws -> Void) async {
        do { try await body() } catch { fail(error) }
    }

    /// Goes on where the log says, or resolves the start and makes it durable before anything is read.
    private func begin() async throws {
        if let known = sink.checkpoint(source: sourceID, partition: partition) {
            guard let pointer = StreamPointer(encoded: known.pointer) else {
                throw StreamSourceError(
                    "the committed pointer of \(source.name) is no pointer of this release")
            }
            show { state in
                state.committed = pointer
                state.applied = pointer
                state.epoch = known.epoch
            }
            tell(.started(pointer))
            return
        }
        let pointer = try await source.resolve(start)
        var builder = BatchBuilder(schema: sink.schema)
        let checkpoint = checkpoint(pointer, epoch: 0, timestamp: 0)
        let draft = builder.finish(at: UInt64(max(0, sink.wallMilliseconds)), checkpoint: checkpoint)
        let (_, wait) = try sink.apply(draft, checkpoint)
        try await withCheckedThrowingContinuation { continuation in
            wait.whenDurable { continuation.resume(with: $0) }
        }
        show { state in
            state.committed = pointer
            state.applied = pointer
        }
        tell(.started(pointer))
    }

    /// One request and what comes of it.
    private func step(_ builder: consuming BatchBuilder, from pointer: StreamPointer) async -> BatchBuilder {
        var builder = builder
        do {
            await until { $0.inFlight < self.options.batchesInFlight || $0.machine.isClosed }
            if let failure = state.withLock({ $0.durabilityFailure }) { throw StreamSourceError(failure) }
            let messages = try await source.poll(
                from: pointer, limit: options.batchMessages, timeout: options.pollTimeout)
            try await measure()
            guard !messages.isEmpty else {
                tell(.nothingThere)
                return builder
            }
            try await apply(messages, from: pointer, &builder)
        } catch is CancellationError {
            // Closing cancels the request; the machine knows.
        } catch { fail(error) }
        return builder
    }

    private func apply(
        _ messages: [Message], from pointer: StreamPointer, _ builder: inout BatchBuilder
    ) async throws {
        var end = pointer
        var dropped = 0
        var blocked: MessageFailure?
        var failure: MessageFailure?
        var timestamp: Int64 = 0
        var id = ByteBuffer(capacity: 64)
        id.append(utf8: "\(sourceID.low.hex16)-\(partition)-")
        let prefixBytes = id.count
        for message in messages {
            guard message.pointer >= end else {
                builder.removeAll()
                throw StreamSourceError(
                    "\(source.name) gave message \(message.pointer) behind \(end): pointers must ascend")
            }
            if !builder.hasRoom(for: message.payload.count) { break }
            do throws(MessageError) {
                try append(message, to: &builder, &id, prefixBytes)
            } catch {
                failure = MessageFailure(
                    pointer: message.pointer, place: source.describe(message.pointer),
                    reason: error.description)
                if options.onError == .block {
                    blocked = failure
                    break
                }
                dropped += 1
            }
            end = message.next
            timestamp = message.timestamp
        }
        if end > pointer {
            try await commit(&builder, end, timestamp: timestamp, dropped: dropped)
        } else {
            builder.removeAll()
        }
        if let failure { show { $0.lastFailure = failure } }
        if let blocked { tell(.blocked(at: end, reason: blocked.description)) }
    }

    private func commit(
        _ builder: inout BatchBuilder, _ end: StreamPointer, timestamp: Int64, dropped: Int
    ) async throws {
        let count = builder.operationCount
        let checkpoint = checkpoint(end, epoch: current.epoch, timestamp: timestamp)
        do {
            try await sink.waitForRoom(operations: count, bytes: builder.byteCount)
        } catch {
            builder.removeAll()
            throw error
        }
        let draft = builder.finish(at: UInt64(max(0, sink.wallMilliseconds)), checkpoint: checkpoint)
        let (conflicts, wait) = try sink.apply(draft, checkpoint)
        state.withLock { state in
            state.inFlight += 1
            state.shown.messagesPolled += count + dropped
            state.shown.messagesApplied += count - conflicts
            state.shown.messagesDropped += dropped
            state.shown.conflicts += conflicts
            state.shown.applied = end
        }
        tell(.applied(end))
        wait.whenDurable { [self] outcome in
            state.withLock { state in
                state.inFlight -= 1
                switch outcome {
                case .success: state.shown.committed = max(state.shown.committed ?? end, end)
                case .failure(let error): state.durabilityFailure = "\(error)"
                }
                state.publish()
            }
            wake()
        }
    }

    /// A message without an id gets one made of its place, so that reading it again changes nothing.
    ///
    /// - Parameter id: The source's part of such ids, then whatever the last message left behind it.
    private func append(
        _ message: Message, to builder: inout BatchBuilder, _ id: inout ByteBuffer, _ prefixBytes: Int
    ) throws(MessageError) {
        let payload = message.payload
        let pointer = message.pointer
        id.truncate(to: prefixBytes)
        if pointer.high == 0 && pointer.middle == 0 && pointer.low <= UInt64(Int64.max) {
            id.appendDecimal(Int64(pointer.low))
        } else {
            id.append(utf8: pointer.description)
        }
        _ = try builder.appendMessage(payload.rawSpan, placeID: id.bytes)
    }

    private func checkpoint(_ pointer: StreamPointer, epoch: UInt64, timestamp: Int64) -> SourceCheckpoint {
        SourceCheckpoint(
            source: sourceID, partition: partition, epoch: epoch, pointer: pointer.encoded,
            timestamp: timestamp)
    }

    // MARK: State

    private func tell(_ event: PollerMachine.Event) {
        state.withLock { state in
            state.machine.handle(event)
            state.publish()
        }
        wake()
    }

    private func show(_ change: (inout IngestionState) -> Void) {
        state.withLock { state in
            change(&state.shown)
            state.publish()
        }
    }

    private func measure() async throws {
        guard let end = try await source.end() else { return }
        let incompleteBytes = try await source.incompleteBytes()
        state.withLock { state in
            state.end = end
            state.shown.incompleteBytes = incompleteBytes
            state.publish()
        }
    }

    private func fail(_ error: any Error) {
        let isTransient = (error as? StreamSourceError)?.isTransient ?? false
        tell(.failed(reason: "\(error)", isTransient: isTransient))
    }

    private func backOff(_ milliseconds: Int64) async {
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.changed = [] }
            return state.changed
        }
        for waiter in waiting { waiter.resume() }
    }

    private func until(_ condition: @Sendable (State) -> Bool) async {
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
}

extension Poller.State {
    /// Shows the machine's phase and the lag that follows from the pointers, and tells observers.
    fileprivate mutating func publish() {
        shown.phase = machine.shown
        if let end {
            shown.lag = IngestionState.Lag(
                applied: shown.applied.map { end.distance(from: $0) },
                durable: shown.committed.map { end.distance(from: $0) })
        }
        for observer in observers.values { observer.yield(shown) }
    }
}

extension StreamPointer {
    /// How far this lies behind `other`, at most 2^64 - 1; 0 if it does not.
    fileprivate func distance(from other: StreamPointer) -> UInt64 {
        guard self > other else { return 0 }
        if high == other.high && middle == other.middle { return low - other.low }
        return .max
    }
}

extension Duration {
    fileprivate var pollerMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

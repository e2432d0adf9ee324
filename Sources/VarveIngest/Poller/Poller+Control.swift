import VarveBytes
import VarveDocument

/// What one does to a running poller.
extension Poller {
    // MARK: Pausing

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

    /// Stops or starts reading. Returns when nothing is applied any more, or at once before it runs.
    package func setWriteBlocked(_ isBlocked: Bool) async {
        tell(.writeBlock(isBlocked))
        guard isBlocked else { return }
        state.withLock { $0.request }?.cancel()
        await until { $0.isResting || $0.task == nil || !$0.machine.isWriteBlocked || $0.machine.isClosed }
    }

    /// Passes over the message that it stands at, with a letter if letters are kept, and goes on. Returns when that
    /// is durable, or when something else keeps it from going on: it is passed over when it comes to it.
    ///
    /// - Returns: The message that is passed over; nil if it stands at none.
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
            return state.machine.isPaused || state.machine.isClosed || state.machine.isWriteBlocked
                || state.machine.shown == .retrying
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
        await state.withLock { $0.refreshing }?.value
        // Whoever is told takes itself off the list.
        let observers = state.withLock { state in
            defer { state.observers = [:] }
            return Array(state.observers.values)
        }
        for observer in observers { observer.finish() }
    }

    // MARK: Standing at a pointer

    /// Goes no further than a pointer until it is released. Returns when everything before the pointer is applied and
    /// nothing behind it is.
    ///
    /// - Throws: `IngestionHoldError` if it has passed the pointer already, or stops before it.
    package func hold(at pointer: StreamPointer) async throws(IngestionHoldError) {
        let epoch = state.withLock { $0.shown.epoch }
        tell(.hold(pointer))
        await withTaskCancellationHandler {
            await until { state in
                state.hasReached(pointer) || state.shown.epoch != epoch || state.machine.isPausingOrPaused
                    || state.machine.isWriteBlocked || state.machine.isClosed || Task.isCancelled
            }
        } onCancel: {
            wake()
        }
        let (shown, isThere) = state.withLock { state in
            let isPast = state.shown.applied.map { $0 > pointer } ?? false
            return (state.shown, state.hasReached(pointer) && !isPast && state.shown.epoch == epoch)
        }
        if isThere { return }
        release(pointer)
        throw IngestionHoldError(wanted: pointer, applied: shown.applied, phase: current.phase)
    }

    /// Ends `hold`.
    package func release(_ pointer: StreamPointer) { tell(.release(pointer)) }

    // MARK: Resets

    /// Where a paused poller would go on. Nothing is changed.
    package func resolve(_ position: StartPosition) async throws -> PollerReset {
        let (isPaused, source) = state.withLock { ($0.machine.isPaused, $0.source) }
        guard isPaused else { throw IngestionNotPaused() }
        let pointer = try await source.resolve(position)
        let checkpoint = sink.checkpoint(source: place.source, partition: place.partition)
        let old = checkpoint.flatMap { StreamPointer(encoded: $0.pointer) }
        return PollerReset(
            old: old, new: pointer, maySkip: old.map { source.maySkip(from: $0, to: pointer) } ?? false,
            checkpoint: self.checkpoint(pointer, epoch: (checkpoint?.epoch ?? 0) + 1, timestamp: 0))
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
}

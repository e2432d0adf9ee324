import VarveBytes
import VarveDocument

/// Carrying out what the machine decides.
extension Poller {
    func loop() async {
        let hand = BatchInHand(schema: sink.schema)
        while true {
            let now = clock.nanoseconds
            switch state.withLock({ $0.machine.next(at: now) }) {
            case .end:
                await hand.clear()
                await until { $0.inFlight == 0 }
                publish()
                return
            case .rest:
                setResting(true)
                await until { $0.machine.next(at: now) != .rest }
                setResting(false)
            case .quiesce:
                await hand.clear()
                await until { $0.inFlight == 0 || $0.machine.isClosed }
                show { state in
                    state.shown.fetched = state.shown.applied
                    state.shown.queuedBytes = 0
                }
                tell(.quiesced)
            case .wait(let time):
                await wait(until: time) { $0.machine.next(at: now) != .wait(until: time) }
            case .start:
                do { try await begin(hand) } catch { fail(error) }
            case .poll(let pointer): await step(hand, from: pointer)
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
        let pointer: StreamPointer
        if let continued {
            pointer = continued
        } else {
            pointer = try await state.withLock({ $0.source }).resolve(start)
        }
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

    private func setResting(_ isResting: Bool) {
        state.withLock { $0.isResting = isResting }
        if isResting { wake() }
    }

    /// Waits until a time, or until something has changed.
    private func wait(until time: UInt64, unless changed: @escaping @Sendable (State) -> Bool) async {
        let timer = Task { [self] in
            await clock.sleep(until: time)
            wake()
        }
        await until { clock.nanoseconds >= time || changed($0) }
        timer.cancel()
        await timer.value
    }

    /// One batch, or a part of it.
    private func step(_ hand: BatchInHand, from pointer: StreamPointer) async {
        let now = clock.nanoseconds
        let isAsBefore: @Sendable (State) -> Bool = { $0.machine.next(at: now) == .poll(pointer) }
        do {
            await until { $0.inFlight < $0.settings.batchesInFlight || !isAsBefore($0) }
            let (failure, ready) = state.withLock { ($0.durabilityFailure, $0.limiter.readyAt) }
            if let failure { throw IngestionSinkError(failure, isTransient: false) }
            if ready > now { await wait(until: ready) { !isAsBefore($0) } }
            guard state.withLock({ isAsBefore($0) }) else { return }
            if hand.isEmpty {
                let messages = try await fetch(hand, at: pointer)
                guard let messages else { return }
                await measureIfDue(messages)
                guard !messages.isEmpty else {
                    tell(.nothingThere)
                    // A source that does not wait for news is not asked without end.
                    return await wait(until: now + Self.idleNanoseconds) { !isAsBefore($0) }
                }
                let bytes = hand.take(messages)
                show { state in
                    state.shown.queuedBytes = bytes
                    state.shown.fetched = messages.last?.next
                    state.oldest = messages[0].timestamp
                }
                tell(.took)
                // A pause or a write block that came while it waited: what is shown must hold.
                guard state.withLock({ isAsBefore($0) }) else { return }
            }
            if let limit = state.withLock({ $0.machine.limit }), let next = hand.rest.first,
                next.pointer >= limit
            {
                return await stand(before: limit) { !isAsBefore($0) }
            }
            if let end = hand.end { _ = await request(hand, at: end) }
            try await apply(hand, from: pointer)
            if hand.isEmpty { tell(.finished) }
        } catch { fail(error) }
    }

    /// From one question that was answered with nothing to the next, at least.
    private static var idleNanoseconds: UInt64 { 100_000_000 }

    /// Waits at a limit that no message ends at: the next one lies behind it.
    private func stand(
        before limit: StreamPointer, until isOver: @escaping @Sendable (State) -> Bool
    ) async {
        state.withLock { $0.standsBefore = limit }
        wake()
        await until { $0.machine.limit != limit || isOver($0) }
        state.withLock { $0.standsBefore = nil }
    }

    // MARK: Asking

    /// The messages at a pointer; nil if the request was called off.
    private func fetch(_ hand: BatchInHand, at pointer: StreamPointer) async throws -> [Message]? {
        let task = await request(hand, at: pointer)
        defer {
            hand.endRequest()
            state.withLock { $0.request = nil }
        }
        do { return try await task.value } catch is CancellationError { return nil } catch {
            let lost = (error as? StreamSourceError)?.lost
            state.withLock { state in
                state.shown.counters.sourceErrors += 1
                if let lost {
                    state.shown.counters.gaps += 1
                    state.shown.lastGap = lost
                }
            }
            throw error
        }
    }

    private func request(
        _ hand: BatchInHand, at pointer: StreamPointer
    ) async -> Task<[Message], any Error> {
        let (source, generation, settings, limiter) = state.withLock {
            ($0.source, $0.generation, $0.settings, $0.limiter)
        }
        let bytes = min(max(1, settings.queueBytes / 2), limiter.batchBytes)
        let limit = hand.limit(messages: min(settings.batchMessages, limiter.batchMessages), bytes: bytes)
        let task = await hand.request(at: pointer, of: generation) {
            try await source.poll(from: pointer, limit: limit, bytes: bytes, timeout: settings.pollTimeout)
        }
        // Whoever pauses or closes calls it off.
        let isCalledOff = state.withLock { state in
            state.request = task
            return state.machine.isPausingOrPaused || state.machine.isWriteBlocked || state.machine.isClosed
        }
        if isCalledOff { task.cancel() }
        return task
    }

    /// Asks for the end of the stream when there was nothing, and from time to time.
    private func measureIfDue(_ messages: [Message]) async {
        let now = clock.nanoseconds
        let isDue = state.withLock { state in
            // A source that cannot tell its end is not asked with every batch.
            let isThere = state.end.map { end in messages.last.map { $0.next >= end } ?? true } ?? false
            return isThere || state.measuredAt == 0
                || now >= state.measuredAt + state.settings.lagInterval.wholeNanoseconds
        }
        if messages.isEmpty {
            let wall = clock.wallMilliseconds
            state.withLock { state in
                state.shown.emptyPolls += 1
                state.shown.lastTimestamp = 0
                state.oldest = nil
                state.caughtUpAt = wall
            }
        }
        // What is wrong with the source shows when it is asked for messages.
        if isDue { try? await measure() }
    }

    /// Asks how far the stream reaches now.
    package func measure() async throws {
        let source = state.withLock { $0.source }
        let now = clock.nanoseconds
        state.withLock { $0.measuredAt = now }
        guard let end = try await source.end() else { return }
        let incompleteBytes = try await source.incompleteBytes()
        let wall = clock.wallMilliseconds
        show { state in
            state.end = end
            state.shown.incompleteBytes = incompleteBytes
            if let applied = state.shown.applied, end <= applied { state.caughtUpAt = wall }
        }
    }

    /// For lag while it is paused: how far the stream reaches, and how old the first message is that is not applied.
    package func look() async {
        // What keeps it from being known keeps it from being read as well, and is told then.
        try? await measure()
        if let beginning = try? await state.withLock({ $0.source }).start() {
            show { $0.beginning = beginning }
        }
        let (source, pointer) = state.withLock { state -> (any StreamSource, StreamPointer?) in
            let isBehind = state.end.flatMap { end in state.shown.applied.map { end > $0 } } ?? false
            return (
                state.source,
                state.machine.isPaused && isBehind && state.oldest == nil ? state.shown.applied : nil
            )
        }
        guard let pointer,
            let first = try? await source.poll(from: pointer, limit: 1, bytes: 1, timeout: .zero).first
        else { return }
        show { state in
            if state.shown.applied == pointer, state.machine.isPaused { state.oldest = first.timestamp }
        }
    }
}

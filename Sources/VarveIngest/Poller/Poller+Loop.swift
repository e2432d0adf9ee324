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
            case .rest: await until { $0.machine.next(at: now) != .rest }
            case .quiesce:
                await hand.clear()
                await until { $0.inFlight == 0 || $0.machine.isClosed }
                show { $0.shown.fetched = $0.shown.applied }
                tell(.quiesced)
            case .wait(let time):
                await wait(until: time) { $0.machine.next(at: now) != .wait(until: time) }
            case .start:
                do { try await begin(hand) } catch { fail(error) }
            case .poll(let pointer): await step(hand, from: pointer)
            }
        }
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
                guard !messages.isEmpty else { return tell(.nothingThere) }
                hand.take(messages)
                show { state in
                    state.shown.fetched = messages.last?.next
                    state.oldest = messages[0].timestamp
                }
                tell(.took)
            }
            if let end = hand.end { _ = await request(hand, at: end) }
            try await apply(hand, from: pointer)
            if hand.isEmpty { tell(.finished) }
        } catch { fail(error) }
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

    // MARK: Applying

    /// Applies as many of the messages in hand as one batch takes.
    private func apply(_ hand: BatchInHand, from pointer: StreamPointer) async throws {
        let run = try map(hand, from: pointer)
        if run.count > 0 {
            try await commit(hand, run)
        } else {
            hand.builder.removeAll()
            hand.count(1)
            show { state in
                state.shown.counters += run.counters
                state.shown.lastFailure = run.lastFailure
            }
        }
        if let blocked = run.blocked {
            if run.count > 0 { hand.count(1) }
            tell(.blocked(blocked))
        }
    }

    private func map(_ hand: BatchInHand, from pointer: StreamPointer) throws -> MessageMapper.Run {
        let (source, settings, skipped, failure) = state.withLock {
            ($0.source, $0.settings, $0.skipped, $0.machine.failure ?? $0.skipped)
        }
        var mapper = MessageMapper(
            place: place, settings: settings, skipped: skipped?.message?.pointer,
            attempts: failure.flatMap { failure in failure.message.map { ($0.pointer, failure.attempts) } },
            random: random, arePointersDense: source.arePointersDense, describe: { source.describe($0) })
        do {
            return try mapper.map(hand.rest, from: pointer, known: hand.known, into: &hand.builder)
        } catch {
            hand.builder.removeAll()
            throw error
        }
    }

    private func commit(_ hand: BatchInHand, _ run: MessageMapper.Run) async throws {
        let (epoch, before) = state.withLock { ($0.shown.epoch, $0.checkpoint) }
        let checkpoint = checkpoint(run.end, epoch: epoch, timestamp: run.timestamp)
        let (conflicts, wait): (Int, IngestionWait)
        do {
            try await sink.waitForRoom(
                operations: hand.builder.operationCount, bytes: hand.builder.byteCount)
            let draft = hand.builder.finish(
                at: UInt64(max(0, clock.wallMilliseconds)), checkpoint: checkpoint)
            (conflicts, wait) = try sink.apply(draft, checkpoint, after: before)
        } catch {
            hand.builder.removeAll()
            hand.count(run.count + (run.blocked == nil ? 0 : 1))
            show { $0.shown.counters += run.counters.failedWhole }
            throw error
        }
        hand.settle(run.count)
        let next = hand.rest.first?.timestamp
        let now = moment
        state.withLock { state in
            state.inFlight += 1
            state.checkpoint = checkpoint
            var counters = run.counters
            counters.applied += run.operations - conflicts
            counters.versionConflicts += conflicts
            state.shown.counters += counters
            state.shown.applied = run.end
            state.shown.lastTimestamp = run.timestamp
            if let gap = run.lastGap { state.shown.lastGap = gap }
            if let failure = run.lastFailure { state.shown.lastFailure = failure }
            if let skipped = state.skipped?.message, run.end > skipped.pointer { state.skipped = nil }
            state.oldest = next
            state.limiter.take(messages: run.count, bytes: run.counters.bytes, at: now.nanoseconds)
            state.machine.handle(.applied(run.end), at: now)
        }
        publish()
        wake()
        settle(wait, run.end)
    }

    /// Notes when a batch has become durable.
    private func settle(_ wait: IngestionWait, _ end: StreamPointer) {
        wait.whenDurable { [self] outcome in
            state.withLock { state in
                state.inFlight -= 1
                switch outcome {
                case .success: state.shown.committed = max(state.shown.committed ?? end, end)
                case .failure(let error): state.durabilityFailure = "\(error)"
                }
            }
            publish()
            wake()
        }
    }

    func fail(_ error: any Error) {
        switch error {
        case is CancellationError: break
        case let error as StreamSourceError:
            tell(.failed(reason: error.description, isTransient: error.isTransient))
        case let error as IngestionSinkError:
            tell(.failed(reason: error.description, isTransient: error.isTransient))
        default: tell(.failed(reason: "\(error)", isTransient: true))
        }
    }
}

extension IngestionCounters {
    /// What is counted of a batch that the shard did not take: every attempt failed, nothing is settled.
    fileprivate var failedWhole: IngestionCounters {
        var counters = IngestionCounters()
        counters.polled = polled
        counters.handedOn = handedOn
        counters.pollerFailures = pollerFailures
        counters.processed = processed
        counters.failed = processed
        return counters
    }
}

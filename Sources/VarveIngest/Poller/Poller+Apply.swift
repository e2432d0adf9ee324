import VarveBytes
import VarveDocument

/// Applying the messages in hand.
extension Poller {
    /// Applies as many of the messages in hand as one batch takes.
    func apply(_ hand: BatchInHand, from pointer: StreamPointer) async throws {
        defer {
            state.withLock { $0.isApplying = false }
            wake()
        }
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
        let (source, settings, skipped, failure, limit) = state.withLock { state in
            state.isApplying = true
            return (
                state.source, state.settings, state.skipped, state.machine.failure ?? state.skipped,
                state.machine.limit
            )
        }
        let messages = limit.map { limit in hand.rest.prefix { $0.pointer < limit } } ?? hand.rest
        var mapper = MessageMapper(
            place: place, settings: settings, skipped: skipped?.message?.pointer,
            attempts: failure.flatMap { failure in failure.message.map { ($0.pointer, failure.attempts) } },
            random: random, arePointersDense: source.arePointersDense, describe: { source.describe($0) })
        do {
            return try mapper.map(messages, from: pointer, known: hand.known, into: &hand.builder)
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
            state.shown.queuedBytes = max(0, state.shown.queuedBytes - run.counters.bytes)
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
        refreshIfImmediate()
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

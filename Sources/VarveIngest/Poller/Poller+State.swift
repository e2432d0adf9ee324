import VarveBytes
import VarveDocument

/// Changing what a poller shows, and waiting for it.
extension Poller {
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
}

extension Poller.State {
    mutating func adopt(_ checkpoint: SourceCheckpoint, _ pointer: StreamPointer) {
        self.checkpoint = checkpoint
        shown.committed = pointer
        shown.applied = pointer
        shown.fetched = pointer
        shown.epoch = checkpoint.epoch
    }

    /// Everything before a pointer is applied, and nothing is on its way that goes further.
    func hasReached(_ pointer: StreamPointer) -> Bool {
        if isApplying { return false }
        return standsBefore == pointer || shown.applied.map { $0 >= pointer } ?? false
    }

    /// What to show: the machine's phase, and the lag that follows from the pointers.
    func presented(at now: Int64) -> IngestionState {
        var shown = shown
        shown.phase = machine.shown
        shown.failure = machine.failure
        shown.isPaused = machine.isPausingOrPaused
        shown.isWriteBlocked = machine.isWriteBlocked
        shown.limit = machine.limit
        guard let applied = shown.applied else { return shown }
        shown.lag.retained = beginning.flatMap { start in shown.committed?.distance(from: start) }
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

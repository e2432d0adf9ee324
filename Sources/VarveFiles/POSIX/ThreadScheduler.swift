package import VarveBytes

/// Runs each scheduled work on a thread of its own, which sleeps until it is woken or its time has come.
///
/// A work's thread ends when its step answers `.done`, when it is stopped, or when the last reference to the
/// work is dropped. What the step holds is let go then.
package struct ThreadScheduler: Scheduler {
    package init() {}

    package func schedule(
        _ name: String, _ step: @escaping @Sendable () -> StepOutcome
    ) -> any ScheduledWork {
        let work = WorkState(step)
        SystemThread.start(name: name) { work.run() }
        return ThreadWork(work)
    }

    package func wait(for event: Event) { event.blockUntilSet() }
}

/// The handle of one work. The thread holds the state alone, so that dropping the handle ends the thread.
private final class ThreadWork: ScheduledWork {
    private let state: WorkState

    init(_ state: WorkState) { self.state = state }

    deinit { state.end() }

    func wake() { state.wake() }

    func stop() {
        state.end()
        state.waitUntilEnded()
    }
}

/// What a work's thread and its handle share.
private final class WorkState: Sendable {
    private struct Signals {
        var isWoken = false
        var isEnding = false
        var thread: SystemThread.ID?
        /// Nil once the work has ended.
        var step: (@Sendable () -> StepOutcome)?
    }

    private let signals: Monitor<Signals>
    private let ended = Event()

    init(_ step: @escaping @Sendable () -> StepOutcome) { signals = Monitor(Signals(step: step)) }

    func wake() {
        signals.change { signals in
            if signals.isWoken { return false }
            signals.isWoken = true
            return true
        }
    }

    func end() {
        signals.change { signals in
            signals.isEnding = true
            return true
        }
    }

    func waitUntilEnded() {
        let isInside = signals.update { $0.thread == SystemThread.current }
        precondition(!isInside, "a work was stopped from inside its own step")
        ended.blockUntilSet()
    }

    /// The thread's whole life.
    func run() {
        runSteps()
        // What the step holds is let go outside the lock, since that may run any code, and before anyone is
        // told that the work has ended.
        let last = signals.update { signals in
            signals.thread = nil
            return signals.step.take()
        }
        _ = consume last
        ended.signal()
    }

    private func runSteps() {
        let first = signals.update { signals in
            signals.thread = SystemThread.current
            return signals.step
        }
        guard let step = first else { return }
        var deadline: UInt64 = .max
        while awaitTurn(until: deadline) {
            switch step() {
            case .again: deadline = 0
            case .idle: deadline = .max
            case .idleUntil(let time): deadline = time
            case .done: return
            }
        }
    }

    /// Sleeps until there is something to do; false if the work is to end.
    private func awaitTurn(until deadline: UInt64) -> Bool {
        signals.wait(
            until: deadline, or: { $0.isEnding || $0.isWoken || deadline == 0 },
            then: { signals in
                signals.isWoken = false
                return !signals.isEnding
            })
    }
}

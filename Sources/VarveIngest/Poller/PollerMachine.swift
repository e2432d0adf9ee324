/// The life of a poller as a pure value: events in, the next action out. It does nothing itself.
///
/// Invariants: nothing is polled while anything asks for a pause; a reset is only carried out when nothing is on
/// its way; the pointer only moves by an applied batch or by a reset.
package struct PollerMachine: Sendable {
    package enum Action: Hashable, Sendable {
        /// Find the committed pointer, or resolve the start and commit it before anything is read.
        case start
        /// Ask the source for what comes at this pointer.
        case poll(StreamPointer)
        /// Wait this many milliseconds, then ask again for the next action.
        case backOff(milliseconds: Int64)
        /// Wait until everything applied is durable, then report `.quiesced`.
        case quiesce
        /// Nothing to do until somebody resumes, resets or closes.
        case rest
        case end
    }

    package enum Event: Hashable, Sendable {
        case started(StreamPointer)
        /// A batch was applied; the next one starts here.
        case applied(StreamPointer)
        case nothingThere
        case quiesced
        case failed(reason: String, isTransient: Bool)
        /// A message cannot be applied, and the strategy says to stop at it.
        case blocked(at: StreamPointer, reason: String)
        case pause
        case resume
        /// The pointer was set by a reset, which only a paused poller takes.
        case moved(StreamPointer)
        case close
    }

    private enum Phase: Hashable, Sendable {
        case starting
        case running
        case pausing(reason: String?)
        case paused(reason: String?)
        case closed
    }

    private var phase = Phase.starting
    private var pointer: StreamPointer?
    private var failures = 0
    private var lastFailure: String?
    private let retryMax: Int64

    package init(retryMaxMilliseconds: Int64 = 30_000) { retryMax = max(1, retryMaxMilliseconds) }

    package var isPaused: Bool { if case .paused = phase { true } else { false } }
    package var isClosed: Bool { phase == .closed }

    /// What to show.
    package var shown: IngestionState.Phase {
        switch phase {
        case .starting, .running:
            if let lastFailure, failures != 0 {
                .retrying(lastFailure)
            } else if pointer == nil {
                .starting
            } else {
                .polling
            }
        // Until nothing is on its way, it is not paused.
        case .pausing: .polling
        case .paused(let reason): .paused(reason: reason)
        case .closed: .closed
        }
    }

    /// What to do now. Asking changes nothing.
    package var next: Action {
        switch phase {
        case .closed: .end
        case .paused: .rest
        case .pausing: .quiesce
        case .starting, .running:
            if failures > 0 {
                .backOff(milliseconds: min(retryMax, 100 << Int64(min(failures - 1, 20))))
            } else if let pointer, phase == .running {
                .poll(pointer)
            } else {
                .start
            }
        }
    }

    /// The wait after a failure is over: ask again. Another failure waits longer.
    package mutating func waited() { failures = -abs(failures) }

    package mutating func handle(_ event: Event) {
        switch (event, phase) {
        case (.close, _): phase = .closed
        case (_, .closed): break
        case (.started(let start), .starting):
            pointer = start
            phase = .running
            recovered()
        case (.started(let start), .pausing), (.started(let start), .paused):
            pointer = start
        case (.applied(let end), _):
            pointer = end
            recovered()
        case (.nothingThere, _): recovered()
        case (.failed(let reason, let isTransient), .starting),
            (.failed(let reason, let isTransient), .running):
            if isTransient {
                failures = abs(failures) + 1
                lastFailure = reason
            } else {
                phase = .pausing(reason: reason)
            }
        case (.blocked(let at, let reason), .running), (.blocked(let at, let reason), .pausing):
            pointer = at
            phase = .pausing(reason: reason)
        case (.pause, .starting), (.pause, .running): phase = .pausing(reason: nil)
        case (.quiesced, .pausing(let reason)): phase = .paused(reason: reason)
        case (.resume, .paused), (.resume, .pausing):
            phase = pointer == nil ? .starting : .running
            recovered()
        case (.moved(let to), .paused): pointer = to
        default: break
        }
    }

    private mutating func recovered() {
        failures = 0
        lastFailure = nil
    }
}

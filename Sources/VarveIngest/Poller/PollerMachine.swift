/// The life of a poller as a pure value: events in, the next action out. It does nothing itself.
///
/// Invariants: nothing is polled while anything asks for a pause; a reset is only carried out when nothing is on
/// its way; the pointer only moves by an applied batch or by a reset; only a permanent failure pauses by itself.
package struct PollerMachine: Sendable {
    package enum Action: Hashable, Sendable {
        /// Find the committed pointer, or resolve the start and commit it before anything is read.
        case start
        /// Apply what comes at this pointer.
        case poll(StreamPointer)
        /// Ask again for the next action at this time of the monotonic clock, in nanoseconds.
        case wait(until: UInt64)
        /// Wait until everything applied is durable, then report `.quiesced`.
        case quiesce
        /// Nothing to do until somebody resumes, resets, lifts the write block or closes.
        case rest
        case end
    }

    package enum Event: Hashable, Sendable {
        case started(StreamPointer)
        /// Messages are in hand.
        case took
        /// A part of them was applied; the next part starts here.
        case applied(StreamPointer)
        /// There are none in hand any more.
        case finished
        case nothingThere
        case quiesced
        case failed(reason: String, isTransient: Bool)
        /// A message cannot be applied, and the strategy says to stop at it.
        case blocked(MessageFailure)
        /// The error strategy has changed, or a message is to be skipped: what was waited for may go on now.
        case tryNow
        case pause
        case resume
        /// The pointer was set by a reset, which only a poller takes that is paused, or rests at a limit of 0.
        case moved(StreamPointer)
        case writeBlock(Bool)
        /// Not past this pointer, until it is released.
        case hold(StreamPointer)
        case release(StreamPointer)
        case close
    }

    /// When an event happens.
    package struct Moment: Sendable {
        /// Monotonic.
        package var nanoseconds: UInt64
        package var wallMilliseconds: Int64

        package init(nanoseconds: UInt64, wallMilliseconds: Int64) {
            self.nanoseconds = nanoseconds
            self.wallMilliseconds = wallMilliseconds
        }
    }

    private enum Phase: Hashable {
        case starting, polling, processing
        case retrying(until: UInt64)
        case blocked(until: UInt64)
        case pausing, paused, closed
    }

    /// First waits: a source may be back at once; a message hardly becomes another.
    private static let sourceRetry: Int64 = 100
    private static let messageRetry: Int64 = 2_000

    private var phase = Phase.starting
    private var pointer: StreamPointer?
    private var schedule: RetrySchedule
    /// What keeps it from going on, or made it pause.
    package private(set) var failure: IngestionFailure?
    package private(set) var isWriteBlocked = false
    private var holds: [StreamPointer] = []

    package init(retryMaxMilliseconds: Int64 = 30_000, seed: UInt64 = 0) {
        schedule = RetrySchedule(maxMilliseconds: retryMaxMilliseconds, seed: seed)
    }

    /// One that was paused when the last process ended; by itself if there is a failure.
    package mutating func beginPaused(_ failure: IngestionFailure?) {
        if isClosed { return }
        phase = .paused
        self.failure = failure
    }

    package var isPaused: Bool { phase == .paused }
    package var isPausingOrPaused: Bool { phase == .paused || phase == .pausing }
    package var isClosed: Bool { phase == .closed }

    /// What to show.
    package var shown: IngestionState.Phase {
        switch phase {
        case .starting: .starting
        case .polling: .polling
        case .processing: .processing
        case .retrying: .retrying
        case .blocked: .blocked
        case .pausing: .pausing
        case .paused: .paused
        case .closed: .closed
        }
    }

    /// Messages from here on are not to be applied for now.
    package var limit: StreamPointer? { holds.min() }

    /// What to do now. Asking changes nothing.
    package func next(at now: UInt64) -> Action {
        switch phase {
        case .closed: return .end
        case .paused: return .rest
        case .pausing: return .quiesce
        case _ where isWriteBlocked: return .rest
        case .retrying(let until), .blocked(let until):
            if now < until { return .wait(until: until) }
        case .starting, .polling, .processing: break
        }
        guard let pointer else { return .start }
        if let limit, pointer >= limit { return .rest }
        return .poll(pointer)
    }

    package mutating func handle(_ event: Event, at moment: Moment) {
        switch (event, phase) {
        case (.close, _): phase = .closed
        case (_, .closed): break
        case (.writeBlock(let isOn), _): isWriteBlocked = isOn
        case (.hold(let pointer), _): holds.append(pointer)
        case (.release(let pointer), _):
            if let at = holds.firstIndex(of: pointer) { holds.remove(at: at) }
        case (.started(let start), _):
            pointer = start
            goOn(.polling)
        case (.took, _): if !isPausingOrPaused { phase = .processing }
        case (.applied(let end), _):
            pointer = end
            goOn(.processing)
        case (.finished, .processing): phase = .polling
        case (.nothingThere, _): goOn(.polling)
        case (.failed(let reason, let isTransient), _):
            if !isPausingOrPaused { fail(reason, nil, isTransient: isTransient, Self.sourceRetry, moment) }
        case (.blocked(let message), _):
            if phase != .paused {
                fail(
                    message.description, message, isTransient: message.stage == .processing,
                    Self.messageRetry, moment)
            }
        case (.tryNow, .blocked), (.tryNow, .retrying): phase = .polling
        case (.pause, .paused): break
        case (.pause, _): phase = .pausing
        case (.quiesced, .pausing): phase = .paused
        case (.resume, .paused), (.resume, .pausing):
            phase = pointer == nil ? .starting : .polling
            failure = nil
        case (.moved(let to), _) where isPaused || limit == StreamPointer(0):
            pointer = to
            failure = nil
        default: break
        }
    }

    /// Success: nothing keeps it any more, unless it is about to pause.
    private mutating func goOn(_ next: Phase) {
        if isPausingOrPaused { return }
        failure = nil
        phase = next
    }

    private mutating func fail(
        _ reason: String, _ message: MessageFailure?, isTransient: Bool, _ firstWait: Int64, _ moment: Moment
    ) {
        // One failure goes on while the same thing fails: the source, or the same message.
        let isSame = failure.map { $0.message?.pointer == message?.pointer } ?? false
        let attempts = isSame ? (failure?.attempts ?? 0) + 1 : 1
        failure = IngestionFailure(
            reason: reason, message: message,
            since: isSame ? failure?.since ?? moment.wallMilliseconds : moment.wallMilliseconds,
            attempts: attempts, isPermanent: !isTransient)
        guard isTransient else {
            phase = .pausing
            return
        }
        if phase == .pausing { return }
        let until =
            moment.nanoseconds + schedule.delay(afterAttempt: attempts, firstMilliseconds: firstWait)
        phase = message == nil ? .retrying(until: until) : .blocked(until: until)
    }
}

import VarveBytes
import VarveFiles

/// What came of a record or a request.
package typealias LogOutcome = Result<Void, LogFailure>
/// Told once what came of it; on the thread that found out, outside all locks.
package typealias LogCallback = @Sendable (LogOutcome) -> Void

/// What appenders, waiters and the writer's work share, under one lock. Pure: nothing here does I/O or calls
/// back; what is to be done is returned.
///
/// Invariants: `durable <= written <= lastTicket`; `durableNext <= next`; at most `undurableOperationsMax`
/// numbers lie between those two; `waiters` holds only tickets that are not answered yet.
struct LogState: Sendable {
    enum Phase: Sendable {
        case open
        /// Closing was asked for; the writer's work drains and seals.
        case closing
        case closed
        case failed(LogFailure)
    }

    struct Waiter: Sendable {
        let ticket: UInt64
        let needsSync: Bool
        let asks: Bool
        let body: LogCallback
    }

    /// The file after the current one.
    enum NextFile: Sendable {
        case none
        case wanted(bytes: ByteCount)
        /// Someone is making it.
        case making
        case ready(PreparedLogFile)
        /// There was no space for it.
        case failed(FileError, bytes: ByteCount, retryAt: UInt64)
    }

    private(set) var phase = Phase.open
    /// Accepted and not yet taken by the writer's work.
    private var pending: [LogRecord] = []
    /// Frame bytes accepted and not yet acknowledged.
    private var pendingBytes = 0
    /// Frame bytes that fit into the current file, counted as `pendingBytes` is.
    private var fileRoom: ByteCount
    private(set) var lastTicket: UInt64 = 0
    private var written: UInt64 = 0
    private var durable: UInt64 = 0
    private var next: SequenceNumber
    private(set) var durableNext: SequenceNumber
    private var waiters: [Waiter] = []
    private var roomWaiters: [Event] = []
    private var rotations: [LogCallback] = []
    /// Rotations that the writer's work is at.
    private var begunRotations: [LogCallback] = []
    /// One of the rotations is for a log that will be idle.
    private var rotatesIdly = false
    private var closers: [LogCallback] = []
    /// Someone waits for more than an acknowledgement.
    private var needsSync = false
    /// A step of the writer's work is running or asked for.
    private var isAwake = false
    /// Something was asked for since the last step began.
    private var hasNews = false
    /// The log cannot go on for want of space.
    private var stall: LogFailure?
    private(set) var files: [LogFileExtent]
    var nextFile = NextFile.none
    private var nextFileID: UInt64

    init(
        next: SequenceNumber, file: LogFileExtent, older: [LogFileExtent], room: ByteCount, nextFileID: UInt64
    ) {
        self.next = next
        durableNext = next
        files = older + [file]
        fileRoom = room
        self.nextFileID = nextFileID
    }

    var failure: LogFailure? {
        switch phase {
        case .open: stall
        case .closing, .closed: .closed
        case .failed(let failure): failure
        }
    }

    mutating func takeFileID() -> UInt64 {
        defer { nextFileID += 1 }
        return nextFileID
    }

    /// True if the writer's work sleeps, which the caller must then wake.
    mutating func needsWake() -> Bool {
        hasNews = true
        defer { isAwake = true }
        return !isAwake
    }
}

// MARK: What appenders ask

extension LogState {
    /// Takes a record, or says why not. The answer's flag asks the caller to wake the writer's work.
    @inline(__always)
    mutating func accept(
        _ record: LogRecord, _ options: LogOptions
    ) throws(LogFailure) -> (ticket: UInt64, wakes: Bool) {
        if let failure { throw failure }
        let bytes = record.frameBytes
        guard hasRoom(operations: record.operationCount, bytes: bytes, options) else { throw .noRoom }
        guard record.first == next else {
            throw .rejected("it begins with number \(record.first), expected \(next)")
        }
        if case .failed(let error, _, _) = nextFile, UInt64(pendingBytes + bytes) > fileRoom {
            throw .noSpace(error)
        }
        pending.append(record)
        pendingBytes += bytes
        next = SequenceNumber(next.rawValue + UInt64(record.operationCount))
        lastTicket += 1
        return (lastTicket, needsWake())
    }

    func hasRoom(operations: Int, bytes: Int, _ options: LogOptions) -> Bool {
        let undurable = Int(next.rawValue - durableNext.rawValue)
        return (pendingBytes == 0 || pendingBytes + bytes <= options.pendingBytesMax)
            && undurable + operations <= options.undurableOperationsMax
    }

    /// Sets `event` when there is more room than now; room for numbers may take a sync.
    mutating func awaitRoom(_ event: Event) -> Bool {
        roomWaiters.append(event)
        needsSync = true
        return needsWake()
    }

    /// The answer for a ticket if it is known already; else `body` gets it later.
    ///
    /// - Parameter asks: Whether the sync has to be asked for, since no group ends with one.
    mutating func addWaiter(
        _ ticket: UInt64, needsSync: Bool, asks: Bool, _ body: @escaping LogCallback
    ) -> (outcome: LogOutcome?, wakes: Bool) {
        if ticket <= (needsSync ? durable : written) { return (.success(()), false) }
        switch phase {
        case .open, .closing: if let stall, ticket > written { return (.failure(stall), false) }
        case .closed: return (.failure(.closed), false)
        case .failed(let failure): return (.failure(failure), false)
        }
        waiters.append(Waiter(ticket: ticket, needsSync: needsSync, asks: asks, body: body))
        guard asks else { return (nil, false) }
        self.needsSync = true
        return (nil, needsWake())
    }

    mutating func requestRotation(_ body: @escaping LogCallback, isIdle: Bool) -> LogOutcome? {
        if let failure { return .failure(failure) }
        rotations.append(body)
        rotatesIdly = rotatesIdly || isIdle
        return nil
    }

    /// Nil if the log will close or is closing, and `body` will hear of it.
    mutating func requestClose(_ body: @escaping LogCallback) -> LogOutcome? {
        switch phase {
        case .open: phase = .closing
        case .closing: break
        case .closed: return .success(())
        case .failed(let failure): return .failure(failure)
        }
        closers.append(body)
        return nil
    }
}

// MARK: What the writer's work tells

extension LogState {
    /// What a step of the writer's work has to do.
    struct Orders {
        var rotates: Bool
        /// The file after a rotation that was asked for is a small one.
        var isIdle: Bool
        var closes: Bool
        var syncs: Bool
        /// Numbers accepted and not durable.
        var undurable: Int
    }

    /// Hands over what was accepted since the last step; nil when nothing may be written any more.
    mutating func takeOrders(into queue: inout [LogRecord]) -> Orders? {
        isAwake = true
        hasNews = false
        var isClosing = false
        switch phase {
        case .open: break
        case .closing: isClosing = true
        case .closed, .failed: return nil
        }
        if queue.isEmpty { swap(&queue, &pending) } else { queue += pending }
        pending.removeAll(keepingCapacity: true)
        begunRotations += rotations
        rotations = []
        defer { needsSync = false }
        return Orders(
            rotates: !begunRotations.isEmpty, isIdle: rotatesIdly, closes: isClosing, syncs: needsSync,
            undurable: Int(next.rawValue - durableNext.rawValue))
    }

    /// What a step has done.
    struct Progress {
        var written: UInt64
        var durable: UInt64
        var durableNext: SequenceNumber
        var releasedBytes: Int
        var file: LogFileExtent
        var room: ByteCount
        /// Why the rest could not be written; nil if there is no rest, or it only waits for the next file.
        var stall: LogFailure?
        /// What came of the rotations asked for; nil if they have to wait.
        var rotation: LogOutcome?
    }

    /// Who is to be told what after a step.
    struct Notices {
        var told: [(body: LogCallback, outcome: LogOutcome)] = []
        var roomy: [Event] = []
        /// More was accepted meanwhile.
        var hasMore = false

        func send() {
            for (body, outcome) in told { body(outcome) }
            for event in roomy { event.signal() }
        }
    }

    /// Takes in what a step has done. Nothing is acknowledged once the log has failed.
    mutating func note(_ progress: Progress) -> Notices {
        var notices = Notices()
        if case .failed = phase { return notices }
        written = progress.written
        durable = progress.durable
        durableNext = progress.durableNext
        pendingBytes -= progress.releasedBytes
        fileRoom = progress.room
        stall = progress.stall
        if let last = files.indices.last, files[last].id == progress.file.id { files[last] = progress.file }
        answerWaiters(&notices)
        if let outcome = progress.rotation {
            notices.told += begunRotations.map { ($0, outcome) }
            begunRotations = []
            rotatesIdly = rotatesIdly && !rotations.isEmpty
        }
        notices.roomy = roomWaiters
        roomWaiters = []
        notices.hasMore = hasNews
        isAwake = hasNews
        return notices
    }

    private mutating func answerWaiters(_ notices: inout Notices) {
        var left: [Waiter] = []
        for waiter in waiters {
            if waiter.ticket <= (waiter.needsSync ? durable : written) {
                notices.told.append((waiter.body, .success(())))
            } else if let stall, waiter.ticket > written {
                notices.told.append((waiter.body, .failure(stall)))
            } else {
                left.append(waiter)
                needsSync = needsSync || waiter.asks
            }
        }
        waiters = left
    }

    /// A new file is current. Its predecessor ends at what the last progress said, or at `sealed`.
    mutating func startFile(_ file: LogFileExtent, sealed: LogFileExtent) {
        if let last = files.indices.last, files[last].id == sealed.id { files[last] = sealed }
        files.append(file)
    }

    mutating func removed(_ ids: [UInt64]) { files.removeAll { ids.contains($0.id) } }

    /// Ends the log, in order or not; everyone who waits is told.
    mutating func end(_ failure: LogFailure?) -> Notices {
        var notices = Notices()
        switch phase {
        case .closed, .failed: return notices
        case .open, .closing: break
        }
        let outcome: LogOutcome = failure.map { .failure($0) } ?? .success(())
        let refusal: LogOutcome = .failure(failure ?? .closed)
        phase = failure.map { .failed($0) } ?? .closed
        notices.told = waiters.map { ($0.body, refusal) }
        notices.told += (begunRotations + rotations).map { ($0, refusal) }
        notices.told += closers.map { ($0, outcome) }
        notices.roomy = roomWaiters
        waiters = []
        rotations = []
        begunRotations = []
        closers = []
        roomWaiters = []
        pending = []
        return notices
    }
}

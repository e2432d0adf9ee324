package import VarveBytes
package import VarveFiles

/// Makes records durable, many with one write and one sync.
///
/// `append` puts a record into a list and returns; a step of the writer's work takes the whole list, encodes it,
/// writes it, syncs it if that is due and then answers whoever waits. While a sync runs the next group fills, so
/// the group follows the device and no timer is needed. The file after the current one is made by a second work,
/// ahead of need.
///
/// What holds, whatever fails: records become durable in the order of their appends, so what a crash leaves is
/// a prefix; nothing is answered before it is durable (`everyGroup`) or written (`interval`); no record of a
/// file can be acknowledged before the file's predecessor is sealed and synced; after a write or a sync that
/// failed nothing is ever acknowledged again. Format and order of syncs: `docs/formats/wal.md`.
///
/// Any thread may call anything. A log must be closed, or its works stay with the scheduler.
package final class LogWriter: Sendable {
    let environment: Environment
    let options: LogOptions
    let logFiles: LogFiles
    let epoch: UInt64
    let state: Locked<LogState>
    /// What belongs to the writer's step alone; taken out while one runs.
    let stepping: Locked<LogStep?>
    private let works: Locked<Works?>

    struct Works: Sendable {
        let writing: any ScheduledWork
        let preparing: any ScheduledWork
    }

    /// Makes a log that begins with number `first`: its first file is durable when this returns. Files of an
    /// earlier log in the directory are not looked at and stay.
    package static func create(
        in directory: StorePath, owner: UUID128, epoch: UInt64, first: SequenceNumber = SequenceNumber(0),
        environment: Environment, options: LogOptions
    ) throws(StorageError) -> LogWriter {
        let logFiles = LogFiles(environment.files, in: directory, owner: owner, options: options)
        do throws(FileError) {
            let id = (try logFiles.list().last ?? 0) + 1
            let tail = try logFiles.start(
                id, next: first, link: .beginning(epoch: epoch), bytes: options.openingBytes,
                content: { _ in })
            return LogWriter(
                tail: tail, older: [], nextFileID: id + 1, epoch: epoch, logFiles: logFiles,
                environment: environment, options: options)
        } catch {
            throw .file(error)
        }
    }

    /// - Parameter tail: A new file of this writer's own, durable as far as it is written.
    init(
        tail: consuming LogTail, older: [LogFileExtent], nextFileID: UInt64, epoch: UInt64,
        logFiles: LogFiles, environment: Environment, options: LogOptions
    ) {
        precondition(
            options.undurableOperationsMax <= LogOptions.undurableOperationsLimit,
            "recovery counts on the limit of undurable operations")
        self.environment = environment
        self.options = options
        self.logFiles = logFiles
        self.epoch = epoch
        state = Locked(
            LogState(
                next: tail.next, file: tail.extent(), older: older, room: tail.room, nextFileID: nextFileID))
        stepping = Locked(LogStep(tail: tail))
        works = Locked(nil)
        let writing = environment.scheduler.schedule("log writing") { [weak self] in
            self?.step() ?? .done
        }
        let preparing = environment.scheduler.schedule("log preparing") { [weak self] in
            self?.prepare() ?? .done
        }
        works.withLock { $0 = Works(writing: writing, preparing: preparing) }
    }

    func wakeWriting() { works.withLock { $0 }?.writing.wake() }
    func wakePreparing() { works.withLock { $0 }?.preparing.wake() }
}

// MARK: Appending

extension LogWriter {
    /// Hands a record to the log; the order of calls is the order of the log.
    ///
    /// Cost: a lock held for nanoseconds, no I/O. Throws `.noRoom` when too much waits, `.noSpace` when the
    /// record needs a file that the disk has no room for, `.rejected` if it is not a record for the log; the
    /// record is then not in the log and its numbers are not used.
    @discardableResult
    package func append(_ record: LogRecord) throws(LogFailure) -> LogTicket {
        try check(record)
        let options = options
        let accepted = try state.withLock {
            (state: inout sending LogState) throws(LogFailure) -> (ticket: UInt64, wakes: Bool) in
            try state.accept(record, options)
        }
        if accepted.wakes { wakeWriting() }
        return LogTicket(number: accepted.ticket)
    }

    private func check(_ record: LogRecord) throws(LogFailure) {
        guard record.type.isAppendable else {
            throw .rejected("records of type \(record.type) are the log's own")
        }
        guard record.payloadBytes <= RecordFrame.payloadBytesMax else {
            throw .rejected(
                "a payload of \(record.payloadBytes) bytes, the limit is \(RecordFrame.payloadBytesMax)")
        }
        let counts = record.type == .batch ? 1...min(0xFFFF, options.undurableOperationsMax) : 0...0
        guard counts.contains(record.operationCount) else {
            throw .rejected("\(record.operationCount) operations in a record of type \(record.type)")
        }
    }

    /// Whether `append` would find room. Exact for who holds the lock under which all appends happen.
    package func hasRoom(operations: Int, payloadBytes: Int) -> Bool {
        let bytes = RecordFrame.byteCount(payload: payloadBytes)
        let options = options
        return state.withLock { $0.hasRoom(operations: operations, bytes: bytes, options) }
    }

    /// Waits until `hasRoom`, or throws why there will be none.
    package func waitForRoom(operations: Int, payloadBytes: Int) throws(LogFailure) {
        let bytes = RecordFrame.byteCount(payload: payloadBytes)
        let options = options
        while true {
            let event = Event()
            let wakes = try state.withLock { (state: inout sending LogState) throws(LogFailure) -> Bool? in
                if let failure = state.failure { throw failure }
                if state.hasRoom(operations: operations, bytes: bytes, options) { return nil }
                return state.awaitRoom(event)
            }
            guard let wakes else { return }
            if wakes { wakeWriting() }
            environment.scheduler.wait(for: event)
        }
    }
}

// MARK: Waiting

extension LogWriter {
    /// Calls `body` once the record is acknowledged: durable, or in interval mode written.
    ///
    /// `body` runs on the thread that finds out, perhaps this one, and must not block. A failure means that the
    /// record may or may not be in the log after the next open, but wholly.
    package func whenAcknowledged(_ ticket: LogTicket, _ body: @escaping LogCallback) {
        answer(ticket, needsSync: options.syncing == .everyGroup, asks: false, body)
    }

    /// Calls `body` once the record is durable; asks for a sync where none is due.
    package func whenDurable(_ ticket: LogTicket, _ body: @escaping LogCallback) {
        answer(ticket, needsSync: true, asks: options.syncing != .everyGroup, body)
    }

    private func answer(_ ticket: LogTicket, needsSync: Bool, asks: Bool, _ body: @escaping LogCallback) {
        let answer = state.withLock {
            $0.addWaiter(ticket.number, needsSync: needsSync, asks: asks, body)
        }
        if let outcome = answer.outcome { body(outcome) }
        if answer.wakes { wakeWriting() }
    }

    package func waitUntilDurable(_ ticket: LogTicket) throws(LogFailure) {
        try wait { whenDurable(ticket, $0) }
    }

    private func wait(_ register: (@escaping LogCallback) -> Void) throws(LogFailure) {
        let answer = Answer()
        register { outcome in
            answer.outcome.withLock { $0 = outcome }
            answer.event.signal()
        }
        environment.scheduler.wait(for: answer.event)
        try answer.outcome.withLock { $0 }?.get()
    }

    private final class Answer: Sendable {
        let event = Event()
        let outcome = Locked<LogOutcome?>(nil)
    }
}

// MARK: State

extension LogWriter {
    /// The ticket of the last record accepted.
    package var lastTicket: LogTicket { LogTicket(number: state.withLock { $0.lastTicket }) }

    /// Every operation up to this number is durable; nil while there is none.
    package var durableSequenceNumber: SequenceNumber? {
        let next = state.withLock { $0.durableNext }
        return next.rawValue == 0 ? nil : SequenceNumber(next.rawValue - 1)
    }

    /// Why nothing is accepted now; nil if the log is well.
    package var failure: LogFailure? { state.withLock { $0.failure } }

    /// The files that hold the log, ascending; the last one is being written.
    package var fileIDs: [UInt64] { state.withLock { $0.files.map(\.id) } }

    /// Bytes of records in the live files.
    package var byteCount: UInt64 { state.withLock { $0.files.reduce(0) { $0 + $1.byteCount } } }

    /// The lowest file that is needed once everything up to `flushed` is in segments: the first with a record
    /// that names a higher number, or the current one. A record without operations counts as its next number.
    package func lowestFileNeeded(after flushed: SequenceNumber?) -> UInt64 {
        let files = state.withLock { $0.files }
        let needed = files.first { file in
            guard let highest = file.highest else { return false }
            return flushed.map { highest > $0 } ?? true
        }
        return (needed ?? files[files.count - 1]).id
    }
}

// MARK: Files

extension LogWriter {
    /// Seals the current file and starts the next; nothing is done if the current one holds no record.
    ///
    /// Durability: everything appended before is durable when this returns.
    ///
    /// - Parameter isIdle: Little will be written soon, so the next file is as small as the first of a log; a
    ///   larger one that was prepared is removed.
    package func rotate(isIdle: Bool = false) throws(LogFailure) {
        try wait { body in
            let answer = state.withLock { state in
                let outcome = state.requestRotation(body, isIdle: isIdle)
                return (outcome: outcome, wakes: outcome == nil && state.needsWake())
            }
            if let outcome = answer.outcome { body(outcome) }
            if answer.wakes { wakeWriting() }
        }
    }

    /// Unlinks the files below `id`, except the current one; returns what failed. A file that comes back after
    /// a power loss is ignored by recovery, so nothing is synced.
    @discardableResult
    package func removeFiles(below id: UInt64) -> [FileError] {
        let old = state.withLock { $0.files.dropLast().filter { $0.id < id }.map(\.id) }
        var removed: [UInt64] = []
        var failures: [FileError] = []
        for id in old {
            do throws(FileError) {
                try environment.files.unlink(logFiles.path(id))
                removed.append(id)
            } catch {
                if error.code == .notFound { removed.append(id) } else { failures.append(error) }
            }
        }
        state.withLock { $0.removed(removed) }
        return failures
    }

    /// Writes and syncs what was accepted, seals the log and ends its works. The second time changes nothing.
    ///
    /// If power fails before this returns, the log is as after any crash.
    package func close() throws(LogFailure) {
        defer { endWorks() }
        try wait { body in
            let answer = state.withLock { state in
                let outcome = state.requestClose(body)
                return (outcome: outcome, wakes: outcome == nil && state.needsWake())
            }
            if let outcome = answer.outcome { body(outcome) }
            if answer.wakes { wakeWriting() }
        }
    }

    private func endWorks() {
        let ended = works.withLock { works in
            defer { works = nil }
            return works
        }
        guard let ended else { return }
        ended.writing.stop()
        ended.preparing.stop()
        let unused = state.withLock { state -> PreparedLogFile? in
            guard case .ready(let file) = state.nextFile else { return nil }
            state.nextFile = .none
            return file
        }
        // A prepared file that stays behind is removed by the next open.
        if let unused { _ = try? environment.files.unlink(logFiles.path(unused.id)) }
    }
}

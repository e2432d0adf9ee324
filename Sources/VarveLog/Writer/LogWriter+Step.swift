import VarveBytes
import VarveFiles

/// What belongs to the writer's step alone.
struct LogStep: ~Copyable, Sendable {
    var tail: LogTail
    /// Taken from the appenders; written up to `done`.
    var queue: [LogRecord] = []
    var done = 0
    /// Tickets up to here are encoded, and durable.
    var encoded: UInt64 = 0
    var durable: UInt64 = 0
    var durableNext: SequenceNumber
    var releasedBytes = 0
    /// The time of the first write that is not synced.
    var unsyncedSince: UInt64?
    /// When the log has been idle for long enough to say in the file how far it is durable.
    var watermarkAt: UInt64?
    /// What the next file was not there for.
    var obstacle: Obstacle?

    enum Obstacle {
        /// It is being made.
        case notReady
        case noSpace(FileError)
    }

    init(tail: consuming LogTail) {
        durableNext = tail.next
        self.tail = tail
    }

    var isDrained: Bool { done == queue.count }

    mutating func sync() throws(FileError) {
        try tail.sync()
        noteDurable()
    }

    mutating func noteDurable() {
        durable = encoded
        durableNext = tail.next
        unsyncedSince = nil
    }
}

/// One step: take everything that was accepted, write it, sync it if that is due, answer who waits.
extension LogWriter {
    /// Frames are written when the buffer has this many bytes, so that it stays in the processor's cache.
    static let flushBytes = 1 << 20

    func step() -> StepOutcome {
        var step: LogStep?
        stepping.withLock { swap(&$0, &step) }
        guard step != nil else { return .done }
        let outcome = run(&step!)
        if outcome != .done { stepping.withLock { swap(&$0, &step) } }
        return outcome
    }

    private func run(_ step: inout LogStep) -> StepOutcome {
        if step.isDrained {
            step.queue.removeAll(keepingCapacity: true)
            step.done = 0
        }
        guard let orders = state.withLock({ $0.takeOrders(into: &step.queue) }) else { return .done }
        let now = environment.clock.monotonicNanoseconds
        var rotation: LogOutcome?
        do throws(FileError) {
            step.obstacle = nil
            try writeQueue(&step, at: now)
            if orders.rotates { rotation = try rotateAsAsked(&step, isIdle: orders.isIdle) }
            if orders.closes && step.obstacle.isFinal { return try close(&step) }
            try finishGroup(&step, orders, at: now)
        } catch {
            poison(.file(error))
            return .done
        }
        return report(&step, rotation, at: now)
    }

    // MARK: Writing

    private func writeQueue(_ step: inout LogStep, at now: UInt64) throws(FileError) {
        while step.done < step.queue.count {
            let record = step.queue[step.done]
            guard try makeRoom(&step, for: record.frameBytes) else { break }
            step.tail.encode(record)
            step.encoded += 1
            step.done += 1
            step.releasedBytes += record.frameBytes
            step.unsyncedSince = step.unsyncedSince ?? now
            step.watermarkAt = .max
            if step.tail.bufferedBytes >= Self.flushBytes { try step.tail.flush() }
        }
        try step.tail.flush()
    }

    /// Sees to it that a frame of `bytes` bytes fits, in the current file or the next; false if it has to wait.
    private func makeRoom(_ step: inout LogStep, for bytes: Int) throws(FileError) -> Bool {
        if ByteCount(bytes) <= step.tail.room { return true }
        if step.tail.holdsRecords {
            guard try rotate(&step) else { return false }
        }
        do throws(PreparationFailure) { try step.tail.extend(for: bytes) } catch {
            if error.isFatal { throw error.error }
            step.obstacle = .noSpace(error.error)
            return false
        }
        return true
    }

    /// Nil if the rotation has to wait for the next file.
    private func rotateAsAsked(_ step: inout LogStep, isIdle: Bool) throws(FileError) -> LogOutcome? {
        if step.isDrained {
            if !step.tail.holdsRecords {
                try step.sync()
                return .success(())
            }
            if try rotate(&step, isIdle: isIdle) { return .success(()) }
        }
        guard case .noSpace(let error) = step.obstacle else { return nil }
        return .failure(.noSpace(error))
    }

    /// Seals the current file and goes on in the next; false if there is none.
    ///
    /// The order is the point: the seal is durable before the next file says that it follows, and that is durable
    /// before any record is written behind it. So a file whose link is not whole never holds a record.
    private func rotate(_ step: inout LogStep, isIdle: Bool = false) throws(FileError) -> Bool {
        guard let prepared = try nextFile(&step, atMost: isIdle ? options.openingBytes : .max) else {
            return false
        }
        try step.tail.seal(endsLog: false)
        step.noteDurable()
        let sealed = step.tail.extent()
        var tail = LogTail(
            prepared.file, header: logFiles.header(prepared.id), capacity: prepared.capacity,
            next: step.tail.next)
        tail.encode(step.tail.link(epoch: epoch))
        try tail.sync()
        step.tail = tail
        step.watermarkAt = nil
        let started = step.tail.extent()
        state.withLock { $0.startFile(started, sealed: sealed) }
        return true
    }

    /// Syncs what was written if that is due, or says in an idle log's file how far it is durable.
    private func finishGroup(
        _ step: inout LogStep, _ orders: LogState.Orders, at now: UInt64
    ) throws(FileError) {
        if !step.tail.isDurable && isSyncDue(step, orders, at: now) { try step.sync() }
        guard let due = step.watermarkAt, step.tail.isDurable else { return }
        if due == .max {
            step.watermarkAt = now + options.idleWatermarkNanoseconds
        } else if due <= now {
            step.tail.encodeWatermark()
            try step.sync()
            step.watermarkAt = nil
        }
    }

    private func isSyncDue(_ step: borrowing LogStep, _ orders: LogState.Orders, at now: UInt64) -> Bool {
        guard case .interval(let nanoseconds, let bytes) = options.syncing else { return true }
        return orders.syncs || step.tail.offset - step.tail.durableEnd >= ByteCount(bytes)
            || orders.undurable > options.undurableOperationsMax / 2
            || (step.unsyncedSince.map { now >= $0 + nanoseconds } ?? false)
    }

    /// Seals the log. What could not be written for want of space is lost, and was answered so.
    private func close(_ step: inout LogStep) throws(FileError) -> StepOutcome {
        if case .noSpace(let error) = step.obstacle, !step.isDrained {
            try step.sync()
            _ = report(&step, nil, at: 0)
            state.withLock { $0.end(.noSpace(error)) }.send()
            return .done
        }
        try step.tail.seal(endsLog: true)
        step.noteDurable()
        // A shorter file is quicker to open; if that fails it is merely longer.
        _ = try? step.tail.file.truncate(to: step.tail.offset)
        _ = report(&step, .success(()), at: 0)
        state.withLock { $0.end(nil) }.send()
        return .done
    }

    // MARK: Telling

    private func report(_ step: inout LogStep, _ rotation: LogOutcome?, at now: UInt64) -> StepOutcome {
        var progress = LogState.Progress(
            written: step.encoded, durable: step.durable, durableNext: step.durableNext,
            releasedBytes: step.releasedBytes, file: step.tail.extent(), room: step.tail.room,
            rotation: rotation)
        if case .noSpace(let error) = step.obstacle, !step.isDrained { progress.stall = .noSpace(error) }
        step.releasedBytes = 0
        let holdsRecords = step.tail.holdsRecords
        let nextBytes = options.fileBytes(after: step.tail.capacity)
        let answer = state.withLock { state in
            let wantsFile = holdsRecords && state.wantNextFile(bytes: nextBytes)
            return (notices: state.note(progress), wantsFile: wantsFile)
        }
        answer.notices.send()
        if answer.wantsFile { wakePreparing() }
        return answer.notices.hasMore ? .again : rest(step, at: now)
    }

    private func rest(_ step: borrowing LogStep, at now: UInt64) -> StepOutcome {
        var due = step.watermarkAt ?? .max
        if case .noSpace = step.obstacle { due = min(due, now + options.spaceRetryNanoseconds) }
        if case .interval(let nanoseconds, _) = options.syncing, let since = step.unsyncedSince {
            due = min(due, since + nanoseconds)
        }
        return due == .max ? .idle : .idleUntil(due)
    }

    /// Nothing is acknowledged any more; everyone who waits is told.
    func poison(_ error: StorageError) {
        state.withLock { $0.end(.poisoned(error)) }.send()
    }
}

extension LogStep.Obstacle? {
    /// Waiting for the next file would not end by itself.
    fileprivate var isFinal: Bool {
        if case .notReady = self { return false }
        return true
    }
}

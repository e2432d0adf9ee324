import VarveBytes
import VarveFiles

/// The file after the current one: made ahead of need by a work of its own, or by the writer's step if that
/// comes first.
extension LogWriter {
    /// The step of the work that prepares.
    func prepare() -> StepOutcome {
        let now = environment.clock.monotonicNanoseconds
        let order = state.withLock { $0.takePreparation(at: now) }
        switch order {
        case .none: return .idle
        case .ended: return .done
        case .later(let time): return .idleUntil(time)
        case .make(let id, let bytes):
            do throws(PreparationFailure) {
                let file = try logFiles.prepare(id, bytes: bytes)
                state.withLock { $0.nextFile = .ready(file) }
            } catch {
                if error.isFatal {
                    poison(.file(error.error))
                    return .done
                }
                noteFailure(error.error, bytes: bytes)
            }
            if state.withLock({ $0.needsWake() }) { wakeWriting() }
            return .again
        }
    }

    private func noteFailure(_ error: FileError, bytes: ByteCount) {
        let retryAt = environment.clock.monotonicNanoseconds + options.spaceRetryNanoseconds
        state.withLock { $0.nextFile = .failed(error, bytes: bytes, retryAt: retryAt) }
    }

    /// The next file for the writer's step, which makes it itself if nobody has begun to, or if the one that is
    /// there has more than `limit` bytes. Nil if it has to wait.
    func nextFile(_ step: inout LogStep, atMost limit: ByteCount) throws(FileError) -> PreparedLogFile? {
        switch state.withLock({ $0.claimNextFile(atMost: limit) }) {
        case .ready(let file): return file
        case .busy:
            step.obstacle = .notReady
            return nil
        case .failed(let error):
            step.obstacle = .noSpace(error)
            return nil
        case .make(let id, let unused):
            // It was never linked to. If its name comes back, it is one of a file that no log is tied to.
            if let unused { _ = try? environment.files.unlink(logFiles.path(unused.id)) }
            let bytes = min(options.fileBytes(after: step.tail.capacity), limit)
            do throws(PreparationFailure) {
                let file = try logFiles.prepare(id, bytes: bytes)
                state.withLock { $0.nextFile = .none }
                return file
            } catch {
                if error.isFatal { throw error.error }
                noteFailure(error.error, bytes: bytes)
                wakePreparing()
                step.obstacle = .noSpace(error.error)
                return nil
            }
        }
    }
}

extension LogState {
    enum Preparation {
        case none
        case ended
        case later(UInt64)
        case make(id: UInt64, bytes: ByteCount)
    }

    enum Claim {
        case ready(PreparedLogFile)
        /// The preparing work is at it and will wake the writer's.
        case busy
        case failed(FileError)
        /// With the file that is too large.
        case make(UInt64, insteadOf: PreparedLogFile?)
    }

    /// True if the preparing work is to be woken for it.
    mutating func wantNextFile(bytes: ByteCount) -> Bool {
        guard case .none = nextFile else { return false }
        nextFile = .wanted(bytes: bytes)
        return true
    }

    mutating func takePreparation(at now: UInt64) -> Preparation {
        switch phase {
        case .open, .closing: break
        case .closed, .failed: return .ended
        }
        switch nextFile {
        case .none, .making, .ready: return .none
        case .failed(_, let bytes, let retryAt):
            if now < retryAt { return .later(retryAt) }
            nextFile = .making
            return .make(id: takeFileID(), bytes: bytes)
        case .wanted(let bytes):
            nextFile = .making
            return .make(id: takeFileID(), bytes: bytes)
        }
    }

    mutating func claimNextFile(atMost limit: ByteCount) -> Claim {
        switch nextFile {
        case .ready(let file):
            if file.capacity > limit {
                nextFile = .making
                return .make(takeFileID(), insteadOf: file)
            }
            nextFile = .none
            return .ready(file)
        case .making: return .busy
        case .failed(let error, _, _): return .failed(error)
        case .none, .wanted:
            nextFile = .making
            return .make(takeFileID(), insteadOf: nil)
        }
    }
}

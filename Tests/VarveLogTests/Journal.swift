import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// What a script asked of a log and what it was promised, so that survivors can be judged.
final class Journal: Sendable {
    struct State: Sendable {
        /// The owner's records in the order of their appends.
        var appended: [Found] = []
        /// How many of them were acknowledged as durable.
        var durable = 0
        /// Numbers below this may have been seen.
        var usedEnd: UInt64 = 0
        /// The log's first file is durable.
        var isCreated = false
        /// The log is needed from this file on, which begins with the record of this index.
        var lowest: UInt64 = 1
        var firstIndex = 0
        var epoch: UInt64 = 1
    }

    let state: Locked<State>

    init(_ state: State = State()) { self.state = Locked(state) }

    var value: State { state.withLock { $0 } }

    /// Appends a batch and notes what becomes of it.
    func append(_ log: LogWriter, operations: Int = 1, bytes: Int = 40) throws {
        let first = value.usedEnd
        try log.waitForRoom(operations: operations, payloadBytes: bytes)
        let ticket = try log.append(batch: first, operations: operations, bytes: bytes)
        note(batch(first, operations: operations, bytes: bytes), end: first + UInt64(operations), ticket, log)
    }

    func checkpoint(_ log: LogWriter) throws {
        let first = value.usedEnd
        let ticket = try log.append(
            LogRecord(type: .checkpoint, first: SequenceNumber(rawValue: first), payload: payload(first, 8)))
        note(Found(.checkpoint, first, 0, pattern(first, 8)), end: first, ticket, log)
    }

    private func note(_ record: Found, end: UInt64, _ ticket: LogTicket, _ log: LogWriter) {
        let count = state.withLock { state in
            state.appended.append(record)
            state.usedEnd = end
            return state.appended.count
        }
        log.whenDurable(ticket) { [self] outcome in
            if case .success = outcome { state.withLock { $0.durable = max($0.durable, count) } }
        }
    }

    /// Everything so far lies in files below this one and is not needed any more.
    func forget(_ log: LogWriter) {
        let current = log.fileIDs.last ?? 1
        state.withLock { state in
            state.lowest = current
            state.firstIndex = state.appended.count
        }
        log.removeFiles(below: current)
    }
}

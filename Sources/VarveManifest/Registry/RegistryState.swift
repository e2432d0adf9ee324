import VarveBytes

/// The registry's log as a state machine: pure, what it returns is for the caller to do.
///
/// One *group* is on its way to the disk at a time: the changes of all appends that were waiting when the last
/// one became durable. Each copy of the log takes the group, writes and syncs it; who finishes second completes
/// the group. So the table always is what the durable log says, and a group sits between any two generations.
struct RegistryState: Sendable {
    enum Phase: Sendable {
        case idle
        /// Copies that have taken the group, and those that have it durable.
        case writing(RegistryGroup, taken: Set<FileCopy>, durable: Set<FileCopy>)
        /// A new generation takes the log over.
        case switching
    }

    enum Succession: Sendable, Equatable {
        case none
        /// A new generation is being written from what was live before `catchUp`.
        case building
        /// It is complete but for the last groups, and waits for the log to come to rest.
        case waiting
    }

    /// What is to be done once a group is durable.
    struct Completion {
        var callbacks: [PITRegistryLog.Callback] = []
        var wakesCopies = false
        var wakesSuccession = false
    }

    let options: PITRegistryOptions
    private(set) var tail: RegistryTail
    /// What the durable log says.
    private(set) var table: PITTable
    private(set) var failure: PITRegistryFailure?
    private(set) var lastTicket: UInt64 = 0
    private var acknowledged: UInt64 = 0
    private var pending: [PendingAppend] = []
    private var pendingChanges = 0
    private var pendingBytes = 0
    private var waiters: [Waiter] = []
    private var phase = Phase.idle
    private var isClosed = false

    private(set) var succession = Succession.none
    /// Groups that became durable since the new generation's base was taken.
    private var catchUp: [RegistryGroup] = []
    /// No new generation before the log is this long: the last attempt found no room.
    private var successionNotBefore: UInt64 = 0

    /// When the last group became durable that no later record proves so.
    private(set) var unmarkedSince: UInt64?

    init(tail: RegistryTail, table: PITTable, options: PITRegistryOptions) {
        self.tail = tail
        self.table = table
        self.options = options
    }

    // MARK: Appending

    /// Takes changes in; true if the copies have to be woken.
    mutating func append(_ changes: [PITChange]) throws(PITRegistryFailure) -> Bool {
        if let failure { throw failure }
        if isClosed { throw .closed }
        let bytes = changes.reduce(0) { $0 + $1.encodedBytesMax }
        guard bytes <= options.pendingBytesMax else {
            throw .rejected("changes of \(bytes) bytes at once, at most \(options.pendingBytesMax) are taken")
        }
        guard pendingChanges + changes.count <= options.pendingChangesMax,
            pendingBytes + bytes <= options.pendingBytesMax
        else {
            throw .rejected("\(pendingChanges) changes of points in time wait to become durable")
        }
        lastTicket += 1
        pending.append(PendingAppend(ticket: lastTicket, changes: changes, bytes: bytes))
        pendingChanges += changes.count
        pendingBytes += bytes
        return startGroup()
    }

    /// Marks the last group as durable, with a record behind it; true if the copies have to be woken.
    mutating func appendMark(_ milliseconds: Int64) -> Bool {
        guard failure == nil, unmarkedSince != nil, pending.isEmpty, case .idle = phase else { return false }
        lastTicket += 1
        startGroup([.heartbeat(milliseconds)], through: lastTicket, isMark: true)
        return true
    }

    /// When the last group is to be marked, if the log stays at rest until then.
    var markDue: UInt64? {
        guard failure == nil, pending.isEmpty, case .idle = phase else { return nil }
        return unmarkedSince.map { $0 + options.idleNanoseconds }
    }

    /// If the log is at rest and changes are waiting, makes them the next group.
    private mutating func startGroup() -> Bool {
        guard case .idle = phase, failure == nil, let first = pending.first else { return false }
        var changes = first.changes
        var bytes = first.bytes
        var through = first.ticket
        var count = 1
        while count < pending.count, changes.count + pending[count].changes.count <= options.groupChangesMax {
            changes += pending[count].changes
            bytes += pending[count].bytes
            through = pending[count].ticket
            count += 1
        }
        pending.removeFirst(count)
        pendingChanges -= changes.count
        pendingBytes -= bytes
        startGroup(changes, through: through, isMark: false)
        return true
    }

    private mutating func startGroup(_ changes: [PITChange], through ticket: UInt64, isMark: Bool) {
        var writer = PITPayloadWriter()
        for change in changes { writer.append(change) }
        let payload = writer.finish()
        let offset = tail.offset
        let bytes = tail.frame(payload.bytes, preallocating: options.preallocatedBytes)
        let group = RegistryGroup(
            bytes: bytes, offset: offset, payloadCount: payload.count, changes: changes, through: ticket,
            isMark: isMark)
        phase = .writing(group, taken: [], durable: [])
    }

    // MARK: The copies' part

    /// The group that this copy has to write, if there is one that it has not taken.
    mutating func take(_ copy: FileCopy) -> RegistryGroup? {
        guard failure == nil, case .writing(let group, var taken, let durable) = phase,
            taken.insert(copy).inserted
        else { return nil }
        phase = .writing(group, taken: taken, durable: durable)
        return group
    }

    /// The copy has the group durable. The second copy to say so completes the group.
    mutating func finish(_ copy: FileCopy, at nanoseconds: UInt64) -> Completion? {
        guard failure == nil, case .writing(let group, let taken, var durable) = phase else { return nil }
        durable.insert(copy)
        guard durable.count == FileCopy.allCases.count else {
            phase = .writing(group, taken: taken, durable: durable)
            return nil
        }
        phase = .idle
        tail.becameDurable()
        for change in group.changes { table.apply(change) }
        unmarkedSince = group.isMark ? nil : nanoseconds
        acknowledged = group.through
        if succession != .none { catchUp.append(group) }
        var completion = Completion()
        completion.callbacks = takeCallbacks()
        completion.wakesSuccession = startSuccession()
        completion.wakesCopies = startGroup()
        return completion
    }

    // MARK: Waiting

    /// Calls back once the ticket is durable or lost; at once, with the outcome returned, if that is known.
    mutating func wait(
        for ticket: UInt64, _ body: @escaping PITRegistryLog.Callback.Body
    ) -> PITRegistryLog.Callback? {
        if ticket <= acknowledged { return .init(outcome: .success(()), body: body) }
        if let failure { return .init(outcome: .failure(failure), body: body) }
        waiters.append(Waiter(ticket: ticket, body: body))
        return nil
    }

    private mutating func takeCallbacks() -> [PITRegistryLog.Callback] {
        let ended = waiters.filter { $0.ticket <= acknowledged }
        waiters.removeAll { $0.ticket <= acknowledged }
        return ended.map { .init(outcome: .success(()), body: $0.body) }
    }

    /// Takes no change any more; everything that waits is told why.
    mutating func fail(_ reason: PublishFailure) -> [PITRegistryLog.Callback] {
        guard failure == nil else { return [] }
        let failure = PITRegistryFailure.poisoned(reason)
        self.failure = failure
        pending = []
        phase = .idle
        succession = .none
        catchUp = []
        let callbacks = waiters.map { PITRegistryLog.Callback(outcome: .failure(failure), body: $0.body) }
        waiters = []
        return callbacks
    }

    mutating func close() { isClosed = true }
}

// MARK: - The next generation

extension RegistryState {
    /// If the log has become long for what it holds, lets a new generation begin; the log at rest is handed over.
    private mutating func startSuccession() -> Bool {
        if succession == .waiting {
            phase = .switching
            return true
        }
        let live = UInt64(table.encodedBytes)
        guard succession == .none, !isClosed, tail.offset > options.generationBytesMin,
            tail.offset > 4 * live, tail.offset > successionNotBefore
        else { return false }
        succession = .building
        catchUp = []
        return true
    }

    /// What the new generation's base is made of; groups from here on are kept for it.
    mutating func takeBase() -> PITTable? {
        guard failure == nil, succession == .building else { return nil }
        catchUp = []
        return table
    }

    /// The groups that the new generation's base lacks.
    mutating func takeCatchUp() -> [RegistryGroup] {
        defer { catchUp = [] }
        return catchUp
    }

    /// Lets the log come to rest for the new generation; true if it is at rest now.
    mutating func requestSwitch() -> Bool {
        guard failure == nil, succession == .building || succession == .waiting else { return false }
        if case .switching = phase { return true }
        guard case .idle = phase else {
            succession = .waiting
            return false
        }
        phase = .switching
        return true
    }

    /// The log goes on in the new generation; true if the copies have to be woken.
    mutating func adopt(_ tail: RegistryTail) -> Bool {
        guard failure == nil else { return false }
        self.tail = tail
        unmarkedSince = nil
        succession = .none
        catchUp = []
        successionNotBefore = 0
        phase = .idle
        return startGroup()
    }

    /// There was no room for the new generation; it is tried again when the log has grown some more.
    mutating func postponeSuccession() -> Bool {
        succession = .none
        catchUp = []
        successionNotBefore = tail.offset + options.generationBytesMin
        if case .switching = phase { phase = .idle }
        return startGroup()
    }
}

/// Changes on their way to the disk, framed.
final class RegistryGroup: Sendable {
    /// The frame, and zeros behind it where the file has to grow.
    let bytes: SharedBytes
    let offset: UInt64
    let payloadCount: Int
    let changes: [PITChange]
    /// The last append in it.
    let through: UInt64
    let isMark: Bool

    init(
        bytes: SharedBytes, offset: UInt64, payloadCount: Int, changes: [PITChange], through: UInt64,
        isMark: Bool
    ) {
        self.bytes = bytes
        self.offset = offset
        self.payloadCount = payloadCount
        self.changes = changes
        self.through = through
        self.isMark = isMark
    }
}

private struct PendingAppend: Sendable {
    let ticket: UInt64
    let changes: [PITChange]
    let bytes: Int
}

private struct Waiter: Sendable {
    let ticket: UInt64
    let body: PITRegistryLog.Callback.Body
}

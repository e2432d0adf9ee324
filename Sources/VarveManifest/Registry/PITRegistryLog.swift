package import VarveBytes
package import VarveFiles

/// The durable registry of points in time of one store: a log in two copies, written and synced side by side.
///
/// Appends that wait are written as one group, so many threads share a sync. A change is durable when both
/// copies have it; if power fails before, it is wholly there or wholly absent. After a failed write or sync no
/// change is taken until the store is reopened. Callable from any thread; no call but the waiting ones blocks
/// on the disk. Pages: `docs/formats/pit-registry.md`.
package final class PITRegistryLog: Sendable {
    /// Something that waited, and how it ended. Called outside all locks, on a thread of the registry's.
    struct Callback: Sendable {
        typealias Body = @Sendable (Result<Void, PITRegistryFailure>) -> Void
        let outcome: Result<Void, PITRegistryFailure>
        let body: Body

        func run() { body(outcome) }
    }

    let environment: Environment
    let store: UUID128
    let options: PITRegistryOptions
    let state: Locked<RegistryState>
    let successor = Locked<RegistrySuccessor?>(nil)
    private let works = Locked<[any ScheduledWork]>([])

    private init(
        _ tail: RegistryTail, _ table: PITTable, store: UUID128, environment: Environment,
        options: PITRegistryOptions
    ) {
        self.environment = environment
        self.store = store
        self.options = options
        state = Locked(RegistryState(tail: tail, table: table, options: options))
        let works = [
            environment.scheduler.schedule("pits-a") { [weak self] in self?.step(.a) ?? .done },
            environment.scheduler.schedule("pits-b") { [weak self] in self?.step(.b) ?? .done },
            environment.scheduler.schedule("pits-generation") { [weak self] in
                self?.stepOfSuccession() ?? .done
            },
        ]
        self.works.withLock { $0 = works }
    }

    // MARK: Opening and closing

    /// Starts the registry of a new store, which must have none. Durable when this returns.
    package static func create(
        store: UUID128, environment: Environment, options: PITRegistryOptions = PITRegistryOptions()
    ) throws(PublishFailure) -> PITRegistryLog {
        try start(PITTable(), above: 0, store: store, environment: environment, options: options)
    }

    /// Opens the registry for writing; nil if the store has none.
    ///
    /// What it holds is written into a new generation first: files that another process wrote are never
    /// appended to. That also heals a copy that was damaged.
    package static func open(
        store: UUID128, environment: Environment, options: PITRegistryOptions = PITRegistryOptions()
    ) throws(PublishFailure) -> (log: PITRegistryLog, report: RegistryReport)? {
        let found: (table: PITTable, report: RegistryReport)?
        do throws(StorageError) {
            found = try RegistryReader(store: store, files: environment.files).load()
        } catch {
            throw .storage(error)
        }
        guard let found else { return nil }
        let log = try start(
            found.table, above: found.report.generation, store: store, environment: environment,
            options: options)
        return (log, found.report)
    }

    /// Reads the registry and changes nothing on disk; nil if the store has none.
    package static func read(
        store: UUID128, files: any FileSystem
    ) throws(StorageError) -> (records: [PITRecord], heartbeat: Int64?, report: RegistryReport)? {
        guard let found = try RegistryReader(store: store, files: files).load() else { return nil }
        return (found.table.records, found.table.heartbeat, found.report)
    }

    private static func start(
        _ table: PITTable, above generation: UInt64, store: UUID128, environment: Environment,
        options: PITRegistryOptions
    ) throws(PublishFailure) -> PITRegistryLog {
        var builder: RegistryBuilder
        do throws(FileError) {
            builder = try RegistryBuilder(
                generation: generation + 1, previous: generation, store: store, environment: environment)
        } catch {
            throw .storage(.file(error))
        }
        let tail: RegistryTail
        do throws(PublishFailure) {
            try builder.appendAll(of: table, options: options)
            tail = try builder.publish(preallocating: options.preallocatedBytes)
        } catch {
            builder.discard()
            throw error
        }
        builder.discard()
        builder.removeOlderGenerations()
        return PITRegistryLog(tail, table, store: store, environment: environment, options: options)
    }

    /// Waits for what was appended, marks it as durable, and ends the registry's work. A second call changes
    /// nothing. No change is taken afterwards.
    package func close() throws(PITRegistryFailure) {
        state.withLock { $0.close() }
        defer { stop() }
        try waitUntilDurable(lastTicket)
        mark()
        try waitUntilDurable(lastTicket)
    }

    private var lastTicket: PITTicket { PITTicket(number: state.withLock { $0.lastTicket }) }

    /// Proves with one more record that what is durable is.
    func mark() {
        let now = environment.clock.wallMilliseconds
        if state.withLock({ $0.appendMark(now) }) { wakeCopies() }
    }

    /// Ends the work; a generation that is being written is dropped.
    private func stop() {
        let works = works.withLock { works in
            defer { works = [] }
            return works
        }
        for work in works { work.stop() }
        discardSuccessor()
    }

    // MARK: Changes

    /// Takes changes into the log, all in one group; in the order of calls.
    package func append(_ changes: [PITChange]) throws(PITRegistryFailure) -> PITTicket {
        let (ticket, wakes) = try state.withLock { (state) throws(PITRegistryFailure) in
            let wakes = try state.append(changes)
            return (PITTicket(number: state.lastTicket), wakes)
        }
        if wakes { wakeCopies() }
        return ticket
    }

    /// Calls `body` once the append is durable or is known to be lost: on a thread of the registry's, or on this
    /// one if it is known already. It must not block.
    package func whenDurable(
        _ ticket: PITTicket, _ body: @escaping @Sendable (Result<Void, PITRegistryFailure>) -> Void
    ) {
        state.withLock { $0.wait(for: ticket.number, body) }?.run()
    }

    /// Waits until the append is durable.
    package func waitUntilDurable(_ ticket: PITTicket) throws(PITRegistryFailure) {
        let wait = DurableWait()
        whenDurable(ticket) { wait.end(with: $0) }
        environment.scheduler.wait(for: wait.event)
        try wait.outcome().get()
    }

    // MARK: What is durable

    /// The record of a point in time, as the durable log has it.
    package func find(_ id: UUID128) -> PITRecord? { state.withLock { $0.table.find(id) } }
    package var count: Int { state.withLock { $0.table.count } }
    /// All records, in no particular order.
    package var records: [PITRecord] { state.withLock { $0.table }.records }
    /// The latest wall-clock time that was logged, in milliseconds since 1970.
    package var heartbeat: Int64? { state.withLock { $0.table.heartbeat } }
    package var generation: UInt64 { state.withLock { $0.tail.generation } }
    /// The length of one copy of the log.
    package var byteCount: UInt64 { state.withLock { $0.tail.offset } }
    /// Why no change is taken any more, if a write or a sync has failed.
    package var failure: PITRegistryFailure? { state.withLock { $0.failure } }

    func wakeCopies() { for work in works.withLock({ $0 }).prefix(2) { work.wake() } }
    func wakeSuccession() { works.withLock { $0 }.last?.wake() }
}

/// The end of a wait, handed from the registry's thread to the one that waits.
private final class DurableWait: Sendable {
    let event = Event()
    private let result = Locked<Result<Void, PITRegistryFailure>>(.failure(.closed))

    func end(with outcome: Result<Void, PITRegistryFailure>) {
        result.withLock { $0 = outcome }
        event.signal()
    }

    func outcome() -> Result<Void, PITRegistryFailure> { result.withLock { $0 } }
}

/// The place of an append in the order of appends; what one waits for.
package struct PITTicket: Comparable, Hashable, Sendable {
    package let number: UInt64

    package static func < (left: PITTicket, right: PITTicket) -> Bool { left.number < right.number }
}

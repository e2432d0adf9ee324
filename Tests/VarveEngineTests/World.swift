import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
import VarveLog
import VarveSimulation

/// A store with one index on a simulated disk, and its next life after the process or the power goes.
final class World {
    let simulation: Simulation
    let options: StoreOptions
    let store: StoreEngine
    var shard: Shard { store.indices[0].shards[0] }

    static var options: StoreOptions {
        var options = StoreOptions()
        options.refreshInterval = nil
        options.mergesInBackground = false
        options.logFileBytes = 64 << 10
        options.reserveBytes = 0
        return options
    }

    convenience init(_ change: (inout StoreOptions) -> Void = { _ in }) throws {
        var options = Self.options
        change(&options)
        try self.init(Simulation(seed: 1), options)
        _ = try store.createIndex("readings", mapping: ["n": .long])
    }

    init(_ simulation: Simulation, _ options: StoreOptions) throws {
        self.simulation = simulation
        self.options = options
        store = try StoreEngine.open(simulation.environment, options: options)
        simulation.scheduler.runUntilIdle()
    }

    /// The next process after this one was killed.
    func killed(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> World {
        let disk = simulation.disk.afterKill()
        simulation.disk.crash()
        try? store.close()
        return try next(on: disk, change)
    }

    /// The next process after the power went: nothing is left but what was synced.
    func unpowered() throws -> World {
        var first: SimulatedDisk?
        for state in simulation.disk.crashStates(limit: 1) { first = state }
        guard let first else { throw FileError("crash", .root, .io) }
        simulation.disk.crash()
        try? store.close()
        return try next(on: first) { _ in }
    }

    private func next(on disk: SimulatedDisk, _ change: (inout StoreOptions) -> Void) throws -> World {
        var options = options
        change(&options)
        return try World(simulation.restarted(on: disk), options)
    }

    /// The next process after this one has closed the store.
    func reopened(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> World {
        try store.close()
        return try next(on: simulation.disk, change)
    }

    // MARK: Documents

    @discardableResult
    func write(
        _ body: (inout BatchBuilder) throws -> Void
    ) throws -> (results: [OperationResult], ticket: WriteTicket?) {
        var builder = BatchBuilder(schema: shard.schema)
        try body(&builder)
        var results: [OperationResult] = []
        let ticket = try shard.apply(builder.finish(at: 0), into: &results)
        return (results, ticket)
    }

    /// Writes and waits for the acknowledgement.
    @discardableResult
    func put(_ id: String, _ n: Int, _ options: OperationOptions = .init(.resolved)) throws -> OperationResult
    {
        let (results, ticket) = try write {
            try $0.index(
                id: Array(id.utf8).rawSpan, source: Array(#"{"n":\#(n)}"#.utf8).rawSpan, options: options)
        }
        try settle(ticket)
        return results[0]
    }

    @discardableResult
    func delete(_ id: String, _ options: OperationOptions = .init(.resolved)) throws -> OperationResult {
        let (results, ticket) = try write { try $0.delete(id: Array(id.utf8).rawSpan, options: options) }
        try settle(ticket)
        return results[0]
    }

    /// Lets everything run that can, and throws what a ticket ended in.
    func settle(_ ticket: WriteTicket?) throws {
        guard let ticket else { return }
        let answer = Locked<Result<Void, EngineError>?>(nil)
        shard.whenAcknowledged(ticket) { outcome in answer.withLock { $0 = outcome } }
        simulation.scheduler.runUntilIdle()
        try answer.withLock { $0 }?.get()
    }

    func get(_ id: String) throws -> String? {
        try shard.get(id: Array(id.utf8).rawSpan).map { String(decoding: $0.source, as: UTF8.self) }
    }

    func version(_ id: String) throws -> Int64? { try shard.get(id: Array(id.utf8).rawSpan)?.version }

    /// How many documents searches see.
    func visible() throws -> Int {
        let lease = shard.lease()
        return try lease.snapshot().liveCount
    }

    // MARK: Points in time

    func openPointInTime(
        _ shards: [Shard]? = nil, _ request: PointInTimeRequest = PointInTimeRequest(keepAlive: 60_000)
    ) throws -> PointInTimeID {
        let answer = Locked<Result<PointInTimeID, EngineError>?>(nil)
        store.openPointInTime(shards ?? [shard], request) { outcome in answer.withLock { $0 = outcome } }
        simulation.scheduler.runUntilIdle()
        guard let outcome = answer.withLock({ $0 }) else { throw FileError("open", .root, .io) }
        return try outcome.get()
    }

    func close(_ id: PointInTimeID) throws -> Bool {
        let answer = Locked<Result<Bool, EngineError>?>(nil)
        store.closePointInTime(id) { outcome in answer.withLock { $0 = outcome } }
        simulation.scheduler.runUntilIdle()
        guard let outcome = answer.withLock({ $0 }) else { throw FileError("close", .root, .io) }
        return try outcome.get()
    }

    /// What a point in time shows of some ids, shard after shard.
    func look(_ id: PointInTimeID, _ ids: [String], keepAlive: Int64? = nil) throws -> [String?] {
        let use = try store.beginUse(id, keepAlive: keepAlive)
        defer { store.endUse(id) }
        return try use.snapshots.flatMap { shard, snapshot in
            try ids.map { name in
                try shard.get(id: Array(name.utf8).rawSpan, in: snapshot)
                    .map { String(decoding: $0.source, as: UTF8.self) }
            }
        }
    }

    func advance(seconds: UInt64) { simulation.scheduler.advance(byMilliseconds: seconds * 1_000) }
}

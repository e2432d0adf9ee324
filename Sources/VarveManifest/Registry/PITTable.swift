import VarveBytes

/// All live points in time, by id: what the registry's log adds up to.
///
/// A copy for a new generation costs one reference per 512 records. In all a record takes 72 bytes here and about
/// 10 in the index; more only if its label, owner and pins take more than 15 bytes. Lists of shards are shared.
struct PITTable: Sendable {
    private var table = RowTable<PITRecord>()
    /// How many records use a list of shards; those that the last one used are counted beside it.
    private var targets: [PITTargets: Int] = [:]
    private var lastTargets: PITTargets?
    private var lastUses = 0
    /// What the records take in a file, about.
    private(set) var encodedBytes = 0
    /// The latest wall-clock time that was logged.
    private(set) var heartbeat: Int64?

    init() {}

    // MARK: Reading

    var count: Int { table.count }
    var records: [PITRecord] { table.rows }

    func find(_ id: UUID128) -> PITRecord? { table.find(id) }

    subscript(position: Int) -> PITRecord { table[position] }

    // MARK: Changing

    mutating func apply(_ change: PITChange) {
        switch change {
        case .create(let record): insert(record)
        case .touch(let id, let keepAlive, let lastAccess): touch(id, keepAlive, lastAccess)
        case .delete(let id): remove(id)
        case .heartbeat(let milliseconds): heartbeat = max(heartbeat ?? milliseconds, milliseconds)
        }
    }

    /// Adds a record, or replaces the one with its id.
    private mutating func insert(_ record: PITRecord) {
        remove(record.id)
        var record = record
        record.targets = share(record.targets)
        lastUses += 1
        encodedBytes += Self.encodedBytes(of: record)
        table.insert(record)
    }

    private mutating func touch(_ id: UUID128, _ keepAlive: Int64, _ lastAccess: Int64) {
        guard let position = table.position(of: id) else { return }
        table.update(at: position) { record in
            record.keepAlive = keepAlive
            record.lastAccess = lastAccess
        }
    }

    private mutating func remove(_ id: UUID128) {
        guard let record = table.remove(id) else { return }
        encodedBytes -= Self.encodedBytes(of: record)
        _ = share(record.targets)
        lastUses -= 1
    }

    /// The one object for this list of shards, which is then the last one used.
    private mutating func share(_ list: PITTargets) -> PITTargets {
        if let lastTargets, lastTargets === list { return list }
        if let lastTargets {
            let uses = (targets[lastTargets] ?? 0) + lastUses
            targets[lastTargets] = uses == 0 ? nil : uses
        }
        let shared = targets.index(forKey: list).map { targets.keys[$0] } ?? list
        lastTargets = shared
        lastUses = 0
        return shared
    }

    private static func encodedBytes(of record: PITRecord) -> Int { 40 + record.details.count }
}

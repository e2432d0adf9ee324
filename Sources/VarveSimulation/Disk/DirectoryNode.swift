/// What a name leads to, by its place in the disk's tables.
enum NodeID: Hashable, Sendable {
    case file(Int)
    case directory(Int)
}

/// A directory of the simulated disk: the names that processes see, those that a power loss leaves for
/// certain, and the changes between them.
struct DirectoryNode: Sendable {
    private(set) var live: [String: NodeID] = [:]
    private(set) var durable: [String: NodeID] = [:]
    private(set) var pending: [EntryChange] = []
    /// A failed sync lost changes that the cache still shows.
    private(set) var isDiverged = false
    var owesError = false

    init() {}

    /// A directory that is durable as it is.
    init(entries: [String: NodeID]) {
        live = entries
        durable = entries
    }

    mutating func change(_ changes: [EntryChange.Change], order: UInt64) {
        for change in changes { live[change.name] = change.target }
        pending.append(EntryChange(order: order, changes: changes))
    }

    /// Changes a name for good, past all that is pending.
    mutating func plant(_ name: String, _ target: NodeID?) {
        live[name] = target
        durable[name] = target
        pending = pending.map { change in
            EntryChange(order: change.order, changes: change.changes.filter { $0.name != name })
        }
    }

    mutating func sync() {
        durable = isDiverged ? applying { _ in true } : live
        pending = []
    }

    mutating func failSync(_ failure: SyncFailure) {
        switch failure {
        case .staysDirty: break
        case .cleanInCache, .latent:
            if !pending.isEmpty { isDiverged = true }
            pending = []
            owesError = failure == .latent
        case .reverted:
            live = durable
            pending = []
        }
    }

    /// The durable names after a power loss that kept the changes that `isKept` says.
    func applying(_ isKept: (_ change: Int) -> Bool) -> [String: NodeID] {
        if pending.isEmpty { return durable }
        var entries = durable
        for (index, change) in pending.enumerated() where isKept(index) {
            for part in change.changes { entries[part.name] = part.target }
        }
        return entries
    }
}

/// A change of a directory that is not durable yet: kept or lost as one.
struct EntryChange: Sendable {
    struct Change: Sendable {
        let name: String
        /// Nil if the name goes away.
        let target: NodeID?
    }
    /// The place among all changes of the disk.
    let order: UInt64
    let changes: [Change]
}

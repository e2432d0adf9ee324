package import VarveBytes
import VarveManifest

/// What is asked of a new point in time.
package struct PointInTimeRequest: Sendable {
    /// Idle time after which it goes, in milliseconds.
    package var keepAlive: Int64
    package var label = ""
    package var owner = ""
    package var labels: [PointInTimeAttributes.Label] = []
    /// What it lets through of an index; nothing is said of indices that it shows whole.
    package var filters: [PointInTimeAttributes.Filter] = []
    package var policy = DeletionPolicy.fail
    /// Bring what was accepted up to now into it, as one cut through all shards.
    package var refreshes = true
    /// Whether it outlives this process.
    package var isDurable = true
    /// Whether it is opened over some of its shards if the limits do not let it have all.
    package var allowsPartial = false

    package init(keepAlive: Int64) { self.keepAlive = keepAlive }
}

/// An open point in time as a caller sees it.
package struct PointInTimeSummary: Sendable {
    package let id: PointInTimeID
    package let label: String
    package let owner: String
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Milliseconds.
    package let keepAlive: Int64
    package let pins:
        [(index: UUID128, shard: UUID128, sequence: SequenceNumber?, checkpoints: [SourceCheckpoint])]
    package let attributes: PointInTimeAttributes
    package let policy: DeletionPolicy
    /// Milliseconds until it expires if it is not used.
    package let expiresIn: Int64
    package let isDurable: Bool
}

/// What a search over a point in time holds: its snapshots, until it is given back.
package struct PointInTimeUse: Sendable {
    package let id: PointInTimeID
    package let filters: [PointInTimeAttributes.Filter]
    /// In the order in which the point in time was opened.
    package internal(set) var snapshots: [(shard: Shard, snapshot: ShardSnapshot)] = []
    /// What it does not hold, or no longer.
    package internal(set) var lost: [(index: UUID128, shard: UUID128)] = []

    init(id: PointInTimeID, filters: [PointInTimeAttributes.Filter]) {
        self.id = id
        self.filters = filters
    }
}

/// How many points in time there may be, and how long they live. Changed while the store is open.
package struct PointInTimeLimits: Sendable {
    /// Milliseconds.
    package var keepAliveMax: Int64
    package var countMax: Int
    /// Shards of all durable ones together; nil for any number.
    package var contextsMax: Int?

    init(_ options: StoreOptions) {
        keepAliveMax = options.keepAliveMax.milliseconds
        countMax = options.pointsInTimeMax
    }
}

/// Shards that points in time held, by index, since this process opened the store.
package struct ContextStatistics: Sendable {
    package struct Counts: Sendable {
        package fileprivate(set) var closed = 0
        /// How long those that are closed were open, in all.
        package fileprivate(set) var milliseconds: Int64 = 0
    }
    private var counts: [UUID128: Counts] = [:]

    mutating func closed(_ index: UUID128, milliseconds: Int64) {
        counts[index, default: Counts()].closed += 1
        counts[index, default: Counts()].milliseconds &+= milliseconds
    }

    subscript(index: UUID128) -> Counts { counts[index] ?? Counts() }
}

extension StoreEngine {
    /// What was counted of an index, and the shards of it that are held now.
    package func contextCounts(of index: UUID128) -> (open: Int, closed: ContextStatistics.Counts) {
        var open = 0
        for record in registry.records where record.targets.list.contains(where: { $0.index == index }) {
            let attributes = record.decodedAttributes
            open += record.targets.list.indices.count {
                record.targets.list[$0].index == index && !attributes.isLost($0)
            }
        }
        return (open, contexts.withLock { $0[index] })
    }
}

package import VarveBytes
package import VarveDocument
import VarveFiles
package import VarveLog
package import VarveManifest
import VarveSegment

/// One shard: it numbers operations, logs them, serves reads, and turns what it holds into segments.
///
/// Locks, in the order in which they may be nested, and what each guards:
/// - `commits`: the manifest and everything that writes segment files into the directory. Held across file
///   operations, never on the path of a write, a get or a refresh.
/// - `structure`: changes of the list of views (refresh, and publishing a flush or merge in memory). Held while a
///   refresh looks up ids in older views, never while anything is synced.
/// - `sequencer`: numbering. Held for microseconds.
/// - `publication`: the current state and the pins. Held for nanoseconds.
///
/// What is durable when, and why a crash at any point is survived, is argued in `docs/architecture.md`.
package final class Shard: Sendable {
    package let index: UUID128
    package let number: Int
    package let uuid: UUID128
    package let layout: ShardLayout
    /// The writer epoch. No part of a condition: a number is never given twice, so it says which write is meant.
    package let epoch: UInt64
    package let schema: Schema
    let services: ShardServices
    /// Nil in durability mode `none`.
    package let log: LogWriter?
    let manifests: ManifestStore
    let sequencer: Locked<Sequencer>
    let publication: Locked<Publication>
    let structure = Locked(())
    let commits: Locked<CommitState>
    let activity: Locked<ShardActivity>
    let tuning = Locked(ShardTuning())
    let counters = Locked(ShardCounters())

    init(
        index: UUID128, number: Int, uuid: UUID128, layout: ShardLayout, schema: Schema,
        services: ShardServices, log: LogWriter?, manifests: ManifestStore, sequencer: consuming Sequencer,
        publication: Publication, commits: CommitState
    ) {
        self.index = index
        self.number = number
        self.uuid = uuid
        self.layout = layout
        self.schema = schema
        self.services = services
        self.log = log
        self.manifests = manifests
        epoch = commits.manifest.writerEpoch
        self.sequencer = Locked(sequencer)
        self.publication = Locked(publication)
        self.commits = Locked(commits)
        activity = Locked(ShardActivity(lastFlush: services.environment.clock.monotonicNanoseconds))
    }

    var options: StoreOptions { services.options }
    var environment: Environment { services.environment }

    /// The current state: one short lock and a retain.
    package var state: ShardState { publication.withLock { $0.state } }

    /// A lease on what searches see now.
    package func lease() -> SnapshotLease {
        let state = self.state
        return SnapshotLease(state: state, sequence: state.visible)
    }

    /// The number of the last accepted operation; nil before the first.
    package var lastSequence: SequenceNumber? { sequencer.withLock { $0.last } }

    /// The error that stopped this shard's writes for good, if there is one.
    package var failure: EngineError? { sequencer.withLock { $0.failure } }

    /// Stops writes for good: after a failed sync nobody knows what is on the disk.
    func poison(_ error: EngineError) {
        sequencer.withLock { if $0.failure == nil { $0.failure = error } }
    }
}

/// What all shards of a store share.
struct ShardServices: Sendable {
    let environment: Environment
    let options: StoreOptions
    let cache: BlockCache
    let budget: WriteBudget
    let reserve: DiskReserve
    /// Asks the store's background work to look at its shards.
    let wakeBackground: @Sendable (BackgroundWork) -> Void
}

/// The kinds of background work of a store.
enum BackgroundWork: Sendable { case flush, merge, timer }

/// Which long operations run on a shard, so that no two of a kind run at once.
struct ShardActivity {
    var flushing: Event?
    var merging: Event?
    var wantsFlush = false
    /// The next flush commits a generation even if there is nothing to flush.
    var mustCommit = false
    /// Up to where a flush went that left log behind: the shard lets go of it if nothing follows. Nil once it has.
    var unsettled: SequenceNumber?
    var isClosed = false
    /// Monotonic nanoseconds of the last flush, or of opening, and of the last refresh.
    var lastFlush: UInt64
    var lastRefresh: UInt64 = 0
    /// What the last background flush or merge failed with; cleared by the next that succeeds.
    var backgroundFailure: EngineError?
}

/// The durable state as it was last committed.
struct CommitState {
    var manifest: Manifest
    /// The generation before it, which is kept whole too.
    var previous: Manifest?
    var nextFileID: UInt64
    /// Of the dead letters that `manifest` names; nil if they are to be written whatever they are.
    var lettersGeneration: UInt64? = 0
    /// Files that no kept generation names any more and that could not be removed yet.
    var garbage: [StorePath] = []

    mutating func takeFileID() -> UInt64 {
        precondition(nextFileID < manifest.nextFileID, "file ids are reserved before they are used")
        defer { nextFileID += 1 }
        return nextFileID
    }
}

import VarveBytes
import VarveLog
import VarveManifest
import VarveSegment

/// What was done on a shard since this process opened it.
package struct ShardCounters: Sendable {
    package var indexed = 0
    package var deleted = 0
    package var gets = 0
    package var getsMissing = 0
    package var queries = 0
    package var queryNanoseconds: UInt64 = 0
    package var refreshes = 0
    package var flushes = 0
    package var merges = 0

    package init() {}
}

/// The state of a shard in numbers.
package struct ShardFacts: Sendable {
    /// One searchable part of a shard.
    package struct Segment: Sendable {
        /// Nil for what is not flushed yet.
        package let id: UInt64?
        package let live: Int
        /// Rows that are no longer, or never were, a document.
        package let deleted: Int
        package let byteCount: Int
        package let level: Int
    }
    package let segments: [Segment]
    package let counters: ShardCounters
    package let lastSequence: Int64
    /// Of the log that a start would read.
    package let logBytes: Int

    package var live: Int { segments.reduce(0) { $0 + $1.live } }
    package var deleted: Int { segments.reduce(0) { $0 + $1.deleted } }
    /// Bytes on the disk, without the log.
    package var storedBytes: Int { segments.reduce(0) { $0 + ($1.id == nil ? 0 : $1.byteCount) } }
    package var memoryBytes: Int { segments.reduce(0) { $0 + ($1.id == nil ? $1.byteCount : 0) } }
}

extension Shard {
    package func count(_ change: (inout ShardCounters) -> Void) { counters.withLock { change(&$0) } }

    /// What searches see now.
    package func facts() throws(EngineError) -> ShardFacts {
        let state = self.state
        do {
            return facts(of: try state.snapshot(at: state.visible))
        } catch { throw .storage(error) }
    }

    package func facts(of snapshot: ShardSnapshot) -> ShardFacts {
        let segments = zip(snapshot.segments, snapshot.views).map { segment, view in
            ShardFacts.Segment(
                id: view.segment?.id, live: segment.liveCount,
                deleted: max(
                    0, segment.view.rowCount - segment.liveCount - (segment.view.tombstones?.count ?? 0)),
                byteCount: segment.view.byteCount, level: Int(view.segment?.level ?? 0))
        }
        return ShardFacts(
            segments: segments, counters: counters.withLock { $0 },
            lastSequence: lastSequence.map { Int64(clamping: $0.rawValue) } ?? -1,
            logBytes: Int(clamping: log?.byteCount ?? 0))
    }
}

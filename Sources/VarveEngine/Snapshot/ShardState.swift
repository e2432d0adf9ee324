package import VarveBytes
package import VarveFiles
import VarveManifest
package import VarveSegment

/// What one shard can read at one moment, immutable: its views in birth order, the segments that only older
/// snapshots still read, and the sequence number that searches see.
///
/// A refresh, a flush or a merge makes a new state and swaps it in; readers take the current one with one short
/// lock and hold it by reference count. Files of views are unlinked only when no manifest and no pin needs them,
/// and an open file outlives its name, so whoever holds a state can read it to the end.
///
/// Invariants: current views are disjoint in births and ascend; every readable S in `[from, to)` of a view finds
/// each of its visible rows in exactly one view; no death above `visible` is in any view's deaths.
package final class ShardState: Sendable {
    /// Current views: segments first, then frozen memtables, in birth order.
    package let views: [ShardView]
    /// Segments that a merge has replaced and that an older pin still reads.
    package let retired: [ShardView]
    /// The newest sequence number that searches see; nil before the first operation.
    package let visible: SequenceNumber?
    private let resolved = Locked<[SequenceNumber: ShardSnapshot]>([:])

    package init(views: [ShardView], retired: [ShardView], visible: SequenceNumber?) {
        self.views = views
        self.retired = retired
        self.visible = visible
    }

    /// The searchable segments at S, which must be pinned or not below the newest `from`. Costs O(views) the first
    /// time, a look-up afterwards.
    package func snapshot(at sequence: SequenceNumber?) throws(StorageError) -> ShardSnapshot {
        guard let sequence else { return ShardSnapshot(sequence: nil, segments: [], views: []) }
        if let known = resolved.withLock({ $0[sequence] }) { return known }
        var segments: [SearchableSegment] = []
        var selected: [ShardView] = []
        for view in (views + retired).sorted(by: { $0.view.births.lowerBound < $1.view.births.lowerBound })
        where view.from <= sequence && sequence < view.to && view.view.births.lowerBound <= sequence {
            segments.append(try view.searchable(at: sequence))
            selected.append(view)
        }
        let snapshot = ShardSnapshot(sequence: sequence, segments: segments, views: selected)
        resolved.withLock { known in
            // Old snapshots of a state are few: those of open PITs. The bound keeps a scan of history from
            // filling memory.
            if known.count >= 1_024 { known.removeAll() }
            known[sequence] = snapshot
        }
        return snapshot
    }
}

/// A shard's searchable segments at one S.
package final class ShardSnapshot: Sendable {
    package let sequence: SequenceNumber?
    package let segments: [SearchableSegment]
    let views: [ShardView]
    package var liveCount: Int { segments.reduce(0) { $0 + $1.liveCount } }

    init(sequence: SequenceNumber?, segments: [SearchableSegment], views: [ShardView]) {
        self.sequence = sequence
        self.segments = segments
        self.views = views
    }

    /// The visible row of an id, newest view first; nil when there is none.
    package func find(id: RawSpan) throws(StorageError) -> (segment: Int, row: UInt32)? {
        let hash = hashOfID(id)
        var rows: [UInt32] = []
        for at in segments.indices.reversed() {
            let segment = segments[at]
            guard segment.view.mayHold(idHash: hash) else { continue }
            try segment.view.findRows(id: id, into: &rows)
            for row in rows where segment.live?[Int(row)] ?? true { return (at, row) }
        }
        return nil
    }
}

/// One view in a shard's state, with the deaths of its rows and the snapshots it answers for.
package final class ShardView: Sendable {
    package let view: any SegmentView
    package let deaths: DeathSet
    /// The snapshots `[from, to)` that the view answers for; `to` is infinity while it is current.
    package let from: SequenceNumber
    package let to: SequenceNumber
    /// What the manifest says of it; nil for a frozen memtable.
    let segment: SegmentEntry?
    /// What a frozen memtable counts in the write budget, to be given back when it is flushed.
    let budgetBytes: Int
    private let settled: Locked<SearchableSegment?>

    init(
        view: any SegmentView, deaths: DeathSet, from: SequenceNumber, to: SequenceNumber,
        segment: SegmentEntry?, budgetBytes: Int = 0
    ) {
        self.budgetBytes = budgetBytes
        self.view = view
        self.deaths = deaths
        self.from = from
        self.to = to
        self.segment = segment
        settled = Locked(nil)
    }

    /// Live docs at S. For an S that sees every birth and every death known, they are computed once.
    func searchable(at sequence: SequenceNumber) throws(StorageError) -> SearchableSegment {
        let isSettled = view.births.upperBound <= sequence && (deaths.latest ?? sequence) <= sequence
        if isSettled, let known = settled.withLock({ $0 }) { return known }
        let made = try SearchableSegment(view, at: sequence, deaths: deaths)
        if isSettled { settled.withLock { $0 = made } }
        return made
    }

    /// The same view with other deaths, validity or record. Live docs are kept if nothing that they depend on
    /// changes.
    func with(
        deaths newDeaths: DeathSet? = nil, to newTo: SequenceNumber? = nil,
        segment newRecord: SegmentEntry? = nil
    ) -> ShardView {
        let copy = ShardView(
            view: view, deaths: newDeaths ?? deaths, from: from, to: newTo ?? to,
            segment: newRecord ?? segment,
            budgetBytes: budgetBytes)
        if newDeaths == nil {
            let known = settled.withLock { $0 }
            copy.settled.withLock { $0 = known }
        }
        return copy
    }
}

/// A held snapshot: its views stay readable until it is dropped. Noncopyable, so it is given back exactly once.
package struct SnapshotLease: ~Copyable, Sendable {
    package let state: ShardState
    package let sequence: SequenceNumber?

    package init(state: ShardState, sequence: SequenceNumber?) {
        self.state = state
        self.sequence = sequence
    }

    package func snapshot() throws(StorageError) -> ShardSnapshot { try state.snapshot(at: sequence) }
}

import VarveBytes
import VarveFiles
import VarveManifest
import VarveSegment

/// Joining segments, and dropping what no readable S needs.
///
/// Every merge has one threshold V: the output keeps the versions with `death > V` and answers for `[V, ...)`, the
/// inputs answer for `[from, V)` from then on. Three bounds, each a must (the model test breaks without any):
/// V is not below the `from` of any input; V is not above the flushed number of the manifest that commits it; and
/// deaths after V are recorded for the output.
extension Shard {
    /// Runs the merge that the policy asks for, if any. Returns whether there was one.
    package func mergeOnce() throws(EngineError) -> Bool {
        guard beginMerge() else { return false }
        defer { endMerge() }
        if let failure { throw failure }
        return try merge { commits, state in
            let segments = state.views.filter { $0.segment != nil }
            let candidates = segments.map { view in
                MergePolicy.Candidate(
                    byteCount: view.view.byteCount, rows: view.view.rowCount,
                    droppable: view.deaths.count(atOrBelow: self.threshold([view], commits.manifest)))
            }
            return MergePolicy(self.options).choose(candidates).map { Array(segments[$0]) }
        }
    }

    /// Merges all segments into at most this many, newest first, whatever their size.
    package func merge(toAtMost count: Int) throws(EngineError) {
        precondition(count >= 1, "a shard with documents has at least one segment")
        while true {
            while !beginMerge() {
                let running = activity.withLock { $0.merging }
                if let running { environment.scheduler.wait(for: running) }
            }
            defer { endMerge() }
            if let failure { throw failure }
            let merged = try merge { commits, state in
                let segments = state.views.filter { $0.segment != nil }
                if segments.count > count { return Array(segments[(count - 1)...].suffix(256)) }
                return segments.first {
                    $0.deaths.count(atOrBelow: self.threshold([$0], commits.manifest)) > 0
                }.map { [$0] }
            }
            if !merged { return }
        }
    }

    private func beginMerge() -> Bool {
        activity.withLock { activity in
            if activity.merging != nil { return false }
            activity.merging = Event()
            return true
        }
    }

    private func endMerge() {
        let done = activity.withLock { $0.merging.take() }
        done?.signal()
    }

    /// The plan of a merge, taken under the commit lock, and what it made.
    private struct Plan: Sendable {
        var inputs: [ShardView]
        var threshold: SequenceNumber
        var id: UInt64
        /// The newest tombstone that may be forgotten; nil if none may.
        var forgottenThrough: SequenceNumber?
    }

    /// Plans under the commit lock, writes without it, and commits under it again: flushes go on meanwhile. The
    /// threshold stays right, since flushed numbers only grow and new pins lie above them.
    private func merge(
        _ choose: (CommitState, ShardState) -> [ShardView]?
    ) throws(EngineError) -> Bool {
        let plan = commits.withLock { commits -> Plan? in
            guard commits.manifest.flushed != nil, let inputs = choose(commits, state) else { return nil }
            return Plan(
                inputs: inputs, threshold: threshold(inputs, commits.manifest), id: commits.takeFileID(),
                forgottenThrough: forgottenDeletes(commits.manifest.timeMap))
        }
        guard let plan else { return false }
        count { $0.merges += 1 }
        var written: WrittenSegment?
        do throws(StorageError) {
            var inputs: [MergeInput] = []
            for view in plan.inputs {
                inputs.append(MergeInput(view: view.view, keep: try rowsToKeep(view, plan)))
            }
            let level = plan.inputs.compactMap(\.segment?.level).max() ?? 0
            written = try writeSegment(
                inputs, id: plan.id, level: options.mergeLevel, mergeLevel: min(level, 199) + 1,
                from: plan.threshold)
        } catch {
            let failure = commits.withLock { abandon(plan.id, error, &$0) }
            throw failure
        }
        let outcome: Result<Void, EngineError> = commits.withLock { commits in
            do throws(EngineError) {
                try commitMerge(plan, written, &commits)
                return .success(())
            } catch { return .failure(error) }
        }
        try outcome.get()
        return true
    }

    private func commitMerge(
        _ plan: Plan, _ written: WrittenSegment?, _ commits: inout CommitState
    ) throws(EngineError) {
        var next = successor(commits)
        guard let flushed = next.flushed else { return }
        let inputs = Set(plan.inputs.compactMap(\.segment?.id))
        let pins = publication.withLock { $0.pins }
        let current = state.views.filter { $0.segment.map { inputs.contains($0.id) } ?? false }
        guard let at = next.segments.firstIndex(where: { inputs.contains($0.id) }) else { return }
        for var entry in next.segments where inputs.contains(entry.id) {
            entry.to = plan.threshold
            if pins.holds(from: entry.from, to: entry.to) { next.retired.append(entry) }
        }
        next.segments.removeAll { inputs.contains($0.id) }
        do throws(StorageError) {
            if let written {
                next.segments.insert(written.entry, at: at)
                let deaths = written.remap(current.map(\.deaths))
                try writeDeaths(
                    &next.segments, deaths: [written.entry.id: (deaths, nil)], through: flushed, &commits)
            }
            try syncDirectory()
        } catch { throw abandon(plan.id, error, &commits) }
        next.historyFloor = max(next.historyFloor, plan.threshold)
        next.nextFileID = commits.nextFileID + Manifest.fileIDReserve
        try publish(next, &commits)
        replace(inputs, by: written, in: next)
    }

    /// V for these inputs: as new as the flushed number and the history window allow; lowered to the oldest pin
    /// that reads them if the dead versions that it still needs are fewer than half the rows, so that the pin does
    /// not keep whole files.
    private func threshold(_ inputs: [ShardView], _ manifest: Manifest) -> SequenceNumber {
        let lowest = inputs.reduce(SequenceNumber(0)) { max($0, $1.from) }
        let flushed = manifest.flushed ?? SequenceNumber(0)
        var threshold = flushed
        if let reach = historyReach(manifest.timeMap) { threshold = min(threshold, reach) }
        let pinned = publication.withLock { $0.pins.lowest(from: lowest, to: flushed) }
        if let pinned {
            let rows = inputs.reduce(0) { $0 + $1.view.rowCount }
            let carried = inputs.reduce(0) {
                $0 + $1.deaths.count(atOrBelow: flushed) - $1.deaths.count(atOrBelow: pinned)
            }
            if carried * 2 <= rows { threshold = pinned }
        }
        return max(lowest, threshold)
    }

    /// Tombstones born up to this are older than `deletesKept`; nil if none is known to be.
    private func forgottenDeletes(_ timeMap: TimeMap) -> SequenceNumber? {
        let since = environment.clock.wallMilliseconds - options.deletesKept.milliseconds
        return timeMap.sequenceNumber(at: since)
    }

    /// Rows that died after V; of tombstones only those whose memory is still wanted. Nil if that is every row.
    private func rowsToKeep(_ view: ShardView, _ plan: Plan) throws(StorageError) -> RowBitmap? {
        var kept = view.rows(outliving: plan.threshold)
        guard let tombstones = view.view.tombstones, let old = plan.forgottenThrough else { return kept }
        let forgotten = min(plan.threshold, old)
        var births: [UInt64] = []
        var start = 0
        while start < view.view.rowCount {
            let range = start..<min(start + columnBlockRows, view.view.rowCount)
            try view.view.readBirths(range, into: &births)
            for row in range where tombstones[row] && births[row - start] <= forgotten.rawValue {
                if kept == nil { kept = RowBitmap(rowCount: view.view.rowCount, filledWith: true) }
                kept?[row] = false
            }
            start = range.upperBound
        }
        return kept
    }

    /// Puts the output into the place of its inputs; those that a pin still reads are kept as retired.
    private func replace(_ inputs: Set<UInt64>, by written: WrittenSegment?, in manifest: Manifest) {
        structure.withLock { _ in
            let state = self.state
            var views: [ShardView] = []
            var retired = state.retired
            var deaths: [DeathSet] = []
            var place: Int?
            for view in state.views {
                guard let entry = view.segment, inputs.contains(entry.id) else {
                    views.append(view)
                    continue
                }
                if place == nil { place = views.count }
                deaths.append(view.deaths)
                if let kept = manifest.retired.first(where: { $0.id == entry.id }) {
                    retired.append(view.with(to: kept.to, segment: kept))
                }
            }
            if let written, let place {
                let view = ShardView(
                    view: written.reader, deaths: written.remap(deaths), from: written.entry.from,
                    to: .infinity,
                    segment: manifest.entry(written.entry.id))
                views.insert(view, at: place)
            }
            let kept = Set(manifest.retired.map(\.id))
            retired.removeAll { view in view.segment.map { !kept.contains($0.id) } ?? true }
            let next = ShardState(views: views, retired: retired, visible: state.visible)
            publication.withLock { $0.state = next }
        }
    }
}

import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// Turning frozen memtables into one segment, so that the log in front of it can go.
extension Shard {
    /// Makes everything accepted so far part of a segment and commits a manifest. Returns when it is durable.
    /// Does nothing if there is nothing new.
    package func flush() throws(EngineError) {
        count { $0.flushes += 1 }
        while true {
            let running = activity.withLock { activity -> Event? in
                if let flushing = activity.flushing { return flushing }
                activity.flushing = Event()
                activity.wantsFlush = false
                return nil
            }
            guard let running else { break }
            environment.scheduler.wait(for: running)
        }
        defer {
            let done = activity.withLock { activity in
                activity.lastFlush = environment.clock.monotonicNanoseconds
                return activity.flushing.take()
            }
            done?.signal()
        }
        if let failure { throw failure }
        try refresh()
        let (state, checkpoints, letters, ticket) = publication.withLock {
            ($0.state, $0.checkpoints, $0.letters, $0.ticket)
        }
        guard let through = state.visible else { return }
        if let log, let ticket {
            do throws(LogFailure) { try log.waitUntilDurable(ticket) } catch {
                poison(EngineError(error))
                throw EngineError(error)
            }
        }
        let outcome: Result<Void, EngineError> = commits.withLock { commits in
            do throws(EngineError) {
                try commitFlush(
                    of: state, through: through, checkpoints: checkpoints, letters: letters, &commits)
                return .success(())
            } catch { return .failure(error) }
        }
        try outcome.get()
        services.wakeBackground(.merge)
    }

    /// Asks the background work for a flush. Cheap, from any thread.
    func requestFlush() {
        let isNew = activity.withLock { activity in
            defer { activity.wantsFlush = true }
            return !activity.wantsFlush
        }
        if isNew { services.wakeBackground(.flush) }
    }

    private func commitFlush(
        of state: ShardState, through: SequenceNumber, checkpoints: [SourceCheckpoint],
        letters: LetterStore, _ commits: inout CommitState
    ) throws(EngineError) {
        let frozen = state.views.filter { $0.segment == nil }
        let before = commits.manifest.flushed
        let bytesBefore = sequencer.withLock { sequencer in sequencer.bytesSinceFlush }
        let isForced = activity.withLock { activity in
            defer { activity.mustCommit = false }
            return activity.mustCommit
        }
        if frozen.isEmpty && before == through && commits.manifest.checkpoints == checkpoints && !isForced {
            return
        }
        var next = successor(commits)
        let id = commits.takeFileID()
        let from = flushThreshold(above: before, through: through, timeMap: next.timeMap)
        var written: WrittenSegment?
        do throws(StorageError) {
            let inputs = frozen.map { MergeInput(view: $0.view, keep: $0.rows(outliving: from)) }
            written = try writeSegment(inputs, id: id, level: options.flushLevel, mergeLevel: 0, from: from)
            if let written { next.segments.append(written.entry) }
            var deaths: [UInt64: (set: DeathSet, above: SequenceNumber?)] = [:]
            // Not `state`: a merge may have replaced segments since the memtables were frozen.
            for view in self.state.views {
                if let entry = view.segment, !view.deaths.isEmpty { deaths[entry.id] = (view.deaths, before) }
            }
            if let written {
                deaths[written.entry.id] = (written.remap(frozen.map(\.deaths)), nil)
            }
            try writeDeaths(&next.segments, deaths: deaths, through: through, &commits)
            try writeLetters(letters, into: &next, &commits)
            try syncDirectory()
        } catch { throw abandon(id, error, &commits) }
        next.flushed = through
        for checkpoint in checkpoints { next.advance(to: checkpoint) }
        next.schema = schema.encodedBytes
        next.timeMap.record(through, at: next.committedAt)
        next.historyFloor = max(next.historyFloor, from)
        next.lowestWAL = log?.lowestFileNeeded(after: through) ?? 0
        next.nextFileID = commits.nextFileID + Manifest.fileIDReserve
        try publish(next, &commits)
        replace(frozen, by: written, in: next)
        services.budget.giveBack(frozen.reduce(0) { $0 + $1.budgetBytes })
        sequencer.withLock { $0.bytesSinceFlush -= bytesBefore }
        activity.withLock { $0.unsettled = through }
    }

    /// The lowest S that the flushed segment has to answer for: no version that died at or before it is written.
    private func flushThreshold(
        above before: SequenceNumber?, through: SequenceNumber, timeMap: TimeMap
    ) -> SequenceNumber {
        let floor = before ?? SequenceNumber(0)
        let pinned = publication.withLock { publication in
            publication.pins.lowest(from: before?.next ?? floor, to: through)
        }
        var threshold = min(through, pinned ?? through)
        if let reach = historyReach(timeMap) { threshold = min(threshold, reach) }
        return max(floor, threshold)
    }

    /// How far back unpinned history has to stay readable; nil without a history window.
    func historyReach(_ timeMap: TimeMap) -> SequenceNumber? {
        guard options.historyWindow > .zero else { return nil }
        let since = environment.clock.wallMilliseconds - options.historyWindow.milliseconds
        return timeMap.sequenceNumber(at: since) ?? SequenceNumber(0)
    }

    /// After a failure before the manifest: nothing names what was written, so it goes, and the flush or merge may
    /// be tried again. A full disk is no more than that; after a failed sync nobody knows what is on the disk.
    func abandon(_ segment: UInt64, _ error: StorageError, _ commits: inout CommitState) -> EngineError {
        commits.garbage.append(layout.segment(segment))
        commits.lettersGeneration = nil
        if case .file(let file) = error, file.code == .noSpace || file.code == .quota {
            return .rejected("no segment was written: \(file)")
        }
        if case .damaged = error { return .storage(error) }
        poison(.poisoned(error))
        return .poisoned(error)
    }

    /// Puts the segment into the place of the views that it was written from, with the deaths that came since.
    private func replace(_ frozen: [ShardView], by written: WrittenSegment?, in manifest: Manifest) {
        structure.withLock { _ in
            let state = self.state
            let replaced = Set(frozen.map { ObjectIdentifier($0.view) })
            var views: [ShardView] = []
            var current: [DeathSet] = []
            var isPlaced = false
            for view in state.views {
                guard replaced.contains(ObjectIdentifier(view.view)) else {
                    if view.segment == nil { place() }
                    views.append(view.segment.map { view.with(segment: manifest.entry($0.id)) } ?? view)
                    continue
                }
                current.append(view.deaths)
            }
            place()
            func place() {
                if isPlaced { return }
                isPlaced = true
                guard let written else { return }
                views.append(
                    ShardView(
                        view: written.reader, deaths: written.remap(current), from: written.entry.from,
                        to: .infinity, segment: manifest.entry(written.entry.id)))
            }
            let next = ShardState(views: views, retired: state.retired, visible: state.visible)
            publication.withLock { $0.state = next }
        }
    }
}

extension Shard.WrittenSegment {
    /// The deaths of the inputs as deaths of the segment's rows; those of rows that were dropped are gone.
    func remap(_ inputs: [DeathSet]) -> DeathSet {
        var deaths: [RowDeath] = []
        for (mapping, input) in zip(mappings, inputs) {
            input.forEach { death in
                if let row = mapping.newRow(Int(death.row)) {
                    deaths.append(RowDeath(row: UInt32(row), death: death.death))
                }
            }
        }
        return DeathSet(deaths)
    }
}

extension ShardView {
    /// The rows whose death, if any, lies above a threshold; nil if that is all of them.
    func rows(outliving threshold: SequenceNumber) -> RowBitmap? {
        if deaths.count(atOrBelow: threshold) == 0 { return nil }
        var rows = RowBitmap(rowCount: view.rowCount, filledWith: true)
        deaths.forEach { if $0.death <= threshold { rows[Int($0.row)] = false } }
        return rows
    }
}

extension Manifest {
    func entry(_ id: UInt64) -> SegmentEntry? {
        segments.first { $0.id == id } ?? retired.first { $0.id == id }
    }
}

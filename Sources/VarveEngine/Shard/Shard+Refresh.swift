import VarveBytes
import VarveDocument
import VarveFiles
import VarveSegment

/// Making accepted operations visible.
extension Shard {
    /// Publishes everything accepted so far. Touches no disk but to look up, in older views, the ids that
    /// operations did not look up themselves.
    ///
    /// - Returns: The state that sees them.
    @discardableResult
    package func refresh() throws(EngineError) -> ShardState {
        count { $0.refreshes += 1 }
        let outcome: Result<ShardState, EngineError> = structure.withLock { _ in
            do throws(EngineError) { return .success(try refreshStructure()) } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Runs under the `structure` lock.
    private func refreshStructure() throws(EngineError) -> ShardState {
        let taken = sequencer.withLock { sequencer -> (FrozenMemtable?, SequenceNumber?, Int) in
            let counted = sequencer.countedBytes
            // A refresh that failed half-way has left its memtable; it is taken up again before anything newer.
            if sequencer.freezing == nil, !sequencer.active.isEmpty {
                sequencer.freezing = sequencer.active.freeze()
                sequencer.countedBytes = 0
                _ = count(&sequencer)
                sequencer.freezingThrough = sequencer.last
                sequencer.freezingCheckpoints = sequencer.checkpoints
                sequencer.freezingLetters = sequencer.letters
                sequencer.freezingTicket = sequencer.lastTicket
                return (sequencer.freezing, sequencer.freezingThrough, counted)
            }
            if sequencer.freezing == nil {
                sequencer.freezingThrough = sequencer.last
                sequencer.freezingCheckpoints = sequencer.checkpoints
                sequencer.freezingLetters = sequencer.letters
                sequencer.freezingTicket = sequencer.lastTicket
            }
            return (sequencer.freezing, sequencer.freezingThrough, 0)
        }
        let (frozen, through, counted) = taken
        let state = self.state
        var views = state.views
        if let frozen {
            let deaths = try resolve(frozen, in: state)
            for (at, rows) in deaths.enumerated() where !rows.isEmpty {
                views[at] = views[at].with(deaths: views[at].deaths.adding(rows))
            }
            views.append(
                ShardView(
                    view: frozen, deaths: DeathSet(frozen.ownDeaths), from: SequenceNumber(0), to: .infinity,
                    segment: nil, budgetBytes: counted))
        } else if through == state.visible {
            let frozen = sequencer.withLock {
                ($0.freezingCheckpoints, $0.freezingLetters, $0.freezingTicket)
            }
            return publication.withLock { publication in
                (publication.checkpoints, publication.letters, publication.ticket) = frozen
                return publication.state
            }
        }
        let next = ShardState(views: combineSmall(views), retired: state.retired, visible: through)
        // Published first, forgotten second: a real-time get that no longer finds the memtable finds the view.
        return sequencer.withLock { sequencer in
            sequencer.freezing = nil
            return publication.withLock { publication in
                publication.state = next
                publication.checkpoints = sequencer.freezingCheckpoints
                publication.letters = sequencer.freezingLetters
                publication.ticket = sequencer.freezingTicket
                return next
            }
        }
    }

    /// Finds, for each id whose older version nobody has looked up, the row that dies and the version it had.
    ///
    /// - Returns: For each view of the state, the deaths to add.
    private func resolve(_ frozen: FrozenMemtable, in state: ShardState) throws(EngineError) -> [[RowDeath]] {
        var deaths = [[RowDeath]](repeating: [], count: state.views.count)
        if frozen.firstRowsOfIDs.isEmpty { return deaths }
        var bases = [Int64](repeating: 0, count: frozen.firstRowsOfIDs.count)
        if !state.views.isEmpty {
            var id = ByteBuffer(capacity: 64)
            for (place, row) in frozen.firstRowsOfIDs.enumerated() {
                id.removeAll()
                frozen.appendID(ofRow: Int(row), to: &id)
                let hash = hashOfID(id.bytes)
                guard let found = try published(id: id.bytes, hash: hash, in: state) else { continue }
                bases[place] = found.current.version
                deaths[found.view].append(RowDeath(row: found.row, death: frozen.row(Int(row)).birth))
            }
        }
        frozen.resolveVersions(bases: bases)
        return deaths
    }

    /// Joins the newest frozen memtables while many small ones follow each other, so that a shard that refreshes
    /// often is still searched in few views. Sizes double from run to run, so each row is moved a few times.
    private func combineSmall(_ views: [ShardView]) -> [ShardView] {
        var views = views
        while true {
            let firstFrozen = views.firstIndex { $0.segment == nil } ?? views.count
            guard views.count - firstFrozen > 8, activity.withLock({ $0.flushing == nil }) else {
                return views
            }
            var start = views.count - 2
            var rows = views[views.count - 1].view.rowCount
            while start > firstFrozen && views[start].view.rowCount <= rows * 2 {
                rows += views[start].view.rowCount
                start -= 1
            }
            let run = Array(views[start...])
            let frozen = run.compactMap { $0.view as? FrozenMemtable }
            guard frozen.count == run.count, run.count > 1 else { return views }
            let joined = FrozenMemtable.combined(frozen)
            let deaths = DeathSet.combined(run.map { ($0.deaths, $0.view.rowCount) })
            let budgetBytes = run.reduce(0) { $0 + $1.budgetBytes }
            views.replaceSubrange(
                start...,
                with: [
                    ShardView(
                        view: joined, deaths: deaths, from: SequenceNumber(0), to: .infinity, segment: nil,
                        budgetBytes: budgetBytes)
                ])
        }
    }
}

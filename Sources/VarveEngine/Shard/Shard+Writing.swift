package import VarveBytes
package import VarveDocument
import VarveFiles
package import VarveLog
import VarveSegment

/// Stands for what was handed to the log, to be waited for.
package typealias WriteTicket = LogTicket

/// Accepting operations: decide, number, log, keep in the memtable, all in one order.
extension Shard {
    /// Numbers the operations of a batch and hands them to the log as one record, all or nothing across a crash.
    ///
    /// An operation whose condition does not hold changes nothing; in a batch of several it leaves a number that
    /// stands for no operation. Nothing is durable when this returns: wait for the ticket.
    ///
    /// - Parameters:
    ///   - checkpoint: Where the batch's source goes on; it is in the batch's payload already.
    ///   - expected: Where the source's partition must stand now; otherwise nothing is done.
    ///   - results: Replaced by one result an operation.
    /// - Returns: What to wait for; nil if nothing was logged.
    package func apply(
        _ draft: consuming BatchDraft, checkpoint: SourceCheckpoint? = nil,
        after expected: ExpectedCheckpoint = .any, into results: inout [OperationResult]
    ) throws(EngineError) -> WriteTicket? {
        results.removeAll(keepingCapacity: true)
        let decides = draft.operations.contains { $0.isResolved }
        if decides { try warm(draft) }
        var pending: BatchDraft? = draft
        var decided: [OperationResult] = []
        swap(&decided, &results)
        let applied = sequencer.withLock { sequencer -> Result<Applied, EngineError> in
            guard let draft = pending.take() else { preconditionFailure("a draft is applied once") }
            do throws(EngineError) {
                if let checkpoint { try expected.check(sequencer.checkpoints, for: checkpoint) }
                return .success(
                    try apply(draft, decides: decides, checkpoint, &sequencer, results: &decided))
            } catch { return .failure(error) }
        }
        swap(&decided, &results)
        let (ticket, isFull) = try applied.get()
        count { counters in
            for result in results {
                switch result.outcome {
                case .created, .updated: counters.indexed += 1
                case .deleted, .absent: counters.deleted += 1
                case .conflict, .recorded: break
                }
            }
        }
        if isFull { requestFlush() }
        return ticket
    }

    /// Calls `body` once what a ticket stands for is as durable as the store's options say.
    package func whenAcknowledged(
        _ ticket: WriteTicket, _ body: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        guard let log else { return body(.success(())) }
        log.whenAcknowledged(ticket) { body($0.mapError { EngineError($0) }) }
    }

    /// Calls `body` once what a ticket stands for is on the disk; without a log, at once.
    package func whenDurable(
        _ ticket: WriteTicket, _ body: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        guard let log else { return body(.success(())) }
        log.whenDurable(ticket) { body($0.mapError { EngineError($0) }) }
    }

    private typealias Applied = (ticket: LogTicket?, isFull: Bool)

    /// An event that is set once the shard can take more; nil if it can now.
    package func roomEvent(operations: Int, bytes: Int) -> Event? {
        if let event = services.budget.room() {
            requestFlush()
            return event
        }
        guard let log, !log.hasRoom(operations: operations, payloadBytes: bytes) else { return nil }
        let event = Event()
        log.whenAcknowledged(log.lastTicket) { _ in event.signal() }
        return event
    }

    /// Reads, outside the sequencer's lock, what deciding will need, so that deciding finds it in the cache.
    private func warm(_ draft: borrowing BatchDraft) throws(EngineError) {
        let views = state.views.filter { $0.segment != nil }
        if views.isEmpty { return }
        var rows: [UInt32] = []
        for at in draft.operations.indices
        where !draft.operations[at].idIsNew && draft.operations[at].kind.isOfDocument {
            let hash = hashOfID(draft.id(of: at))
            do throws(StorageError) {
                for view in views.reversed() where view.view.mayHold(idHash: hash) {
                    try view.view.findRows(id: draft.id(of: at), into: &rows)
                    if !rows.isEmpty { break }
                }
            } catch { throw .storage(error) }
        }
    }

    /// Decides, then logs, then applies: what cannot be logged has changed nothing.
    private func apply(
        _ draft: consuming BatchDraft, decides: Bool, _ checkpoint: SourceCheckpoint?,
        _ sequencer: inout Sequencer, results: inout [OperationResult]
    ) throws(EngineError) -> Applied {
        if let failure = sequencer.failure { throw failure }
        if let refusal = services.reserve.refusal { throw refusal }
        let count = draft.operations.count
        if let log {
            if let failure = log.failure { throw EngineError(failure) }
            guard log.hasRoom(operations: count, payloadBytes: draft.byteCount) else {
                throw .rejected("too many operations wait for the disk")
            }
        }
        try logNewFields(&sequencer)
        let first = sequencer.next
        let now = environment.clock.wallMilliseconds
        draft.setTime(UInt64(max(0, now)))
        if decides {
            try decide(&draft, first: first, &sequencer, results: &results)
            if count == 1, case .conflict = results[0].outcome { return (nil, false) }
        } else {
            for at in draft.operations.indices {
                results.append(OperationResult(blind: draft.operations[at], number: first + UInt64(at)))
            }
        }
        let batch = draft.seal()
        if let log {
            do throws(LogFailure) {
                sequencer.lastTicket = try log.append(
                    LogRecord(
                        type: count == 0 ? .checkpoint : .batch, operationCount: count,
                        first: SequenceNumber(first), payload: batch.payload))
            } catch { throw EngineError(error) }
        }
        for at in batch.operations.indices where batch.operations[at].kind != .noOperation {
            guard batch.operations[at].kind.isOfDocument else {
                sequencer.letters.apply(batch, operation: at, number: first + UInt64(at), time: now)
                continue
            }
            let version = decides ? results[at].version : nil
            sequencer.active.append(
                batch, operation: at, birth: SequenceNumber(first + UInt64(at)), version: version)
        }
        if let limits = sequencer.letterLimits { sequencer.letters.trim(to: limits, at: now) }
        sequencer.next = first + UInt64(count)
        if let checkpoint { sequencer.commit(checkpoint) }
        sequencer.bytesSinceFlush += batch.payload.count
        return (sequencer.lastTicket, self.count(&sequencer))
    }

    /// Logs what the mapping has gained since the last batch, before the first batch that may use it.
    private func logNewFields(_ sequencer: inout Sequencer) throws(EngineError) {
        let generation = schema.generation
        guard generation != sequencer.loggedSchema else { return }
        let snapshot = schema.snapshot
        sequencer.active.learn(snapshot.fields)
        if let log {
            var bytes = ByteBuffer(capacity: 256)
            snapshot.encode(from: sequencer.loggedFields, into: &bytes)
            do throws(LogFailure) {
                _ = try log.append(
                    LogRecord(
                        type: .schema, first: SequenceNumber(sequencer.next), payload: SharedBytes(bytes)))
            } catch { throw EngineError(error) }
        }
        sequencer.loggedFields = snapshot.fields.count
        sequencer.loggedSchema = snapshot.generation
    }

    /// Tells the write budget how much the memtable has grown; true if it is time to flush.
    func count(_ sequencer: inout Sequencer) -> Bool {
        let bytes = sequencer.active.byteCount
        services.budget.take(bytes - sequencer.countedBytes)
        sequencer.countedBytes = bytes
        return bytes >= options.flushBytes || sequencer.bytesSinceFlush >= options.flushLogBytes
    }

    /// Decides each operation, in order, against what is there and what the operations before it have made of it.
    private func decide(
        _ draft: inout BatchDraft, first: UInt64, _ sequencer: inout Sequencer,
        results: inout [OperationResult]
    ) throws(EngineError) {
        // By hash of the id, the last operation of this batch with it.
        var made: [UInt64: Int] = [:]
        let isAlone = draft.operations.count == 1
        for at in draft.operations.indices {
            let operation = draft.operations[at]
            let number = SequenceNumber(first + UInt64(at))
            guard operation.kind.isOfDocument else {
                results.append(OperationResult(blind: operation, number: number.rawValue))
                continue
            }
            let hash = hashOfID(draft.id(of: at))
            let current: CurrentVersion?
            if let before = Self.last(made[hash], before: at, in: draft, results) {
                current = CurrentVersion(
                    sequence: results[before].sequence, version: results[before].version,
                    isTombstone: draft.operations[before].kind == .delete)
            } else {
                current = try currentVersion(
                    id: draft.id(of: at), hash: hash, isNew: operation.idIsNew, &sequencer)
            }
            let result = OperationResult(operation, current, number: number, epoch: epoch)
            results.append(result)
            if case .conflict = result.outcome {
                draft.setKind(.noOperation, of: at)
                continue
            }
            draft.setVersion(result.version, of: at)
            if !isAlone { made[hash] = at }
        }
    }

    /// The last operation before `at` that wrote the same id: the one its hash names, or, should two ids have one
    /// hash, whichever it is.
    private static func last(
        _ candidate: Int?, before at: Int, in draft: borrowing BatchDraft, _ results: [OperationResult]
    ) -> Int? {
        guard let candidate else { return nil }
        if draft.id(of: candidate).equals(draft.id(of: at)) { return candidate }
        return (0..<at).last {
            draft.operations[$0].kind.isOfDocument && draft.id(of: $0).equals(draft.id(of: at))
        }
    }
}

extension OperationResult {
    /// What becomes of an operation that nobody looks anything up for.
    init(blind operation: PreparedOperation, number: UInt64) {
        self.init(
            outcome: !operation.kind.isOfDocument
                ? .recorded : operation.kind == .delete ? .deleted : .created,
            sequence: SequenceNumber(number),
            version: operation.idIsNew ? 1 : 0)
    }

    /// What becomes of an operation, given what is there.
    init(_ operation: PreparedOperation, _ current: CurrentVersion?, number: SequenceNumber, epoch: UInt64) {
        if let conflict = operation.conflict(with: current, epoch: epoch) {
            self.init(
                outcome: .conflict(conflict), sequence: current?.sequence ?? number,
                version: current?.version ?? 0)
            return
        }
        let version = operation.isExternal ? operation.version : (current?.version ?? 0) + 1
        let wasLive = current.map { !$0.isTombstone } ?? false
        let outcome: Outcome =
            switch operation.kind {
            case .delete: wasLive ? .deleted : .absent
            case .index, .create: wasLive ? .updated : .created
            case .noOperation, .deadLetter, .removeLetters: .recorded
            }
        self.init(outcome: outcome, sequence: number, version: version)
    }
}

extension PreparedOperation {
    /// Whether the current version must be known before the operation is numbered.
    var isResolved: Bool { versioning != .blind || kind == .create }

    var isExternal: Bool { versioning == .external || versioning == .externalOrEqual }

    /// Why the operation may not go ahead, given what is there.
    func conflict(with current: CurrentVersion?, epoch: UInt64) -> VersionConflict? {
        if kind == .create, let current, !current.isTombstone {
            return .exists(version: current.version, sequence: current.sequence)
        }
        switch versioning {
        case .blind, .resolved: return nil
        case .external:
            guard let current, current.version >= version else { return nil }
            return .version(current: current.version, given: version, allowsEqual: false)
        case .externalOrEqual:
            guard let current, current.version > version else { return nil }
            return .version(current: current.version, given: version, allowsEqual: true)
        case .ifSequenceNumber:
            let given = SequenceNumber(ifSequenceNumber)
            guard let current, !current.isTombstone, current.sequence == given else {
                let isThere = current.map { !$0.isTombstone } ?? false
                return .sequence(current: isThere ? current?.sequence : nil, given: given)
            }
            return nil
        }
    }
}

/// The newest version of an id, whatever holds it.
extension Shard {
    /// Looks into the active memtable, the one being refreshed, then views newest to oldest; the first hit is the
    /// newest version, since views are disjoint in births. Nil if the id has none or its memory is gone.
    func currentVersion(
        id: RawSpan, hash: UInt64, isNew: Bool = false, _ sequencer: inout Sequencer
    ) throws(EngineError) -> CurrentVersion? {
        if isNew { return nil }
        if let row = sequencer.active.newestRow(id: id, hash: hash) {
            let found = sequencer.active.row(row)
            if let version = found.version {
                return CurrentVersion(sequence: found.birth, version: version, isTombstone: found.isTombstone)
            }
            let base = try olderVersion(id: id, hash: hash, freezing: sequencer.freezing)?.version ?? 0
            sequencer.active.resolveVersions(ofChainEndingAt: row, base: base)
            let resolved = sequencer.active.row(row)
            return CurrentVersion(
                sequence: resolved.birth, version: resolved.version ?? 0, isTombstone: resolved.isTombstone)
        }
        return try olderVersion(id: id, hash: hash, freezing: sequencer.freezing)
    }

    private func olderVersion(
        id: RawSpan, hash: UInt64, freezing: FrozenMemtable?
    ) throws(EngineError) -> CurrentVersion? {
        let state = self.state
        if let freezing, let row = freezing.newestRow(id: id, hash: hash) {
            let found = freezing.row(row)
            if let version = found.version {
                return CurrentVersion(sequence: found.birth, version: version, isTombstone: found.isTombstone)
            }
            let base = try published(id: id, hash: hash, in: state)?.current.version ?? 0
            freezing.resolveVersions(ofChainEndingAt: row, base: base)
            let resolved = freezing.row(row)
            return CurrentVersion(
                sequence: resolved.birth, version: resolved.version ?? 0, isTombstone: resolved.isTombstone)
        }
        return try published(id: id, hash: hash, in: state)?.current
    }

    /// The newest version in the published views. A dead row means that the id was deleted and that its
    /// tombstone is gone: there is no current version.
    func published(
        id: RawSpan, hash: UInt64, in state: ShardState
    ) throws(EngineError) -> (view: Int, row: UInt32, current: CurrentVersion)? {
        do {
            var rows: [UInt32] = []
            for at in state.views.indices.reversed() {
                let view = state.views[at]
                guard view.view.mayHold(idHash: hash) else { continue }
                try view.view.findRows(id: id, into: &rows)
                guard let row = rows.first else { continue }
                if view.deaths.death(ofRow: Int(row)) != nil { return nil }
                var births: [UInt64] = []
                var versions: [Int64] = []
                let range = Int(row)..<(Int(row) + 1)
                try view.view.readBirths(range, into: &births)
                try view.view.readVersions(range, into: &versions)
                let isTombstone = view.view.tombstones?[Int(row)] ?? false
                return (
                    at, row,
                    CurrentVersion(
                        sequence: SequenceNumber(births[0]), version: versions[0], isTombstone: isTombstone)
                )
            }
            return nil
        } catch { throw .storage(error) }
    }
}

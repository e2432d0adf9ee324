import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

/// The steps of opening and closing a point in time.
extension StoreEngine {
    /// Counts a new point in time in, with as many of its shards as the limits let it have.
    func admit(_ request: PointInTimeRequest, contexts: Int) throws(EngineError) -> Int {
        try checkLength(request.keepAlive)
        if request.label.utf8.count > PITRecord.labelBytesMax {
            throw .invalid("a label of \(request.label.utf8.count) bytes, at most \(PITRecord.labelBytesMax)")
        }
        if request.owner.utf8.count > PITRecord.ownerBytesMax {
            throw .invalid(
                "an owner of \(request.owner.utf8.count) bytes, at most \(PITRecord.ownerBytesMax)")
        }
        let limits = self.limits.withLock { $0 }
        return try pointsInTime.withLock { (table) throws(EngineError) -> Int in
            guard table.count + table.creating < limits.countMax else {
                throw .tooManyContexts(granted: 0, limit: limits.countMax)
            }
            let free = limits.contextsMax.map { max(0, $0 - table.contexts) } ?? contexts
            let granted = request.isDurable ? min(free, contexts) : contexts
            guard granted == contexts || request.allowsPartial && granted > 0 else {
                throw .tooManyContexts(granted: granted, limit: limits.contextsMax ?? 0)
            }
            table.creating += 1
            table.contexts += granted
            return granted
        }
    }

    func checkLength(_ keepAlive: Int64) throws(EngineError) {
        let most = limits.withLock { $0.keepAliveMax }
        if keepAlive < 0 { throw .invalid("a keep-alive of \(keepAlive) ms is negative") }
        guard keepAlive > most else { return }
        throw .invalid("a keep-alive of \(keepAlive) ms is over the limit of \(most) ms")
    }

    func record(
        _ id: PointInTimeID, _ request: PointInTimeRequest, _ cut: [PinnedShard],
        rejected: ArraySlice<Shard>
    ) throws(EngineError) -> PITRecord {
        let now = environment.clock.wallMilliseconds
        var pins = cut.map { pinned in
            PITPin(
                target: PITTarget(index: pinned.shard.index, shard: pinned.shard.uuid),
                sequenceNumber: pinned.sequence, checkpoints: pinned.checkpoints)
        }
        var attributes = PointInTimeAttributes()
        attributes.labels = request.labels
        attributes.filters = request.filters
        for shard in rejected {
            attributes.lost.append(.init(pin: pins.count, reason: .rejected))
            pins.append(
                PITPin(target: PITTarget(index: shard.index, shard: shard.uuid), sequenceNumber: nil))
        }
        return PITRecord(
            id: id.random, createdAt: now, keepAlive: request.keepAlive, lastAccess: now,
            label: request.label, owner: request.owner, flags: request.policy.rawValue, pins: pins,
            attributes: try attributes.checked())
    }

    /// A shard with the S that a new point in time holds of it.
    struct PinnedShard: Sendable {
        let shard: Shard
        var sequence: SequenceNumber?
        var checkpoints: [SourceCheckpoint] = []
        var ticket: LogTicket?
    }

    /// Pins each shard: what its searches see now or, with a refresh, all at one moment, for which every sequencer
    /// is held while each reads its last number.
    func pin(_ shards: ArraySlice<Shard>, refreshes: Bool) throws(EngineError) -> [PinnedShard] {
        var pinned = shards.map { PinnedShard(shard: $0) }
        if refreshes {
            let order = pinned.indices.sorted { pinned[$0].shard.uuid < pinned[$1].shard.uuid }
            Self.cut(order[...], &pinned)
            do throws(EngineError) {
                for at in pinned.indices { try pinned[at].shard.refresh(through: pinned[at].sequence) }
            } catch {
                unpin(pinned)
                throw error
            }
        } else {
            for at in pinned.indices {
                pinned[at].shard.publication.withLock { publication in
                    pinned[at].sequence = publication.state.visible
                    pinned[at].checkpoints = publication.checkpoints
                    pinned[at].ticket = publication.ticket
                    if let visible = publication.state.visible { publication.pins.insert(visible) }
                }
            }
        }
        return pinned
    }

    /// Takes the sequencers one inside the other, in order of uuid so that two cuts cannot block each other. The
    /// pin is in place before any sequencer is let go, so no flush can drop what it needs.
    private static func cut(_ rest: ArraySlice<Int>, _ pinned: inout [PinnedShard]) {
        guard let at = rest.first else { return }
        let shard = pinned[at].shard
        var taken = pinned
        shard.sequencer.withLock { sequencer in
            taken[at].sequence = sequencer.last
            taken[at].checkpoints = sequencer.checkpoints
            taken[at].ticket = sequencer.lastTicket
            if let last = sequencer.last { shard.publication.withLock { $0.pins.insert(last) } }
            cut(rest.dropFirst(), &taken)
        }
        pinned = taken
    }

    func unpin(_ pinned: [PinnedShard]) {
        for pin in pinned {
            guard let sequence = pin.sequence else { continue }
            pin.shard.unpin(sequence)
        }
    }

    /// Calls `completion` once every shard's log is synced through its S.
    func makeDurable(
        _ cut: [PinnedShard], completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        let waiting = CountDown(cut.count, completion)
        for pin in cut {
            guard let log = pin.shard.log else {
                // Without a log only a flush makes S durable.
                do throws(EngineError) {
                    try pin.shard.flush()
                    waiting.arrive(.success(()))
                } catch { waiting.arrive(.failure(error)) }
                continue
            }
            guard let ticket = pin.ticket else {
                waiting.arrive(.success(()))
                continue
            }
            log.whenDurable(ticket) { waiting.arrive($0.mapError { EngineError($0) }) }
        }
    }

    func register(_ record: PITRecord, isDurable: Bool) {
        let now = monotonicNow
        pointsInTime.withLock { table in
            table.creating -= 1
            table.insert(record, lastUse: now, isDurable: isDurable)
            table.createdCount += 1
        }
    }

    /// Replaces the record of an open point in time.
    func replace(
        _ row: PointInTimeTable.Row, _ record: PITRecord,
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        guard row.isDurable else {
            pointsInTime.withLock { $0.replaceVolatile(record) }
            return completion(.success(()))
        }
        var record = record
        record.keepAlive = row.keepAlive
        log(.create(record), completion: completion)
    }

    func unpin(_ pins: [PITPin]) {
        for pin in pins {
            guard let sequence = pin.sequenceNumber, let shard = shard(pin.target.shard) else { continue }
            shard.unpin(sequence)
        }
    }

    func contextsClosed(_ indices: [UUID128], openedAt: Int64) {
        let age = max(0, environment.clock.wallMilliseconds - openedAt)
        contexts.withLock { contexts in
            for index in indices { contexts.closed(index, milliseconds: age) }
        }
        directory.withLock { $0.mayRelease = true }
    }

    /// What an open point in time pins: the registry knows, or the table.
    func record(of id: UUID128) -> PITRecord? {
        pointsInTime.withLock { $0.volatileRecord(id) } ?? registry.find(id)
    }

    /// Logs the deletion, then unpins: the other way round a crash could bring back an id without its data.
    func forget(
        _ row: PointInTimeTable.Row, _ volatile: PITRecord?,
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        let record = volatile ?? registry.find(row.id)
        let pins = record?.pins ?? []
        let attributes = record?.decodedAttributes ?? PointInTimeAttributes()
        let open = pins.indices.filter { !attributes.isLost($0) }.map { pins[$0].target.index }
        guard row.isDurable else {
            unpin(pins)
            contextsClosed(open, openedAt: record?.createdAt ?? 0)
            return completion(.success(()))
        }
        log(.delete(id: row.id)) { outcome in
            if case .success = outcome {
                self.unpin(pins)
                self.contextsClosed(open, openedAt: record?.createdAt ?? 0)
            }
            completion(outcome)
        }
    }

    func log(
        _ change: PITChange, completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        do throws(EngineError) {
            let ticket = try appendToRegistry(change)
            registry.whenDurable(ticket) { completion($0.mapError { EngineError($0) }) }
        } catch { completion(.failure(error)) }
    }
}

extension Shard {
    /// Gives back one pin and, if it was the last at its number, has retired segments looked at.
    func unpin(_ sequence: SequenceNumber) {
        let isLast = publication.withLock { $0.pins.remove(sequence) }
        if isLast && !state.retired.isEmpty { services.wakeBackground(.merge) }
    }

    /// Makes S visible if it is not yet.
    func refresh(through sequence: SequenceNumber?) throws(EngineError) {
        guard let sequence else { return }
        if let visible = state.visible, visible >= sequence { return }
        try refresh()
    }
}

/// Collects several outcomes into one: the first failure, or success once all have arrived.
final class CountDown: Sendable {
    private struct State {
        var left: Int
        var failure: EngineError?
    }
    private let state: Locked<State>
    private let completion: @Sendable (Result<Void, EngineError>) -> Void

    init(_ count: Int, _ completion: @escaping @Sendable (Result<Void, EngineError>) -> Void) {
        state = Locked(State(left: count))
        self.completion = completion
        if count == 0 { completion(.success(())) }
    }

    func arrive(_ outcome: Result<Void, EngineError>) {
        let done = state.withLock { state -> Result<Void, EngineError>? in
            state.left -= 1
            if case .failure(let error) = outcome, state.failure == nil { state.failure = error }
            if state.left > 0 { return nil }
            return state.failure.map { .failure($0) } ?? .success(())
        }
        if let done { completion(done) }
    }
}

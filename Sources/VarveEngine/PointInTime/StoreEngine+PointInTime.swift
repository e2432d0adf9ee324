package import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

/// What is asked of a new point in time.
package struct PointInTimeRequest: Sendable {
    /// Idle time after which it goes, in milliseconds.
    package var keepAlive: Int64
    package var label = ""
    package var owner = ""
    /// Bring what was accepted up to now into it. With several shards always done, for one consistent cut.
    package var refreshes = true
    /// Whether it outlives this process.
    package var isDurable = true

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
    package let pins: [(index: UUID128, shard: UUID128, sequence: SequenceNumber?)]
    /// Milliseconds until it expires if it is not used.
    package let expiresIn: Int64
    package let isDurable: Bool
}

/// What a search over a point in time holds: its snapshots, until it is given back.
package struct PointInTimeUse: Sendable {
    package let id: PointInTimeID
    /// In the order in which the point in time was opened.
    package let snapshots: [(shard: Shard, snapshot: ShardSnapshot)]
}

/// Opening, using and closing points in time.
///
/// A point in time is one pinned S a shard. It needs no flush: recovery loads the pins before it replays the log,
/// and flushes and merges keep every version that a pinned S needs. Durable means: the log of each shard is
/// synced through S, then the registry's record is synced in both copies, then the id is given out.
extension StoreEngine {
    /// Opens a point in time over these shards and calls `completion` once it is as durable as asked.
    package func openPointInTime(
        _ shards: [Shard], _ request: PointInTimeRequest,
        completion: @escaping @Sendable (Result<PointInTimeID, EngineError>) -> Void
    ) {
        do throws(EngineError) {
            try admit(request)
            let cut: [PinnedShard]
            do throws(EngineError) { cut = try pin(shards, refreshes: request.refreshes) } catch {
                pointsInTime.withLock { $0.creating -= 1 }
                throw error
            }
            let id = PointInTimeID(random: environment.random.uuid(), store: identity.store)
            let now = environment.clock.wallMilliseconds
            let record = PITRecord(
                id: id.random, createdAt: now, keepAlive: request.keepAlive, lastAccess: now,
                label: request.label,
                owner: request.owner,
                pins: cut.map { pinned in
                    PITPin(
                        target: PITTarget(index: pinned.shard.index, shard: pinned.shard.uuid),
                        sequenceNumber: pinned.sequence, checkpoints: pinned.checkpoints)
                })
            guard request.isDurable else {
                register(record, isDurable: false)
                completion(.success(id))
                return
            }
            makeDurable(cut) { outcome in
                switch outcome {
                case .failure(let error):
                    self.unpin(cut)
                    self.pointsInTime.withLock { $0.creating -= 1 }
                    completion(.failure(error))
                case .success:
                    self.log(.create(record)) { outcome in
                        switch outcome {
                        case .failure(let error):
                            // Its record may be on the disk all the same, and come back with the next open:
                            // so what it pins stays pinned until then.
                            self.pointsInTime.withLock { $0.creating -= 1 }
                            completion(.failure(error))
                        case .success:
                            self.register(record, isDurable: true)
                            completion(.success(id))
                        }
                    }
                }
            }
        } catch { completion(.failure(error)) }
    }

    /// Starts a use: the snapshots stay readable until `endUse`. A longer keep-alive stays for good.
    package func beginUse(_ id: PointInTimeID, keepAlive: Int64?) throws(EngineError) -> PointInTimeUse {
        if let keepAlive, keepAlive > options.keepAliveMax.milliseconds { throw tooLong(keepAlive) }
        let now = monotonicNow
        guard pointsInTime.withLock({ $0.begin(id.random, keepAlive: keepAlive, now: now) }),
            let record = record(of: id.random)
        else {
            throw .notFound("no point in time \(id) is open: it expired, was deleted, or never was")
        }
        do throws(EngineError) {
            var snapshots: [(shard: Shard, snapshot: ShardSnapshot)] = []
            for pin in record.pins {
                guard let shard = shard(pin.target.shard) else {
                    throw .notFound("an index of point in time \(id) was deleted")
                }
                do { snapshots.append((shard, try shard.state.snapshot(at: pin.sequenceNumber))) } catch {
                    throw .storage(error)
                }
            }
            return PointInTimeUse(id: id, snapshots: snapshots)
        } catch {
            endUse(id)
            throw error
        }
    }

    /// Ends a use: the idle time starts anew.
    package func endUse(_ id: PointInTimeID) {
        let now = monotonicNow
        pointsInTime.withLock { $0.end(id.random, now: now) }
    }

    /// Sets the keep-alive, also to a shorter one, and restarts the idle time.
    package func setKeepAlive(
        _ id: PointInTimeID, to keepAlive: Int64,
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        if keepAlive > options.keepAliveMax.milliseconds { return completion(.failure(tooLong(keepAlive))) }
        if keepAlive < 0 {
            return completion(.failure(.invalid("a keep-alive of \(keepAlive) ms is negative")))
        }
        let now = monotonicNow
        guard let row = pointsInTime.withLock({ $0.setKeepAlive(id.random, to: keepAlive, now: now) })
        else {
            return completion(.failure(.notFound("no point in time \(id) is open")))
        }
        guard row.isDurable else { return completion(.success(())) }
        let wall = environment.clock.wallMilliseconds
        log(.touch(id: id.random, keepAlive: keepAlive, lastAccess: wall), completion: completion)
    }

    /// Closes a point in time; `completion` gets false if there was none. Once it is called, it never comes back.
    package func closePointInTime(
        _ id: PointInTimeID, completion: @escaping @Sendable (Result<Bool, EngineError>) -> Void
    ) {
        guard let removed = pointsInTime.withLock({ $0.remove(id.random) }) else {
            return completion(.success(false))
        }
        forget(removed.row, removed.volatile) { completion($0.map { true }) }
    }

    /// What is known of one open point in time; nil if it is not open.
    package func pointInTime(_ id: PointInTimeID) -> PointInTimeSummary? {
        guard let row = pointsInTime.withLock({ $0.find(id.random) }), let record = record(of: id.random)
        else { return nil }
        return summary(of: record, row, now: monotonicNow)
    }

    private func summary(
        of record: PITRecord, _ row: PointInTimeTable.Row, now: Int64
    ) -> PointInTimeSummary {
        PointInTimeSummary(
            id: PointInTimeID(random: record.id, store: identity.store), label: record.label,
            owner: record.owner, createdAt: record.createdAt, keepAlive: row.keepAlive,
            pins: record.pins.map { ($0.target.index, $0.target.shard, $0.sequenceNumber) },
            expiresIn: max(0, (row.deadline - now) / 1_000_000), isDurable: row.isDurable)
    }

    /// All open points in time, oldest first.
    package func listPointsInTime() -> [PointInTimeSummary] {
        let now = monotonicNow
        let durable = registry.records
        let open = pointsInTime.withLock { table in
            (durable + table.volatileRecords).compactMap { record in
                table.find(record.id).map { (record: record, row: $0) }
            }
        }
        return open.sorted { ($0.record.createdAt, $0.record.id) < ($1.record.createdAt, $1.record.id) }
            .map { summary(of: $0.record, $0.row, now: now) }
    }

    package var pointInTimeCount: Int { pointsInTime.withLock { $0.count } }

    /// Drops what has expired and logs uses that the registry is behind on. Run by the timer.
    func sweepPointsInTime() {
        let now = monotonicNow
        let expired = pointsInTime.withLock { table in
            table.expired(now: now, limit: 1_000).compactMap { table.remove($0) }
        }
        for removed in expired { forget(removed.row, removed.volatile) { _ in } }
        let wall = environment.clock.wallMilliseconds
        let touches = pointsInTime.withLock { $0.takeTouches(now: now, limit: 1_000) }
        for touch in touches {
            log(.touch(id: touch.id, keepAlive: touch.keepAlive, lastAccess: wall - touch.idle)) { _ in }
        }
    }

    // MARK: Steps

    private func admit(_ request: PointInTimeRequest) throws(EngineError) {
        if request.keepAlive < 0 { throw .invalid("a keep-alive of \(request.keepAlive) ms is negative") }
        if request.keepAlive > options.keepAliveMax.milliseconds { throw tooLong(request.keepAlive) }
        if request.label.utf8.count > PITRecord.labelBytesMax {
            throw .invalid("a label of \(request.label.utf8.count) bytes, at most \(PITRecord.labelBytesMax)")
        }
        if request.owner.utf8.count > PITRecord.ownerBytesMax {
            throw .invalid(
                "an owner of \(request.owner.utf8.count) bytes, at most \(PITRecord.ownerBytesMax)")
        }
        let isAdmitted = pointsInTime.withLock { table in
            guard table.count + table.creating < options.pointsInTimeMax else { return false }
            table.creating += 1
            return true
        }
        if !isAdmitted {
            throw .rejected("\(options.pointsInTimeMax) points in time are open, the most allowed")
        }
    }

    private func tooLong(_ keepAlive: Int64) -> EngineError {
        .invalid(
            "a keep-alive of \(keepAlive) ms is over the limit of \(options.keepAliveMax.milliseconds) ms")
    }

    /// A shard with the S that a new point in time holds of it.
    struct PinnedShard: Sendable {
        let shard: Shard
        var sequence: SequenceNumber?
        var checkpoints: [SourceCheckpoint] = []
        var ticket: LogTicket?
    }

    /// Pins each shard, all at one moment: with several, every sequencer is held while each reads its last number.
    private func pin(_ shards: [Shard], refreshes: Bool) throws(EngineError) -> [PinnedShard] {
        var pinned = shards.map { PinnedShard(shard: $0) }
        if refreshes || shards.count > 1 {
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

    private func unpin(_ pinned: [PinnedShard]) {
        for pin in pinned {
            guard let sequence = pin.sequence else { continue }
            pin.shard.unpin(sequence)
        }
    }

    /// Calls `completion` once every shard's log is synced through its S.
    private func makeDurable(
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

    private func register(_ record: PITRecord, isDurable: Bool) {
        let now = monotonicNow
        pointsInTime.withLock { table in
            table.creating -= 1
            table.insert(record, lastUse: now, isDurable: isDurable)
        }
    }

    /// What an open point in time pins: the registry knows, or the table.
    private func record(of id: UUID128) -> PITRecord? {
        pointsInTime.withLock { $0.volatileRecord(id) } ?? registry.find(id)
    }

    /// Logs the deletion, then unpins: the other way round a crash could bring back an id without its data.
    private func forget(
        _ row: PointInTimeTable.Row, _ volatile: PITRecord?,
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        let record = volatile ?? registry.find(row.id)
        let unpin: @Sendable () -> Void = {
            for pin in record?.pins ?? [] {
                guard let sequence = pin.sequenceNumber, let shard = self.shard(pin.target.shard) else {
                    continue
                }
                shard.unpin(sequence)
            }
        }
        guard row.isDurable else {
            unpin()
            return completion(.success(()))
        }
        log(.delete(id: row.id)) { outcome in
            if case .success = outcome { unpin() }
            completion(outcome)
        }
    }

    private func log(
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

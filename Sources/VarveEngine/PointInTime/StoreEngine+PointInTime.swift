package import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

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
            let granted = try admit(request, contexts: shards.count)
            let cut: [PinnedShard]
            do throws(EngineError) {
                cut = try pin(shards.prefix(granted), refreshes: request.refreshes)
            } catch {
                pointsInTime.withLock { $0.creationEnded(contexts: granted) }
                throw error
            }
            let id = PointInTimeID(random: environment.random.uuid(), store: identity.store)
            let record: PITRecord
            do throws(EngineError) {
                record = try self.record(id, request, cut, rejected: shards.dropFirst(granted))
            } catch {
                unpin(cut)
                pointsInTime.withLock { $0.creationEnded(contexts: granted) }
                throw error
            }
            guard request.isDurable else {
                register(record, isDurable: false)
                completion(.success(id))
                return
            }
            makeDurable(cut) { outcome in
                switch outcome {
                case .failure(let error):
                    self.unpin(cut)
                    self.pointsInTime.withLock { $0.creationEnded(contexts: granted) }
                    completion(.failure(error))
                case .success:
                    self.log(.create(record)) { outcome in
                        switch outcome {
                        case .failure(let error):
                            // Its record may be on the disk all the same, and come back with the next open:
                            // so what it pins stays pinned until then.
                            self.pointsInTime.withLock { $0.creationEnded(contexts: granted) }
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
        if let keepAlive { try checkLength(keepAlive) }
        let now = monotonicNow
        guard pointsInTime.withLock({ $0.begin(id.random, keepAlive: keepAlive, now: now) }),
            let record = record(of: id.random)
        else {
            throw .notFound("no point in time \(id) is open: it expired, was deleted, or never was")
        }
        do throws(EngineError) {
            return try use(id, record)
        } catch {
            endUse(id)
            throw error
        }
    }

    /// What a use would hold, without being one: no idle time starts anew. Nil if it is not open.
    package func peek(_ id: PointInTimeID) throws(EngineError) -> PointInTimeUse? {
        guard pointsInTime.withLock({ $0.find(id.random) }) != nil, let record = record(of: id.random) else {
            return nil
        }
        return try use(id, record)
    }

    private func use(_ id: PointInTimeID, _ record: PITRecord) throws(EngineError) -> PointInTimeUse {
        let attributes = record.decodedAttributes
        var use = PointInTimeUse(id: id, filters: attributes.filters)
        for (place, pin) in record.pins.enumerated() {
            if attributes.isLost(place) {
                use.lost.append((index: pin.target.index, shard: pin.target.shard))
                continue
            }
            guard let shard = shard(pin.target.shard) else {
                if record.policy == .drop { continue }
                throw .notFound("an index of point in time \(id) was deleted")
            }
            do { use.snapshots.append((shard, try shard.state.snapshot(at: pin.sequenceNumber))) } catch {
                throw .storage(error)
            }
        }
        return use
    }

    /// Ends a use: the idle time starts anew.
    package func endUse(_ id: PointInTimeID) {
        let now = monotonicNow
        pointsInTime.withLock { $0.end(id.random, now: now) }
    }

    /// Replaces the labels. Durable when `completion` is called.
    package func setLabels(
        _ id: PointInTimeID, to labels: [PointInTimeAttributes.Label],
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        guard let row = pointsInTime.withLock({ $0.find(id.random) }), let record = record(of: id.random)
        else { return completion(.failure(.notFound("no point in time \(id) is open"))) }
        do throws(EngineError) {
            var attributes = record.decodedAttributes
            attributes.labels = labels
            replace(row, try record.with(attributes), completion: completion)
        } catch { completion(.failure(error)) }
    }

    /// Gives back what points in time hold of these indices, which were closed: from now on they say that it is
    /// lost. Those that keep what is deleted keep this too.
    package func losePins(
        ofIndices indices: Set<UUID128>, completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        let affected = allRecords.filter { record in
            record.policy != .keep && record.targets.list.contains { indices.contains($0.index) }
        }
        let waiting = CountDown(affected.count, completion)
        for record in affected {
            let (changed, lost) = record.losingPins(ofIndices: indices)
            guard !lost.isEmpty, let row = pointsInTime.withLock({ $0.lose(record.id, contexts: lost.count) })
            else {
                waiting.arrive(.success(()))
                continue
            }
            contextsClosed(lost.map(\.target.index), openedAt: record.createdAt)
            replace(row, changed) { outcome in
                if case .success = outcome { self.unpin(lost) }
                waiting.arrive(outcome)
            }
        }
    }

    /// Sets the keep-alive, also to a shorter one, and restarts the idle time.
    package func setKeepAlive(
        _ id: PointInTimeID, to keepAlive: Int64,
        completion: @escaping @Sendable (Result<Void, EngineError>) -> Void
    ) {
        if keepAlive != PITRecord.forever {
            do throws(EngineError) { try checkLength(keepAlive) } catch { return completion(.failure(error)) }
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
            pins: record.pins.map { ($0.target.index, $0.target.shard, $0.sequenceNumber, $0.checkpoints) },
            attributes: record.decodedAttributes, policy: record.policy,
            expiresIn: max(0, (row.deadline - now) / 1_000_000), isDurable: row.isDurable)
    }

    /// What every open point in time pins, those among them that are not durable.
    var allRecords: [PITRecord] { registry.records + pointsInTime.withLock { $0.volatileRecords } }

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

    /// How many are open, and were created and expired since this process opened the store.
    package var pointInTimeCounts: (open: Int, created: Int, expired: Int) {
        pointsInTime.withLock { ($0.count, $0.createdCount, $0.expiredCount) }
    }

    /// Drops what has expired and logs uses that the registry is behind on. Run by the timer.
    func sweepPointsInTime() {
        let now = monotonicNow
        let expired = pointsInTime.withLock { table in
            let removed = table.expired(now: now, limit: 1_000).compactMap { table.remove($0) }
            table.expiredCount += removed.count
            return removed
        }
        for removed in expired { forget(removed.row, removed.volatile) { _ in } }
        let wall = environment.clock.wallMilliseconds
        let touches = pointsInTime.withLock { $0.takeTouches(now: now, limit: 1_000) }
        for touch in touches {
            log(.touch(id: touch.id, keepAlive: touch.keepAlive, lastAccess: wall - touch.idle)) { _ in }
        }
    }
}

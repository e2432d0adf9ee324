import VarveBytes

/// Looking for partitions, and opening them.
extension IndexIngestion {
    func tick() async {
        var (lagAt, partitionsAt) = (clock.nanoseconds, clock.nanoseconds)
        while !Task.isCancelled {
            let (settings, hasFailed) = state.withLock {
                ($0.settings, $0.failure != nil || $0.closing.count > $0.ended.count)
            }
            let lag = lagAt + max(1_000_000, settings.lagInterval.wholeNanoseconds)
            // A stream that was not there, or a partition that comes to its end, is looked at more often.
            let interval = settings.partitionInterval.wholeNanoseconds
            let partitions =
                partitionsAt
                + max(1_000_000, hasFailed ? min(interval, settings.lagInterval.wholeNanoseconds) : interval)
            await clock.sleep(until: min(lag, partitions))
            if Task.isCancelled { return }
            let now = clock.nanoseconds
            if now >= partitions {
                await look()
                partitionsAt = now
            }
            if now >= lag {
                await each { await $0.look() }
                lagAt = now
            }
        }
    }

    /// Opens partitions that are not read yet.
    package func look() async {
        let (stream, generation, settings, isClosed) = state.withLock {
            ($0.stream, $0.streamGeneration, $0.settings, $0.isClosed)
        }
        if isClosed { return }
        do {
            let found = try await stream.partitions()
            try PartitionPlan.check(
                found, shards: index.shardCount, by: settings.assignment, isRunning: hasPollers)
            let plan = PartitionPlan(found, shards: index.shardCount, by: settings.assignment)
            state.withLock { state in
                state.failure = nil
                state.unread = plan.unread
            }
            await noteEnds(found, plan)
            let source = PollerPlace.source(named: settings.name, ofIndex: index.uuid)
            let isFirst = found.allSatisfy { partition in
                (0..<index.shardCount).allSatisfy { !hasCheckpoint(source, partition.number, $0) }
            }
            let first = try await first(of: found, isFirst: isFirst)
            for partition in found {
                guard let shard = plan.partitions[partition.number],
                    mayOpen(
                        partition, of: found, isFirst: isFirst,
                        isKnown: hasCheckpoint(source, partition.number, shard))
                else { continue }
                try await open(
                    PollerPlace(shard: shard, partition: partition.number, source: source),
                    startsAsSet: first.contains(partition.number), from: stream, generation)
            }
        } catch { note(error) }
    }

    /// The partitions that begin where the settings say. Durable before any of them is read: a crash in between must not
    /// make the others new.
    private func first(of found: [StreamPartition], isFirst: Bool) async throws -> Set<UInt32> {
        if let known = state.withLock({ $0.record.first }) { return known }
        let first = isFirst ? Set(found.map(\.number)) : []
        state.withLock { $0.record.first = first }
        do { try await keep().value } catch {
            state.withLock { $0.record.first = nil }
            throw error
        }
        return first
    }

    private func hasCheckpoint(_ source: UUID128, _ partition: UInt32, _ shard: Int) -> Bool {
        index.sink(ofShard: shard).checkpoint(source: source, partition: partition) != nil
    }

    /// Children wait for their parents, unless they have begun before, or nothing of the parents is wanted.
    private func mayOpen(
        _ partition: StreamPartition, of found: [StreamPartition], isFirst: Bool, isKnown: Bool
    ) -> Bool {
        let (ended, start) = state.withLock { ($0.ended, $0.settings.start) }
        if isKnown || isFirst && start == .latest { return true }
        return found.allSatisfy { !partition.parents.contains($0.number) || ended.contains($0.number) }
    }

    private var hasPollers: Bool { state.withLock { !$0.pollers.isEmpty } }

    private func note(_ error: any Error) {
        let now = clock.wallMilliseconds
        state.withLock { state in
            state.failure = IngestionFailure(
                reason: "\(error)", since: state.failure?.since ?? now,
                attempts: (state.failure?.attempts ?? 0) + 1,
                isPermanent: !((error as? StreamSourceError)?.isTransient ?? false))
        }
    }

    /// A closed partition has ended once it answered with nothing after it was closed, and all of it is durable.
    private func noteEnds(_ found: [StreamPartition], _ plan: PartitionPlan) async {
        for partition in found where partition.isClosed {
            guard let shard = plan.partitions[partition.number],
                let poller = poller(PollerKey(shard: shard, partition: partition.number))
            else { continue }
            let shown = poller.current
            let hasEnded = state.withLock { state in
                if state.ended.contains(partition.number) { return false }
                guard let before = state.closing[partition.number] else {
                    state.closing[partition.number] = shown.emptyPolls
                    return false
                }
                guard shown.emptyPolls > before, shown.committed == shown.applied, shown.phase == .polling
                else { return false }
                state.ended.insert(partition.number)
                return true
            }
            if hasEnded { await poller.close() }
        }
    }

    private func open(
        _ place: PollerPlace, startsAsSet: Bool, from stream: any PartitionedStream, _ generation: Int
    ) async throws {
        let key = PollerKey(shard: place.shard, partition: place.partition)
        let (settings, isKnown) = state.withLock { ($0.settings, $0.pollers[key] != nil || $0.isClosed) }
        if isKnown { return }
        var start = settings.start
        if !startsAsSet {
            if case .timestamp = start {} else { start = .earliest }
        }
        var place = place
        let named = settings.assignment == .modulo ? key.partition : nil
        place.text = { stream.text($0, partition: named) }
        let poller = Poller(
            source: try await stream.source(of: key.partition), sink: index.sink(ofShard: key.shard),
            place: place, startingAt: start, continuing: settings.continues[key.partition],
            settings: settings, clock: clock, random: random
        ) { [weak self] shown in self?.observe(key, shown) }
        let isAdded = state.withLock { state in
            if state.isClosed || state.pollers[key] != nil || state.streamGeneration != generation {
                return false
            }
            state.pollers[key] = poller
            return true
        }
        if isAdded { await run(poller, key) }
    }

    /// Whoever pauses or blocks says so first and then tells the pollers, among which this one is by now: what it is not
    /// told it finds here.
    private func run(_ poller: Poller, _ key: PollerKey) async {
        let (record, isBlocked) = state.withLock { ($0.record, $0.isWriteBlocked) }
        if isBlocked { await poller.setWriteBlocked(true) }
        if record.isPaused || record.stopped[key] != nil {
            poller.runPaused(record.stopped[key])
            let mayRun = state.withLock { !$0.record.isPaused && $0.record.stopped[key] == nil }
            if mayRun { poller.resume() }
        } else {
            poller.run()
        }
        if isBlocked, !state.withLock({ $0.isWriteBlocked }) { await poller.setWriteBlocked(false) }
    }
}

import VarveBytes

/// The ingestion of one index: a poller for each partition of the stream, in the shard that it belongs to.
///
/// It opens new partitions as they appear, reads the children of a closed one after it, keeps what must outlive a
/// restart, and refreshes the lag of pollers that stand still.
package final class IndexIngestion: Sendable {
    let index: any IngestionIndex
    let clock: any PollerClock
    let random: @Sendable () -> UInt64
    let state: Locked<State>

    struct State {
        var settings: IngestionSettings
        var stream: any PartitionedStream
        var pollers: [PollerKey: Poller] = [:]
        var record = IngestionRecord()
        var isWriteBlocked = false
        /// Why partitions cannot be looked for.
        var failure: IngestionFailure?
        /// Partitions that no shard reads.
        var unread: [UInt32] = []
        /// Closed partitions: how often they had answered with nothing when that was first seen.
        var closing: [UInt32: Int] = [:]
        /// Closed partitions that were read to their end.
        var ended: Set<UInt32> = []
        var ticker: Task<Void, Never>?
        /// The last write of the record, which the next one waits for.
        var keeping: Task<Void, any Error>?
        var isClosed = false
    }

    package init(
        index: any IngestionIndex, stream: any PartitionedStream, settings: IngestionSettings,
        clock: any PollerClock, random: @escaping @Sendable () -> UInt64
    ) {
        self.index = index
        self.clock = clock
        self.random = random
        var initial = State(settings: settings, stream: stream)
        initial.record = index.record
        state = Locked(initial)
    }

    package var settings: IngestionSettings { state.withLock { $0.settings } }
    package var isPaused: Bool { state.withLock { $0.record.isPaused } }
    /// Why the stream's partitions are not known.
    package var failure: IngestionFailure? { state.withLock { $0.failure } }
    /// Partitions that have appeared and that no shard reads.
    package var unread: [UInt32] { state.withLock { $0.unread } }

    /// The states of all partitions, by shard and number.
    package var states: [IngestionState] { pollers.map(\.current) }

    /// The pollers of all partitions, by shard and number.
    package var allPollers: [Poller] { pollers }
    package var firstPoller: Poller? { pollers.first }

    var pollers: [Poller] {
        state.withLock { $0.pollers.sorted { $0.key < $1.key }.map(\.value) }
    }

    package func poller(_ key: PollerKey) -> Poller? { state.withLock { $0.pollers[key] } }

    // MARK: Beginning and ending

    /// Asks whether the stream is there and can be divided among the shards.
    package func check() async throws {
        let (stream, settings) = state.withLock { ($0.stream, $0.settings) }
        try settings.check()
        try await stream.check()
        try PartitionPlan.check(
            try await stream.partitions(), shards: index.shardCount, by: settings.assignment)
    }

    /// Opens the partitions that there are, and looks for others from time to time. A stream that cannot be reached
    /// is asked again.
    package func start() async {
        let letters = settings.deadLetters
        index.limitLetters(bytes: letters.bytes, ageMilliseconds: letters.age?.wholeMilliseconds)
        await look()
        let ticker = Task { await tick() }
        state.withLock { $0.ticker = ticker }
    }

    /// Ends ingestion. Returns when what was applied is durable; the stream is closed.
    package func close() async {
        let (ticker, stream) = state.withLock { state in
            state.isClosed = true
            return (state.ticker, state.stream)
        }
        ticker?.cancel()
        await ticker?.value
        await each { await $0.close() }
        _ = await state.withLock { $0.keeping }?.result
        await stream.close()
    }

    /// Does the same with all pollers at once.
    func each(_ body: @escaping @Sendable (Poller) async -> Void) async {
        let pollers = self.pollers
        await withTaskGroup(of: Void.self) { group in
            for poller in pollers { group.addTask { await body(poller) } }
        }
    }

    // MARK: Partitions

    private func tick() async {
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
        let (stream, settings) = state.withLock { ($0.stream, $0.settings) }
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
            // A partition that was not there when the stream was first read has nothing that may be left out.
            let isFirst = found.allSatisfy { partition in
                (0..<index.shardCount).allSatisfy { !hasCheckpoint(source, partition.number, $0) }
            }
            for partition in found {
                guard let shard = plan.partitions[partition.number],
                    mayOpen(
                        partition, of: found, isFirst: isFirst,
                        isKnown: hasCheckpoint(source, partition.number, shard))
                else { continue }
                let key = PollerKey(shard: shard, partition: partition.number)
                try await open(key, source, isFirst: isFirst, from: stream)
            }
        } catch { note(error) }
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
        _ key: PollerKey, _ source: UUID128, isFirst: Bool, from stream: any PartitionedStream
    ) async throws {
        let (settings, isKnown) = state.withLock { ($0.settings, $0.pollers[key] != nil || $0.isClosed) }
        if isKnown { return }
        var start = settings.start
        if !isFirst {
            if case .timestamp = start {} else { start = .earliest }
        }
        let hasSeveral = settings.assignment == .modulo
        let place = PollerPlace(shard: key.shard, partition: key.partition, source: source) { pointer in
            stream.text(pointer, partition: hasSeveral ? key.partition : nil)
        }
        let poller = Poller(
            source: try await stream.source(of: key.partition), sink: index.sink(ofShard: key.shard),
            place: place,
            startingAt: start, settings: settings, clock: clock, random: random
        ) { [weak self] shown in self?.observe(key, shown) }
        let (isAdded, record, isBlocked) = state.withLock { state in
            if state.isClosed || state.pollers[key] != nil { return (false, state.record, false) }
            state.pollers[key] = poller
            return (true, state.record, state.isWriteBlocked)
        }
        guard isAdded else { return }
        if isBlocked { poller.setWriteBlocked(true) }
        if record.isPaused || record.stopped[key] != nil {
            poller.runPaused(record.stopped[key])
        } else {
            poller.run()
        }
    }

    // MARK: What outlives a restart

    /// Keeps that a poller has paused by itself, and why. Called under the poller's lock.
    private func observe(_ key: PollerKey, _ shown: IngestionState) {
        guard shown.phase == .paused, let failure = shown.failure, failure.isPermanent else { return }
        let isNew = state.withLock { state in
            if state.record.stopped[key] == failure { return false }
            state.record.stopped[key] = failure
            return true
        }
        if isNew { keep() }
    }

    private var record: IngestionRecord { state.withLock { $0.record } }

    /// Writes the record as it is when its turn comes.
    @discardableResult
    func keep() -> Task<Void, any Error> {
        state.withLock { state in
            let before = state.keeping
            let task = Task { [self] in
                _ = await before?.result
                try await index.keep(record)
            }
            state.keeping = task
            return task
        }
    }
}

import VarveBytes

/// What one does to a running ingestion.
extension IndexIngestion {
    // MARK: Pausing

    /// Pauses all partitions. The flag is durable when this returns, and outlives a restart.
    ///
    /// - Parameter isQuiet: Whether to wait until nothing is on its way and everything applied is durable.
    package func pause(untilQuiet isQuiet: Bool) async throws {
        state.withLock { $0.record.isPaused = true }
        try await keep().value
        for poller in pollers { poller.requestPause() }
        if isQuiet { await each { await $0.pause() } }
    }

    /// Goes on, also where a partition has paused by itself. The flag is durable when this returns.
    package func resume() async throws {
        state.withLock { state in
            state.record.isPaused = false
            state.record.stopped = [:]
        }
        for poller in pollers { poller.resume() }
        // One whose failure was shown once more meanwhile has been noted again.
        state.withLock { $0.record.stopped = [:] }
        try await keep().value
    }

    /// Stops and starts reading without a pause, for an index that takes no writes for now. Returns when nothing is
    /// applied any more.
    package func setWriteBlocked(_ isBlocked: Bool) async {
        state.withLock { $0.isWriteBlocked = isBlocked }
        await each { await $0.setWriteBlocked(isBlocked) }
    }

    /// Passes over the message that a partition stands at.
    ///
    /// - Returns: The message; nil if it stands at none.
    /// - Throws: `IngestionSettingsError` while ingestion is paused, which only `resume` ends.
    package func skip(_ key: PollerKey) async throws -> MessageFailure? {
        if isPaused {
            throw IngestionSettingsError("ingestion is paused: a message can be skipped once it is resumed")
        }
        guard let poller = poller(key) else { return nil }
        let skipped = await poller.skip()
        if skipped != nil {
            state.withLock { $0.record.stopped[key] = nil }
            try await keep().value
        }
        return skipped
    }

    // MARK: Changing

    /// Takes new settings. What is not marked as live in `IngestionSettings` stays as it was.
    ///
    /// - Parameter stream: In place of the old one, which is closed; every partition goes on where it stands.
    package func change(
        to settings: IngestionSettings, stream: (any PartitionedStream)? = nil
    ) async throws {
        try settings.check()
        var sources: [PollerKey: any StreamSource] = [:]
        if let stream {
            for key in state.withLock({ $0.pollers.keys }) {
                sources[key] = try await stream.source(of: key.partition)
            }
        }
        let (old, pollers) = state.withLock { state in
            defer {
                state.settings = settings
                if let stream {
                    state.stream = stream
                    state.streamGeneration += 1
                }
            }
            return (state.stream, state.pollers)
        }
        let letters = settings.deadLetters
        index.limitLetters(bytes: letters.bytes, ageMilliseconds: letters.age?.wholeMilliseconds)
        for (key, poller) in pollers {
            poller.change(to: settings)
            if let source = sources[key] { poller.replaceSource(with: source) }
        }
        if stream != nil {
            await old.close()
            await look()
        }
    }

    // MARK: Resets

    /// Moves pointers of paused partitions: all that are asked for, or none.
    ///
    /// Everything so far is flushed first. Durable when it returns; a crash before that leaves every pointer old, or
    /// every pointer new.
    /// - Parameters:
    ///   - allowsSkip: Whether a pointer may move past messages that were never read.
    ///   - isDryRun: Only says what would happen.
    /// - Throws: `IngestionNotPaused`, `IngestionSettingsError`, or what the source says of a position that it does
    ///   not have; nothing is changed then.
    package func reset(
        _ requests: [IngestionReset], allowsSkip: Bool, isDryRun: Bool = false
    ) async throws -> [IngestionResetAnswer] {
        var moves: [(key: PollerKey, poller: Poller, reset: PollerReset)] = []
        for request in requests {
            for (key, poller) in try self.pollers(for: request) {
                let move = try await poller.resolve(request.position)
                if let old = move.old, move.maySkip, !allowsSkip {
                    throw IngestionSettingsError(
                        "shard [\(key.shard)], partition [\(key.partition)]: moving from \(old) to \(move.new) would "
                            + "skip messages that were never read; allow_skip allows it")
                }
                if moves.contains(where: { $0.key == key }) {
                    throw IngestionSettingsError(
                        "shard [\(key.shard)], partition [\(key.partition)] would be reset twice")
                }
                moves.append((key, poller, move))
            }
        }
        let answers = moves.map { key, _, move in
            IngestionResetAnswer(shard: key.shard, partition: key.partition, old: move.old, new: move.new)
        }
        if isDryRun || moves.isEmpty { return answers }
        // Whoever resumes meanwhile does not read on before the pointers are moved.
        for move in moves { move.poller.tell(.hold(StreamPointer(0))) }
        defer { for move in moves { move.poller.release(StreamPointer(0)) } }
        guard moves.allSatisfy({ $0.poller.current.phase == .paused }) else { throw IngestionNotPaused() }
        try await index.reset(moves.map { ($0.key.shard, $0.reset.checkpoint) })
        for move in moves {
            move.poller.finish(move.reset)
            state.withLock { $0.record.stopped[move.key] = nil }
        }
        try await keep().value
        return answers
    }

    private func pollers(for request: IngestionReset) throws -> [(PollerKey, Poller)] {
        guard (0..<index.shardCount).contains(request.shard) else {
            throw IngestionSettingsError(
                "shard [\(request.shard)] does not exist: the index has [\(index.shardCount)] shards")
        }
        let found = state.withLock { $0.pollers }.filter { key, _ in
            key.shard == request.shard && (request.partition == nil || request.partition == key.partition)
        }
        guard !found.isEmpty else {
            if let partition = request.partition {
                throw IngestionSettingsError(
                    "shard [\(request.shard)] does not read a partition [\(partition)]")
            }
            throw IngestionSettingsError("Consumer is not yet initialized")
        }
        if found.count > 1, case .pointer = request.position {
            throw IngestionSettingsError(
                "shard [\(request.shard)] reads [\(found.count)] partitions: a pointer has to say which, as in 3:42"
            )
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// A request to move the pointers of a shard.
public struct IngestionReset: Hashable, Sendable {
    public var shard: Int
    /// Nil for every partition that the shard reads.
    public var partition: UInt32?
    public var position: StartPosition

    public init(shard: Int, partition: UInt32? = nil, to position: StartPosition) {
        self.shard = shard
        self.partition = partition
        self.position = position
    }
}

/// Where a partition stood, and where it goes on.
public struct IngestionResetAnswer: Hashable, Sendable {
    public let shard: Int
    public let partition: UInt32
    /// Nil if nothing was ever read.
    public let old: StreamPointer?
    public let new: StreamPointer
}

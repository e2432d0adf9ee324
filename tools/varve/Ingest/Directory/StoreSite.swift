import Varve
import VarveBytes
import VarveIngest

#if Server
import VarveServer
#endif

/// An index in a store's directory that this process has open and nobody else. Nothing is pulled unless `start` or
/// `skip` says so.
final class StoreSite: IngestionSite {
    let index: Index
    /// A file that the index is pulled from without having settings that name it.
    let source: SourceName?
    /// What this process runs, or ran.
    private let running = Locked<(ingestion: Ingestion, isClosed: Bool)?>(nil)

    init(_ index: Index, source: SourceName?) {
        self.index = index
        self.source = source
    }

    /// What indices may be pulled from: who has the directory may read any file that the user may.
    static var sources: SourceRegistry {
        #if Server
        return ServeConfiguration.sources(files: ["/"], secrets: ["/"])
        #else
        var sources = SourceRegistry()
        sources.registerFiles(within: ["/"])
        sources.readSecrets(from: ["/"])
        return sources
        #endif
    }

    // MARK: Running

    func start(_ settings: StartSettings) async throws {
        guard let source else {
            if index.storedIngestion != nil, index.ingestionRecord.isPaused {
                throw CommandFailure.isPaused(index.name)
            }
            _ = try await run()
            return
        }
        guard index.storedIngestion == nil else {
            throw CommandFailure.badInput(
                "index [\(index.name)] has an ingestion source of its own: leave --source out")
        }
        let file = source.source
        do { _ = try await file.resolve(.earliest) } catch { throw CommandFailure.badInput("\(error)") }
        let ingestion = try await index.ingest(
            from: file, startingAt: (settings.from ?? .earliest).plain(),
            onError: (settings.onError ?? .block).strategy)
        running.withLock { $0 = (ingestion, false) }
    }

    /// Runs what the index's settings name; paused, if it was paused.
    func run() async throws -> Ingestion {
        guard let ingestion = try await index.startStoredIngestion() else {
            throw CommandFailure.isNotPulled(index.name)
        }
        running.withLock { $0 = (ingestion, false) }
        return ingestion
    }

    func close() async {
        guard let (ingestion, isClosed) = running.withLock({ $0 }), !isClosed else { return }
        await ingestion.close()
        running.withLock { $0?.isClosed = true }
    }

    // MARK: What is known

    func report() async throws -> IngestionReport {
        var report = IngestionReport(index: index.name)
        report.letterCount = try index.droppedMessages(limit: 0).total
        guard let (ingestion, isClosed) = running.withLock({ $0 }) else {
            return try await standing(report)
        }
        report.isPaused = ingestion.isPaused
        report.failure = ingestion.failure?.reason
        report.partitions = ingestion.partitions.map { state in
            var partition = PartitionReport(state) { ingestion.text($0, partition: state.partition) }
            if isClosed { partition.phase = PartitionReport.idle }
            return partition
        }
        return report
    }

    /// While nobody pulls: what is durable, and how far the stream goes.
    private func standing(_ empty: IngestionReport) async throws -> IngestionReport {
        var report = empty
        let settings = index.storedIngestion
        let record = index.ingestionRecord
        let stream = StandingStream(try stream(settings), hasSeveral: settings?.assignment == .modulo)
        report.isPaused = record.isPaused
        for (shard, positions) in index.positions.enumerated() {
            for position in positions {
                let stopped = record.stopped[PollerKey(shard: shard, partition: position.partition)]
                var partition = PartitionReport(
                    shard: shard, partition: position.partition,
                    phase: record.isPaused || stopped != nil ? "paused" : PartitionReport.idle)
                partition.epoch = Int(clamping: position.epoch)
                partition.failure = stopped.map { PartitionReport.Failure($0) }
                do { try await stream.describe(position, in: &partition) } catch {
                    report.failure = "\(error)"
                }
                report.partitions.append(partition)
            }
        }
        await stream.stream?.close()
        if report.partitions.isEmpty, settings == nil {
            throw CommandFailure.no("nothing was ever ingested into index [\(index.name)]")
        }
        return report
    }

    private func stream(_ settings: IngestionSettings?) throws -> (any PartitionedStream)? {
        if let definition = settings?.source {
            return try? index.store.sources.stream(definition, shards: index.shardCount)
        }
        return source.map { FixedStream([$0.source]) }
    }

    // MARK: Changing what the next start finds

    func pause() async throws {
        var record = try record()
        record.isPaused = true
        try await index.keep(record)
    }

    func resume() async throws {
        var record = try record()
        record.isPaused = false
        record.stopped = [:]
        try await index.keep(record)
    }

    private func record() throws -> IngestionRecord {
        guard index.storedIngestion != nil else { throw CommandFailure.isNotPulled(index.name) }
        return index.ingestionRecord
    }

    /// Reads on to the message that the partition stands at, if it stands at one.
    func skip(shard: Int, partition: UInt32) async throws -> String {
        let ingestion = try await run()
        while true {
            if let failure = ingestion.failure { throw CommandFailure.no(failure.reason) }
            guard
                let state = ingestion.partitions.first(where: {
                    ($0.shard, $0.partition) == (shard, partition)
                })
            else {
                throw CommandFailure.badInput("no stream is read into shard \(shard), partition \(partition)")
            }
            if let message = state.failure?.message, state.phase != .pausing {
                _ = try await ingestion.skip(shard: shard, partition: partition)
                return message.description
            }
            if state.phase == .paused || PartitionReport(state, text: { "\($0)" }).isCaughtUp {
                throw CommandFailure.badInput(
                    "shard [\(shard)], partition [\(partition)] stands at no message")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// The stream of an index that nobody pulls, asked for its words and its end.
private struct StandingStream {
    let stream: (any PartitionedStream)?
    /// A shard has several partitions of it.
    let hasSeveral: Bool

    init(_ stream: (any PartitionedStream)?, hasSeveral: Bool) {
        self.stream = stream
        self.hasSeveral = hasSeveral
    }

    func describe(_ position: StreamPosition, in report: inout PartitionReport) async throws {
        report.durable = "\(position.pointer)"
        guard let stream else { return }
        let source = try await stream.source(of: position.partition)
        report.durable = stream.text(position.pointer, partition: hasSeveral ? position.partition : nil)
        if let end = try await source.end() { report.lag.durable = Self.distance(position.pointer, end) }
        report.incompleteBytes = Int(clamping: try await source.incompleteBytes())
    }

    private static func distance(_ pointer: StreamPointer, _ end: StreamPointer) -> Int? {
        guard end > pointer else { return 0 }
        guard (end.high, end.middle) == (pointer.high, pointer.middle) else { return nil }
        return Int(clamping: end.low - pointer.low)
    }
}

extension PartitionReport {
    init(_ state: IngestionState, text: (StreamPointer) -> String) {
        self.init(shard: state.shard, partition: state.partition, phase: state.phase.rawValue)
        epoch = Int(clamping: state.epoch)
        durable = state.committed.map(text)
        applied = state.applied.map(text)
        fetched = state.fetched.map(text)
        lag = Lag(
            fetched: state.lag.fetched.map { Int(clamping: $0) },
            applied: state.lag.applied.map { Int(clamping: $0) },
            durable: state.lag.durable.map { Int(clamping: $0) })
        ageMilliseconds = state.lag.ageMilliseconds.map { Int($0) }
        failure = state.failure.map { Failure($0) }
        queuedBytes = state.queuedBytes
        incompleteBytes = Int(clamping: state.incompleteBytes)
        sourceErrors = state.counters.sourceErrors
        let counters = state.counters
        messages = Messages(counts: [
            counters.read, counters.applied, counters.versionConflicts, counters.ignored, counters.dropped,
            counters.skipped, counters.bytes, counters.gaps,
        ])
    }
}

extension PartitionReport.Failure {
    init(_ failure: IngestionFailure) {
        self.init(reason: failure.reason, since: Int(failure.since), attempts: failure.attempts)
    }
}

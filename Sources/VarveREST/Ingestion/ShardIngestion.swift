import Varve
import VarveDocument
import VarveIngest

/// The ingestion of one shard: of the partition that it reads, or of several as one.
struct ShardIngestion {
    let index: Index
    let shard: Int
    /// Nil if ingestion of the index does not run.
    let ingestion: Ingestion?
    let partitions: [IngestionState]

    init(_ index: Index, _ shard: Int) {
        self.index = index
        self.shard = shard
        ingestion = index.ingestion
        partitions = ingestion?.partitions.filter { $0.shard == shard } ?? []
    }

    static func all(of index: Index) -> [ShardIngestion] {
        (0..<index.shardCount).map { ShardIngestion(index, $0) }
    }

    // MARK: In OpenSearch's words

    var pollerState: String {
        let states = Set(partitions.map(\.pollerState))
        if partitions.isEmpty { return isPaused || isWriteBlocked ? "PAUSED" : "NONE" }
        if states.count == 1 { return partitions[0].pollerState }
        return ["PROCESSING", "POLLING", "NONE"].first { states.contains($0) } ?? "PAUSED"
    }

    var errorPolicy: String { (ingestion?.settings.onError ?? .drop).rawValue.uppercased() }
    var isPaused: Bool { ingestion?.isPaused == true || partitions.contains(where: \.isPaused) }
    var isWriteBlocked: Bool { index.isWriteBlocked }

    /// Where a restart would go on, in the partition with the least number; empty if nobody knows.
    var pointer: String {
        if let first = partitions.first, let pointer = first.committed {
            return display(pointer, first.partition)
        }
        let known = index.positions[shard].min { $0.partition < $1.partition }
        return known.map { display($0.pointer, $0.partition) } ?? ""
    }

    func display(_ pointer: StreamPointer, _ partition: UInt32) -> String {
        ingestion?.display(pointer, partition: partition) ?? "\(pointer)"
    }

    /// As `value` of a reset takes it.
    func value(_ pointer: StreamPointer, _ partition: UInt32) -> String {
        ingestion?.text(pointer, partition: partition) ?? "\(pointer)"
    }

    // MARK: Sums

    func sum(_ part: (IngestionCounters) -> Int) -> Int { partitions.reduce(0) { $0 + part($1.counters) } }

    func lagMilliseconds(at now: Int64) -> Int64 { partitions.map { $0.lagMilliseconds(at: now) }.max() ?? 0 }

    /// -1 while it is not known.
    var pointerLag: Int64 {
        var sum: UInt64 = 0
        for partition in partitions {
            guard let lag = partition.lag.fetched else { return -1 }
            sum = sum.addingReportingOverflow(lag).overflow ? .max : sum + lag
        }
        return partitions.isEmpty || ingestion?.settings.lagInterval == IngestionDefinition.never
            ? -1 : Int64(clamping: sum)
    }
}

/// `polling_ingest_stats` of a shard, in the order in which OpenSearch prints it.
extension ShardIngestion {
    func writeStatistics(at now: Int64, to json: inout JSONWriter) {
        json.key("polling_ingest_stats")
        json.beginObject()
        section(
            "message_processor_stats",
            [
                ("total_processed_count", sum(\.processed)), ("total_invalid_message_count", sum(\.invalid)),
                ("total_version_conflicts_count", sum(\.versionConflicts)),
                ("total_failed_count", sum(\.failed)),
                ("total_failures_dropped_count", sum(\.failuresDropped)),
                ("total_processor_thread_interrupt_count", 0),
            ], &json)
        section(
            "consumer_stats",
            [
                ("total_polled_count", sum(\.polled)), ("total_consumer_error_count", sourceErrors),
                ("total_poller_message_failure_count", sum(\.pollerFailures)),
                ("total_poller_message_dropped_count", sum(\.pollerDropped)),
                ("total_duplicate_message_skipped_count", 0),
                ("lag_in_millis", Int(lagMilliseconds(at: now))), ("pointer_based_lag", Int(pointerLag)),
            ], &json)
        section(
            "pipeline_stats",
            [
                "total_execution_count", "total_execution_time_in_millis", "total_failed_count",
                "total_dropped_count", "total_timeout_count",
            ].map { ($0, 0) }, &json)
        json.endObject()
    }

    /// With those of looking for partitions, which no shard has.
    private var sourceErrors: Int { sum(\.sourceErrors) + (ingestion?.failure?.attempts ?? 0) }

    private func section(_ name: String, _ values: [(String, Int)], _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        for (key, value) in values { json.add(key, value) }
        json.endObject()
    }
}

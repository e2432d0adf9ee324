/// What is known of an index's ingestion at one moment.
struct IngestionReport: Sendable {
    let index: String
    /// It was paused, and did not pause by itself.
    var isPaused = false
    /// Why the stream's partitions are not known.
    var failure: String?
    var partitions: [PartitionReport] = []
    /// Dropped messages that are kept.
    var letterCount = 0

    /// Nothing is left to read, as far as anybody knows, and everything is durable.
    var isCaughtUp: Bool { failure == nil && !partitions.isEmpty && partitions.allSatisfy(\.isCaughtUp) }

    /// The partitions that do not go on.
    var stopped: [PartitionReport] { partitions.filter(\.isStopped) }
}

/// What is known of one partition.
struct PartitionReport: Sendable {
    struct Lag: Sendable {
        var fetched: Int?
        var applied: Int?
        var durable: Int?
    }

    struct Failure: Sendable {
        var reason: String
        /// Milliseconds since 1970.
        var since: Int
        var attempts: Int
    }

    /// Messages by what became of them, since the process began.
    struct Messages: Sendable {
        static let names = [
            "read", "applied", "version_conflicts", "ignored", "dropped", "skipped", "bytes", "gaps",
        ]
        /// In the order of the names.
        var counts: [Int]

        subscript(name: String) -> Int { Self.names.firstIndex(of: name).map { counts[$0] } ?? 0 }
    }

    var shard: Int
    var partition: UInt32
    /// Those of `IngestionState.Phase`, and `idle` in a directory where nobody pulls.
    var phase: String
    var epoch = 0
    /// The places behind what is durable, applied and fetched; nil if there is none.
    var durable: String?
    var applied: String?
    var fetched: String?
    var lag = Lag()
    /// Of the oldest message that is not applied.
    var ageMilliseconds: Int?
    var failure: Failure?
    var queuedBytes = 0
    /// Of a message that is not whole yet.
    var incompleteBytes = 0
    var sourceErrors = 0
    /// Nil where nobody pulls.
    var messages: Messages?

    static let idle = "idle"

    var isStopped: Bool { ["paused", "blocked", "closed"].contains(phase) }

    /// A source that does not tell its end has given all when it had nothing to give.
    var isCaughtUp: Bool {
        lag.durable.map { $0 == 0 } ?? (phase == "polling" && ageMilliseconds == 0 && durable == applied)
    }

    var name: String { "shard \(shard), partition \(partition)" }
}

// MARK: As JSON

extension PartitionReport {
    func json(of index: String) -> String {
        var line = JSONLine()
        line.add("index", index)
        line.add("shard", shard)
        line.add("partition", Int(partition))
        line.add("phase", phase)
        line.add("epoch", epoch)
        line.add("durable", durable)
        line.add("applied", applied)
        line.add("fetched", fetched)
        line.addRaw("lag", lagJSON)
        line.addRaw("oldest_age_ms", Self.number(ageMilliseconds))
        line.addRaw("failure", failure?.json ?? "null")
        line.add("queued_bytes", queuedBytes)
        line.add("incomplete_bytes", incompleteBytes)
        line.add("source_errors", sourceErrors)
        line.addRaw("messages", messages?.json ?? "null")
        return line.text
    }

    private static func number(_ value: Int?) -> String { value.map { String($0) } ?? "null" }

    private var lagJSON: String {
        var line = JSONLine()
        line.addRaw("fetched", Self.number(lag.fetched))
        line.addRaw("applied", Self.number(lag.applied))
        line.addRaw("durable", Self.number(lag.durable))
        return line.text
    }
}

extension PartitionReport.Failure {
    fileprivate var json: String {
        var line = JSONLine()
        line.add("reason", reason)
        line.add("since", since)
        line.add("attempts", attempts)
        return line.text
    }
}

extension PartitionReport.Messages {
    fileprivate var json: String {
        var line = JSONLine()
        for (name, count) in zip(Self.names, counts) { line.add(name, count) }
        return line.text
    }
}

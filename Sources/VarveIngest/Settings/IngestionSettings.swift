public import VarveDocument

/// How an index is ingested. Those marked *live* may be changed while it runs.
public struct IngestionSettings: Hashable, Sendable {
    /// Names the stream in the shards' checkpoints. Another name is another stream, with its own pointers.
    public var name = "default"
    /// Which source, for a store that starts ingestion by itself; nil if the program hands the source in. The
    /// parameters are *live*.
    public var source: SourceDefinition?
    /// Where to start in a partition of which nothing was ever read.
    public var start = StartPosition.earliest
    /// Partitions that go on from exactly these pointers, which another index of the same stream has reached, in place
    /// of `start`.
    public var continues: [UInt32: StreamPointer] = [:]
    public var format = MessageFormat.envelope
    public var generatedIDs = GeneratedIDs.ofPlace
    public var tombstones = TombstoneRule.refuse
    /// *Live*.
    public var onError = ErrorStrategy.block
    public var assignment = PartitionAssignment.simple
    /// Messages asked for at a time. *Live*.
    public var batchMessages = 1_000
    /// Bytes of messages that a partition may have read and not applied yet: the batch in hand, and the one that is
    /// fetched meanwhile. One message may be larger than that. It is applied in batches of 2 MiB or one message, which
    /// take memory of their own. *Live*.
    public var queueBytes = 32 << 20
    /// How long one request may wait for a first message. *Live*.
    public var pollTimeout: Duration = .seconds(1)
    /// Batches that may be applied and not yet durable. A pause waits for them.
    public var batchesInFlight = 16
    /// Longest wait between two attempts after transient failures.
    public var retryDelayMax: Duration = .seconds(30)
    /// *Live*, of each partition.
    public var rate = IngestionRate()
    /// How often the end of the stream is asked for, for lag.
    public var lagInterval: Duration = .seconds(10)
    /// How often new partitions are looked for.
    public var partitionInterval: Duration = .seconds(30)
    public var deadLetters = DeadLetterLimits()
    /// When searches find what was applied. *Live*.
    public var refresh = IngestionRefresh.interval

    public init() {}

    /// Throws if a value cannot be.
    public func check() throws(IngestionSettingsError) {
        guard batchMessages >= 1, batchesInFlight >= 1, queueBytes >= 1 else {
            throw IngestionSettingsError(
                "batches of \(batchMessages) messages, \(batchesInFlight) in flight, a queue of \(queueBytes) bytes: "
                    + "at least 1 each")
        }
        guard deadLetters.bytes >= 0, deadLetters.bytes <= DeadLetterLimits.bytesMax else {
            throw IngestionSettingsError(
                "dead letters of \(deadLetters.bytes) bytes: 0 to \(DeadLetterLimits.bytesMax)")
        }
        for rate in [rate.messagesPerSecond, rate.bytesPerSecond] {
            guard let rate, !(rate > 0 && rate <= 1e12) else { continue }
            throw IngestionSettingsError("a rate of \(rate) a second: it must be above 0 and at most 1e12")
        }
    }
}

/// A source by the name of its kind and its parameters, such as `kafka` with `topic` and `bootstrap_servers`.
public struct SourceDefinition: Hashable, Sendable {
    public var type: String
    public var parameters: [String: String]

    public init(type: String, parameters: [String: String] = [:]) {
        self.type = type
        self.parameters = parameters
    }
}

/// What becomes of a message that cannot be applied.
public enum ErrorStrategy: String, Hashable, Sendable, CaseIterable {
    /// It is left out and kept as a dead letter, in the log record that commits its pointer.
    case drop
    /// Ingestion stops at it; nothing behind it is applied.
    case block
}

/// The ids of documents whose messages name none.
public enum GeneratedIDs: String, Hashable, Sendable, CaseIterable {
    /// Made of the place in the stream: reading a message again replaces its document.
    case ofPlace
    /// New each time.
    case random
}

/// When searches find what was applied.
public enum IngestionRefresh: String, Hashable, Sendable, CaseIterable {
    /// With the refreshes of the index: once a second, unless it says otherwise.
    case interval
    /// As soon as it is applied, durable or not. While batches come fast one refresh covers several; each costs what a
    /// refresh costs.
    case immediate
}

/// What a message without payload means.
public enum TombstoneRule: String, Hashable, Sendable, CaseIterable {
    /// It cannot be applied.
    case refuse
    /// What its key names is deleted.
    case delete
}

/// Which shard reads which partition.
public enum PartitionAssignment: String, Hashable, Sendable, CaseIterable {
    /// Partition N belongs to shard N.
    case simple
    /// Partition p belongs to shard p mod the number of shards.
    case modulo
}

/// How fast a partition may be read; nil for as fast as it goes.
public struct IngestionRate: Hashable, Sendable {
    public var messagesPerSecond: Double?
    public var bytesPerSecond: Double?

    public init(messagesPerSecond: Double? = nil, bytesPerSecond: Double? = nil) {
        self.messagesPerSecond = messagesPerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}

/// How much of what was dropped a shard keeps. The oldest letters go first.
public struct DeadLetterLimits: Hashable, Sendable {
    public static let bytesMax = 256 << 20
    /// Of one shard; 0 keeps none.
    public var bytes = 16 << 20
    /// Nil keeps them until there is no room.
    public var age: Duration?

    public init(bytes: Int = 16 << 20, age: Duration? = nil) {
        self.bytes = bytes
        self.age = age
    }
}

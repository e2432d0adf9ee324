#if Kafka
public import VarveIngest

/// Which topic to read, from where, and how.
///
/// Its description names the properties and shows none of their values, since some are passwords.
public struct KafkaConfiguration: Sendable {
    /// What to do when the offset to go on from has been removed from the log, by retention for example.
    public enum AutoOffsetReset: String, Sendable, CaseIterable {
        /// Stop with an error that names the offsets that are lost.
        case none
        /// Go on at the first record that is left.
        case earliest
        /// Go on behind the last record.
        case latest
    }

    public var topic: String
    /// `host:port`, several with commas between.
    public var bootstrapServers: String
    public var autoOffsetReset = AutoOffsetReset.none
    /// Properties of librdkafka, such as `security.protocol` or `sasl.password`, by their names there.
    ///
    /// Those that this source relies on are its own: `reservedProperties`.
    public var properties: [String: String] = [:]
    /// Memory for records of one partition that have been fetched and not yet been taken, in bytes: a half of it for
    /// librdkafka, a half for what is ready. One fetch may go beyond it.
    public var bufferBytes = 16 << 20
    /// How long to wait for the answer to one question.
    public var requestTimeout: Duration = .seconds(10)
    /// How long a topic that has been there may be missing before that is taken for its end.
    public var missingTopicDeadline: Duration = .seconds(60)
    /// Upper bound of the messages in one answer; nil for what the store asks for.
    public var messagesPerPollMax: Int?
    /// The partitions to read; none for all of them. Those that others read are no part of the stream then.
    public var partitions: [ClosedRange<UInt32>] = []

    public init(topic: String, bootstrapServers: String, properties: [String: String] = [:]) {
        self.topic = topic
        self.bootstrapServers = bootstrapServers
        self.properties = properties
    }

    /// Properties that are set by this source alone.
    public static let reservedProperties: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "enable.auto.commit", "enable.auto.offset.store",
        "auto.offset.reset", "enable.partition.eof", "queued.max.messages.kbytes", "queued.min.messages",
        "log.queue", "allow.auto.create.topics", "statistics.interval.ms",
    ]

    /// Reads the parameters of an `ingestion_source` of type `kafka`, as OpenSearch names them.
    ///
    /// - Throws: For a parameter that is missing or not taken, by its name.
    public init(parameters: [String: String]) throws(StreamSourceError) {
        var left = parameters
        func take(_ name: String) throws(StreamSourceError) -> String {
            guard let value = left.removeValue(forKey: name), !value.isEmpty else {
                throw StreamSourceError(
                    "ingestion source type [kafka] requires the parameter [param.\(name)]")
            }
            return value
        }
        self.init(topic: try take("topic"), bootstrapServers: try take("bootstrap_servers"))
        if let text = left.removeValue(forKey: "auto.offset.reset") {
            guard let policy = AutoOffsetReset(rawValue: text.lowercased()) else {
                throw StreamSourceError(
                    "[param.auto.offset.reset] must be one of none, earliest and latest, not [\(text)]")
            }
            autoOffsetReset = policy
        }
        if let text = left.removeValue(forKey: "max.poll.records") {
            guard let number = Int(text), number >= 1 else {
                throw StreamSourceError(
                    "[param.max.poll.records] must be a number of at least 1, not [\(text)]")
            }
            messagesPerPollMax = number
        }
        if let text = left.removeValue(forKey: "partitions") {
            guard let ranges = Self.ranges(text) else {
                throw StreamSourceError(
                    "[param.partitions] must be numbers and ranges of numbers, as in 0-3,6, not [\(text)]")
            }
            partitions = ranges
        }
        properties = left
        try validate()
    }

    /// Nil for what is none.
    private static func ranges(_ text: String) -> [ClosedRange<UInt32>]? {
        var ranges: [ClosedRange<UInt32>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1], first <= last
            else { return nil }
            ranges.append(first...last)
        }
        return ranges
    }

    /// Whether a partition is one of those to read.
    func reads(_ partition: UInt32) -> Bool {
        partitions.isEmpty || partitions.contains { $0.contains(partition) }
    }

    /// `kafka:` and the topic.
    public var name: String { "kafka:\(topic)" }

    func validate() throws(StreamSourceError) {
        guard !topic.isEmpty else { throw StreamSourceError("the name of the topic is empty") }
        guard topic.utf8.count <= 249,
            topic.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            })
        else {
            throw StreamSourceError(
                "[\(topic)] is no name of a topic: up to 249 letters, digits, dots, underscores and hyphens")
        }
        guard !bootstrapServers.isEmpty else {
            throw StreamSourceError("\(name): the bootstrap servers are empty")
        }
        guard bufferBytes >= 1 << 20 else {
            throw StreamSourceError("\(name): a buffer of \(bufferBytes) bytes; at least 1 MiB is needed")
        }
        if let taken = properties.keys.filter(Self.reservedProperties.contains).min() {
            throw StreamSourceError("\(name): [\(taken)] cannot be set, since the source relies on its own")
        }
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let names = properties.keys.sorted().joined(separator: ", ")
        return "\(name) at \(bootstrapServers)" + (names.isEmpty ? "" : " with \(names)")
    }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension KafkaConfiguration {
    /// What the client is set up with: our defaults, what the user says, and what must be so.
    var clientProperties: [(name: String, value: String)] {
        let defaults = [
            "client.id": "varve",
            // Never joined: partitions are assigned by hand. librdkafka asks for a name all the same.
            "group.id": "varve",
            "reconnect.backoff.max.ms": "2000",
            // A partition whose queue was full when a fetch was sent waits for its answer.
            "fetch.wait.max.ms": "100",
        ]
        let required = [
            "bootstrap.servers": bootstrapServers,
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "auto.offset.reset": "error",
            "enable.partition.eof": "true",
            "allow.auto.create.topics": "false",
            "queued.max.messages.kbytes": String(min(2_097_151, max(1, queueBytes / 1024))),
            // By bytes alone.
            "queued.min.messages": "10000000",
        ]
        let all = defaults.merging(properties) { _, theirs in theirs }.merging(required) { _, ours in ours }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// At what size of a partition's queue librdkafka stops fetching it.
    var queueBytes: Int { bufferBytes / 2 }

    /// What may be ready and not yet taken, a partition.
    var handOverBytes: Int { bufferBytes / 2 }

    var requestMilliseconds: Int32 {
        Int32(clamping: max(1, requestTimeout.nanoseconds / 1_000_000))
    }
}
#endif

#if Kafka
public import VarveIngest

/// A topic of Kafka as a stream of partitions.
///
/// Partitions are assigned by hand: no consumer group is joined and nothing is committed to Kafka, since the store keeps
/// the place that it has reached together with the documents. With `isolation.level=read_committed`, the default,
/// records of transactions come when these are committed, and never if they are aborted.
///
/// **Cost.** One client for all partitions: a thread of ours and a few of librdkafka's, a connection to each broker, and
/// per partition the memory of `KafkaConfiguration.bufferBytes`.
///
/// **Errors** are `StreamSourceError`. Transient ones: no broker answers, the topic or partition is not there (yet),
/// records were lost and `autoOffsetReset` says to go on. Permanent ones: what is asked for is refused (authentication,
/// authorization), a topic that was read is gone for `missingTopicDeadline`, records were lost under `.none`, the log
/// came back shorter or with other records than those that were read.
///
/// Brokers that move, restart or drop connections are no errors; librdkafka goes on by itself.
public final class KafkaStream: PartitionedStream {
    public let configuration: KafkaConfiguration
    private let client: KafkaClient

    /// Connects in the background; does not wait for it.
    ///
    /// - Throws: For a configuration that cannot be used; no broker has been asked then.
    public init(_ configuration: KafkaConfiguration) throws(StreamSourceError) {
        try configuration.validate()
        self.configuration = configuration
        client = try KafkaClient(configuration)
    }

    public var name: String { configuration.name }

    public func partitions() async throws -> [StreamPartition] {
        try await client.ask { try $0.partitions() }.filter(configuration.reads)
            .map { StreamPartition(number: $0) }
    }

    public func source(of partition: UInt32) -> any StreamSource {
        KafkaPartition(partition, of: configuration, client)
    }

    public func close() async { await client.close() }
}

extension KafkaStream: CustomStringConvertible {
    public var description: String { configuration.description }
}

/// Pointers in the words of OpenSearch.
extension KafkaStream {
    public func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        partition.map { "KafkaPartitionOffset{partition=\($0), offset=\(pointer)}" }
            ?? "KafkaOffset{offset=\(pointer)}"
    }

    public func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        let plain: String
        if let match = text.wholeMatch(of: /KafkaOffset\{offset=(\d+)\}/) {
            plain = String(match.output.1)
        } else if let match = text.wholeMatch(of: /KafkaPartitionOffset\{partition=(\d+), offset=(\d+)\}/) {
            plain = "\(match.output.1):\(match.output.2)"
        } else {
            plain = text
        }
        let parts = plain.split(separator: ":", omittingEmptySubsequences: false)
        guard let offset = parts.last.flatMap({ Int64($0) }), offset >= 0, parts.count <= 2 else {
            throw Self.malformed(text)
        }
        if parts.count == 1 { return (nil, StreamPointer(UInt64(offset))) }
        guard let partition = Int32(parts[0]), partition >= 0 else { throw Self.malformed(text) }
        return (UInt32(partition), StreamPointer(UInt64(offset)))
    }

    private static func malformed(_ text: String) -> StreamSourceError {
        StreamSourceError(
            text.contains(":")
                ? "Invalid multi-partition pointer format. Expected 'partition:offset' (e.g., '3:42'), got: \(text)"
                : "[\(text)] is no offset: expected a number, such as 42")
    }
}
#endif

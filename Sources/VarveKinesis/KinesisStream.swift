#if Kinesis
import AsyncHTTPClient
import NIOCore
import VarveBytes
public import VarveIngest

/// A stream of Kinesis. Its shards are partitions by the number at the end of their names; the children of a split or
/// merged shard are read after their parents.
///
/// ```swift
/// let stream = try KinesisStream(
///     KinesisConfiguration(stream: "orders", region: "eu-west-1", accessKey: key, secretKey: secret))
/// let ingestion = try await orders.ingest(from: stream, settings: settings)
/// ```
/// Shards are told from each other and their order is kept whatever the service numbers them; a stream that is split or
/// merged wants `PartitionAssignment.modulo`, since its new shards have higher numbers.
public final class KinesisStream: PartitionedStream {
    let client: KinesisClient
    private let http: HTTPClient
    private let names = Locked<[UInt32: String]>([:])
    private let isClosed = Locked(false)

    /// Connects when it is first asked.
    ///
    /// - Throws: If a part of the configuration is not sound.
    public init(_ configuration: KinesisConfiguration) throws(StreamSourceError) {
        try configuration.validate()
        var options = HTTPClient.Configuration()
        options.timeout = .init(connect: .seconds(5))
        options.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
        client = KinesisClient(configuration, http)
    }

    deinit { if !isClosed.withLock({ $0 }) { http.shutdown { _ in } } }

    public var name: String { client.configuration.name }

    public func partitions() async throws -> [StreamPartition] {
        let shards: [ShardFacts]
        do { shards = try await client.shards() } catch let fault as KinesisFault {
            throw fault.error(of: name)
        }
        let known = Dictionary(shards.map { ($0.name, $0.number) }) { first, _ in first }
        names.withLock { names in
            for shard in shards { names[shard.number] = shard.name }
        }
        guard Set(shards.map(\.number)).count == shards.count else {
            throw StreamSourceError("\(name): two shards have names that end with the same number")
        }
        return shards.sorted { $0.number < $1.number }.map { shard in
            StreamPartition(
                number: shard.number, name: shard.name, parents: shard.parents.compactMap { known[$0] },
                isClosed: shard.isClosed)
        }
    }

    public func source(of partition: UInt32) async throws -> any StreamSource {
        if names.withLock({ $0[partition] }) == nil { _ = try await partitions() }
        guard let shard = names.withLock({ $0[partition] }) else {
            throw StreamSourceError(
                "Shard id \(partition) does not exist in stream \(client.configuration.stream)")
        }
        return KinesisShard(client, shard: shard)
    }

    public func close() async {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { try? await http.shutdown() }
    }

    // MARK: Pointers as text

    public func text(_ pointer: StreamPointer, partition: UInt32?) -> String {
        let place = ShardPlace(pointer).text
        return partition.map { "\($0):\(place)" } ?? place
    }

    public func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let partition = UInt32(parts[0]), let place = ShardPlace(String(parts[1])) {
            return (partition, place.pointer)
        }
        if let place = ShardPlace(text) { return (nil, place.pointer) }
        throw StreamSourceError(
            "[\(text)] is no pointer of \(name): expected a sequence number, `after` and one, `horizon`, or `time` and "
                + "milliseconds, each with a shard's number before it where several are read, as in 3:4959")
    }
}
#endif

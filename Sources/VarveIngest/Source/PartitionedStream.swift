/// A whole stream: what partitions it has now, and each of them as a source.
///
/// A partition is known by its number, which stays its own for as long as the stream exists: the place that was
/// reached in it is committed under that number. Partitions may be added, and a stream may split or join them;
/// then the parent is closed, and whoever needs the order of the messages reads it to its end before its children.
///
/// A stream of one partition needs none of this: it is a `StreamSource` by itself.
public protocol PartitionedStream: Sendable {
    /// What the stream is called in states and messages, such as `kafka:orders`. Holds no secret.
    var name: String { get }
    /// The partitions as of now, ascending by number, parents before children. Asks the stream each time.
    func partitions() async throws -> [StreamPartition]
    /// One partition as a source. Asks nothing of the stream yet: if there is no such partition, the source says
    /// so when it is asked.
    func source(of partition: UInt32) async throws -> any StreamSource
    /// Asks whether the stream is there and may be read. Throws `StreamSourceError` if it is not.
    func check() async throws
    /// Lets go of connections and threads. Sources of this stream fail from then on. Closing twice is fine.
    func close() async

    /// A pointer as people are shown it, such as `KafkaOffset{offset=42}`.
    ///
    /// - Parameters:
    ///   - pointer: A pointer of this stream.
    ///   - partition: Given where one reader has several partitions, so that the text says which.
    func display(_ pointer: StreamPointer, partition: UInt32?) -> String
    /// A pointer as people may give it back, such as `42`, or `3:42` with its partition.
    func text(_ pointer: StreamPointer, partition: UInt32?) -> String
    /// Reads what `text` wrote, and what `display` wrote.
    func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer)
}

extension PartitionedStream {
    public func check() async throws { _ = try await partitions() }
    public func close() async {}

    public func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        text(pointer, partition: partition)
    }

    public func text(_ pointer: StreamPointer, partition: UInt32?) -> String {
        partition.map { "\($0):\(pointer)" } ?? "\(pointer)"
    }

    public func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 1, let number = UInt64(text) { return (nil, StreamPointer(number)) }
        if parts.count == 2, let partition = UInt32(parts[0]), let number = UInt64(parts[1]) {
            return (partition, StreamPointer(number))
        }
        throw StreamSourceError(
            "[\(text)] is no pointer of \(name): expected a number, or a partition and a number such as 3:42")
    }
}

/// One partition of a stream, as of the moment that it was asked for.
public struct StreamPartition: Hashable, Sendable {
    public var number: UInt32
    /// What the stream itself calls it; the number in digits for streams that count.
    public var name: String
    /// The partitions that this one goes on from. Those that the stream no longer has are left out.
    public var parents: [UInt32]
    /// Whether no message will be added any more.
    public var isClosed: Bool

    public init(number: UInt32, name: String? = nil, parents: [UInt32] = [], isClosed: Bool = false) {
        self.number = number
        self.name = name ?? String(number)
        self.parents = parents
        self.isClosed = isClosed
    }
}

import VarveFiles

/// A directory with a file of JSON lines for each partition, `0.ndjson`, `1.ndjson` and so on: the source `file` of
/// OpenSearch.
///
/// Pointers are numbers of lines from 0. A file need not exist yet; it is read as soon as it does.
public struct LineFilesStream: PartitionedStream {
    private static let partitionsMax: UInt32 = 1_024
    private let directory: String
    private let shards: Int
    private let rotation: JSONLinesSource.Rotation

    /// - Parameters:
    ///   - directory: Where the files lie.
    ///   - shards: So many partitions there are at least, whether their files exist or not.
    ///   - followsRotation: What happens when another file takes the name of one that is read. If this is true, the one
    ///     before is read to its end and then the other from its start, also if that came to pass between two runs, as
    ///     long as the one before is in the same directory under a name that goes on from its old one. Otherwise the
    ///     partition stops with an error that says so.
    public init(directory: String, shards: Int, followsRotation: Bool = false) {
        self.directory = directory
        self.shards = shards
        rotation = followsRotation ? .follow : .stop
    }

    public var name: String { "file:" + directory }

    private func path(_ partition: UInt32) -> String { "\(directory)/\(partition).ndjson" }

    public func partitions() async throws -> [StreamPartition] {
        var count = UInt32(shards)
        while count < Self.partitionsMax, (try? InputFile.open(path(count))) != nil { count += 1 }
        return (0..<count).map { StreamPartition(number: $0) }
    }

    public func source(of partition: UInt32) async throws -> any StreamSource {
        JSONLinesSource(path(partition), numbering: .lines, rotation: rotation)
    }

    public func check() async throws {}

    public func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        partition.map { "FilePartitionOffset{partition=\($0), line=\(pointer)}" }
            ?? "FileOffset{line=\(pointer)}"
    }

    public func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        var plain = text
        for (head, separator) in [("FileOffset{line=", ""), ("FilePartitionOffset{partition=", ", line=")]
        where text.hasPrefix(head) && text.hasSuffix("}") {
            plain = String(text.dropFirst(head.count).dropLast())
            if !separator.isEmpty { plain = plain.replacing(separator, with: ":", maxReplacements: 1) }
        }
        let parts = plain.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 1, let line = UInt64(plain) { return (nil, StreamPointer(line)) }
        if parts.count == 2, let partition = UInt32(parts[0]), let line = UInt64(parts[1]) {
            return (partition, StreamPointer(line))
        }
        throw StreamSourceError(
            "[\(text)] is no pointer of \(name): expected the number of a line, such as 17, or a partition and a "
                + "line such as 3:17")
    }
}

/// A folder with a file of JSON lines for each partition: `0.ndjson`, `1.ndjson` and so on.
///
/// To people its pointers are lines, counted from 0; behind the scenes they are byte offsets, as in
/// `JSONLinesSource`. A file that is not there yet is an empty partition.
public struct JSONLinesStream: PartitionedStream {
    private let directory: String
    private let count: Int

    /// - Parameters:
    ///   - directory: Where the files are.
    ///   - partitions: How many.
    public init(directory: String, partitions: Int) {
        self.directory = directory
        count = partitions
    }

    public var name: String { "file:" + directory }

    public func partitions() async throws -> [StreamPartition] {
        (0..<count).map { StreamPartition(number: UInt32($0)) }
    }

    public func source(of partition: UInt32) async throws -> any StreamSource {
        JSONLinesSource("\(directory)/\(partition).ndjson", mayBeMissing: true)
    }

    public func text(_ pointer: StreamPointer, partition: UInt32?) -> String {
        let line = JSONLinesSource.line(of: pointer)
        return partition.map { "\($0):\(line)" } ?? "\(line)"
    }

    public func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        let line = JSONLinesSource.line(of: pointer)
        return partition.map { "FileOffset{partition=\($0), line=\(line)}" } ?? "FileOffset{line=\(line)}"
    }

    public func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
        var digits = text[...]
        if text.hasPrefix("FileOffset{line="), text.hasSuffix("}") { digits = text.dropFirst(16).dropLast() }
        let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 1, let line = UInt64(digits) { return (nil, JSONLinesSource.pointer(toLine: line)) }
        if parts.count == 2, let partition = UInt32(parts[0]), let line = UInt64(parts[1]) {
            return (partition, JSONLinesSource.pointer(toLine: line))
        }
        throw StreamSourceError("[\(text)] is no line of \(name): expected a number from 0")
    }
}

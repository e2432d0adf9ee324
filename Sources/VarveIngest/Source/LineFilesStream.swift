import VarveFiles

/// The source `file` of OpenSearch: a directory with a file of lines for each partition, `0.ndjson`, `1.ndjson` and so
/// on. A file need not exist yet; it is read as soon as it does.
struct LineFilesStream: PartitionedStream {
    private static let partitionsMax: UInt32 = 1_024
    private let directory: String
    private let shards: Int

    /// - Parameters:
    ///   - directory: Where the files lie.
    ///   - shards: So many partitions there are at least, whether their files exist or not.
    init(_ directory: String, shards: Int) {
        self.directory = directory
        self.shards = shards
    }

    var name: String { "file:" + directory }

    private func path(_ partition: UInt32) -> String { "\(directory)/\(partition).ndjson" }

    func partitions() async throws -> [StreamPartition] {
        var count = UInt32(shards)
        while count < Self.partitionsMax, (try? InputFile.open(path(count))) != nil { count += 1 }
        return (0..<count).map { StreamPartition(number: $0) }
    }

    func source(of partition: UInt32) async throws -> any StreamSource {
        NumberedLinesSource(path(partition))
    }

    func check() async throws {}

    func display(_ pointer: StreamPointer, partition: UInt32?) -> String {
        partition.map { "FilePartitionOffset{partition=\($0), line=\(pointer)}" }
            ?? "FileOffset{line=\(pointer)}"
    }

    func pointer(text: String) throws -> (partition: UInt32?, pointer: StreamPointer) {
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

extension SourceRegistry {
    /// Makes the kind `file` known: parameters `base_directory` and `stream`, files at
    /// `<base_directory>/<stream>/<partition>.ndjson`.
    ///
    /// - Parameter directories: Absolute paths. Nothing outside of them is opened, except where links in them lead.
    public mutating func registerFiles(within directories: [String]) {
        let allowed = directories.map { Self.components(of: $0) }
        register(
            "file",
            check: { (definition) throws(IngestionSettingsError) in
                _ = try Self.directory(definition, allowed)
            },
            factory: { definition, shards in
                LineFilesStream(try Self.directory(definition, allowed), shards: shards)
            })
    }

    private static func components(of path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    private static func directory(
        _ definition: SourceDefinition, _ allowed: [[Substring]]
    ) throws(IngestionSettingsError) -> String {
        for name in definition.parameters.keys.sorted() where name != "stream" && name != "base_directory" {
            throw IngestionSettingsError(
                "unknown parameter [param.\(name)] of ingestion source type [file]. Valid parameters are: "
                    + "[base_directory, stream]")
        }
        var paths: [String] = []
        for name in ["base_directory", "stream"] {
            guard let path = definition.parameters[name], !path.isEmpty else {
                throw IngestionSettingsError(
                    "ingestion source type [file] requires the parameter [param.\(name)]")
            }
            guard !path.utf8.contains(0), !components(of: path).contains("..") else {
                throw IngestionSettingsError("[param.\(name)] must not contain [..]: [\(path)]")
            }
            paths.append(path)
        }
        let base = components(of: paths[0])
        guard paths[0].hasPrefix("/"), allowed.contains(where: { base.starts(with: $0) }) else {
            throw IngestionSettingsError(
                "[param.base_directory] [\(paths[0])] is in no directory that the server may read from: those are "
                    + "named by its option [--ingestion-directory]")
        }
        return "/" + (base + components(of: paths[1])).joined(separator: "/")
    }
}

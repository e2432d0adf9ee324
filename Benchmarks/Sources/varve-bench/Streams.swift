import Foundation
import Varve

/// The same flights written directly, pulled from files, and pulled through Kafka's protocol, in turns on this machine.
///
/// Everything is acknowledged when the clock stops: in the synced log. A shard is read by one reader, so two of them
/// are also measured, each with a half of the flights.
struct Streams {
    let directory: String
    let input: String
    private static let rounds = 9

    func run(_ report: inout Report) async throws {
        for shards in [1, 2] { try await run(shards: shards, &report) }
    }

    private func run(shards: Int, _ report: inout Report) async throws {
        report.section(
            "\(shards == 1 ? "One shard" : "\(shards) shards"): direct, from files, through Kafka's protocol")
        try Directory.makeEmpty(directory)
        let documents = try Documents(input)
        let files = try split(shards)
        #if Kafka
        let firehose = try Firehose(partitions: shards, file: input)
        #endif
        var rates: [String: [Double]] = [:]
        for _ in 0..<Self.rounds {
            rates["direct", default: []].append(
                try await measure(documents.count, shards) { index in
                    try await write(documents, writers: shards, to: index)
                })
            rates["file", default: []].append(
                try await measure(documents.count, shards) { index in
                    try await pull(
                        try await index.ingest(
                            from: files.map { JSONLinesSource($0) }, settings: IngestionSettings()),
                        documents.count)
                })
            #if Kafka
            rates["kafka", default: []].append(
                try await measure(documents.count, shards) { index in
                    try await pull(
                        try await index.ingest(from: try firehose.stream(), settings: IngestionSettings()),
                        documents.count)
                })
            #endif
        }
        let medians = rates.mapValues { Sample($0).median }
        let (direct, file) = (medians["direct"] ?? 0, medians["file"] ?? 0)
        let id = "streams.\(shards)"
        report.add("\(id).direct", "\(shards) writers, batches of 1,000, each synced", direct, "docs/s")
        report.add("\(id).file", "\(shards) files", file, "docs/s")
        report.add("\(id).file.share", "  of the direct rate", file / direct, "x", .atLeast(0.9))
        if let kafka = medians["kafka"] {
            report.add("\(id).kafka", "\(shards) partitions of tools/kafka-firehose", kafka, "docs/s")
            report.add("\(id).kafka.share", "  of the files' rate", kafka / file, "x", .atLeast(0.8))
        }
    }

    /// Documents a second over a new store.
    private func measure(_ count: Int, _ shards: Int, _ body: (Index) async throws -> Void) async throws
        -> Double
    {
        let path = directory + "/store"
        try? FileManager.default.removeItem(atPath: path)
        let store = try await Store.open(at: path)
        let index = try await store.createIndex(Flights.index, mapping: Flights.mapping, shards: shards)
        let start = ContinuousClock.now
        try await body(index)
        let seconds = start.seconds
        try await index.refresh()
        guard try index.count() == count else {
            throw VarveError(.invalid, "\(try index.count()) documents of \(count)")
        }
        try await store.close()
        return Double(count) / seconds
    }

    private func write(_ documents: Documents, writers: Int, to index: Index) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for at in stride(from: writer * 1_000, to: documents.count, by: writers * 1_000) {
                        try await documents.write(at..<min(at + 1_000, documents.count), to: index)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits until so many messages are durable, and ends the ingestion.
    private func pull(_ ingestion: Ingestion, _ count: Int) async throws {
        while true {
            let states = ingestion.partitions
            let applied = states.reduce(0) { $0 + $1.counters.applied }
            if applied >= count, states.allSatisfy({ $0.committed == $0.applied }) { break }
            if let failure = states.compactMap(\.failure).first {
                throw VarveError(.unavailable, "ingestion stopped: \(failure)")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        await ingestion.close()
    }

    /// The input's lines, dealt out to as many files in turn.
    private func split(_ count: Int) throws -> [String] {
        if count == 1 { return [input] }
        let bytes = try Data(contentsOf: URL(filePath: input), options: .alwaysMapped)
        var parts = [Data](repeating: Data(), count: count)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            parts[number % count].append(line)
            parts[number % count].append(UInt8(ascii: "\n"))
        }
        return try parts.enumerated().map { number, part in
            let path = "\(directory)/\(number).ndjson"
            try part.write(to: URL(filePath: path))
            return path
        }
    }
}

import ArgumentParser
import Foundation
import Varve

/// How much memory messages of 1 MB take that were read and are not applied, against what they may take.
///
/// Each figure is of a process of its own. What the store itself needs is what it needs with a queue of one message.
struct StreamMemory {
    let directory: String
    static let messages = 400
    private static let queues = [16, 64, 128]

    func run(_ report: inout Report) throws {
        report.section("Messages of 1 MB, resident at most")
        try Directory.makeEmpty(directory)
        let input = directory + "/large.ndjson"
        try Self.write(to: input)
        var sources = ["file"]
        #if Kafka
        sources.append("kafka")
        #endif
        for source in sources {
            let base = try peak(source, input, queueBytes: 1)
            report.add("memory.\(source).base", "\(source), a queue of one message", base, "MB")
            for queue in Self.queues {
                // Kafka's client has a buffer of its own, as large as the queue here.
                let bytes = Double(queue << 20) * (source == "kafka" ? 2 : 1)
                let more = try peak(source, input, queueBytes: queue << 20) - base
                report.add(
                    "memory.\(source).\(queue)",
                    "  a queue \(source == "kafka" ? "and a buffer, each " : "")of \(queue) MiB: more than that",
                    more, "MB")
                report.add(
                    "memory.\(source).\(queue).share", "    of their bytes", more * 1e6 / bytes, "x",
                    .atMost(1.25))
            }
        }
    }

    private static func write(to path: String) throws {
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        var state: UInt64 = 1
        for number in 0..<messages {
            var text = [UInt8]()
            text.reserveCapacity(1_000_000)
            while text.count < 1_000_000 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += String(state, radix: 36).utf8
            }
            try file.write(contentsOf: Data(#"{"_id":"\#(number)","_source":{"n":\#(number),"body":""#.utf8))
            try file.write(contentsOf: Data(text))
            try file.write(contentsOf: Data("\"}}\n".utf8))
        }
        try file.close()
    }

    /// Megabytes.
    private func peak(_ source: String, _ input: String, queueBytes: Int) throws -> Double {
        let path = directory + "/store"
        try? FileManager.default.removeItem(atPath: path)
        let (child, output) = try Child.start(["stream-memory", source, input, path, "\(queueBytes)"])
        let line = Child.firstLine(of: output)
        child.waitUntilExit()
        guard let peak = Double(line) else { throw VarveError(.unavailable, "the child said \"\(line)\"") }
        return peak
    }
}

/// The child: pulls everything and says how much memory it had at most.
struct StreamMemoryOnce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stream-memory", shouldDisplay: false)
    @Argument var source: String
    @Argument var input: String
    @Argument var path: String
    @Argument var queueBytes: Int

    func run() async throws {
        var options = StoreOptions()
        options.flushBytes = 8 << 20
        options.writeBudgetBytes = 16 << 20
        options.cacheBytes = 1 << 20
        options.mergesInBackground = false
        let store = try await Store.open(at: path, options: options)
        let index = try await store.createIndex(
            "large", mapping: ["n": .long, "body": .keyword(ignoreAbove: 256)])
        var settings = IngestionSettings()
        settings.queueBytes = queueBytes
        let ingestion: Ingestion
        #if Kafka
        let firehose = source == "kafka" ? try Firehose(partitions: 1, file: input) : nil
        if let firehose {
            ingestion = try await index.ingest(
                from: try firehose.stream { $0.bufferBytes = max(1 << 20, queueBytes) }, settings: settings)
        } else {
            ingestion = try await index.ingest(from: [JSONLinesSource(input)], settings: settings)
        }
        #else
        ingestion = try await index.ingest(from: [JSONLinesSource(input)], settings: settings)
        #endif
        while ingestion.state.counters.applied < StreamMemory.messages {
            if let failure = ingestion.state.failure { throw VarveError(.unavailable, "\(failure)") }
            try await Task.sleep(for: .milliseconds(1))
        }
        print(Memory.peak)
        fflush(nil)
        await ingestion.close()
        try await store.close()
    }
}

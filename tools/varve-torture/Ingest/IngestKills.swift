import ArgumentParser
import Foundation

/// Kills a server that pulls a stream, and counts messages.
struct IngestKills: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Kill -9 a server while it pulls a stream, and count each message in what it brings back.",
        discussion: """
            Messages have no ids, and the server makes random ones, so a message that is applied twice is two \
            documents. What is printed is one JSON object; the status is 3 if anything is amiss.
            """)

    enum Source: String, CaseIterable, ExpressibleByArgument { case file, kafka, kinesis }

    @Option(help: "Which kind of stream: \(Source.allCases.map(\.rawValue).joined(separator: ", ")).")
    var source = Source.file
    @Option(help: "How many times the server is killed.")
    var kills = 500
    @Option(help: "How many messages flow meanwhile.")
    var messages = 1_000_000
    @Option(help: "Partitions of the stream.")
    var partitions = 3
    @Option(help: "Shards of the index.")
    var shards = 2
    @Option(help: "Seed of the times of the kills and of the feed.")
    var seed: UInt64 = 1
    @OptionGroup var work: WorkOptions
    @Option(help: "Longest time from a comparison to the kill, in milliseconds.")
    var longestLife = 30
    @Option(help: "Kills between two rests, in which the server is also restarted cleanly.")
    var restEvery = 50
    @Option(help: "The server; the `varve` beside this program unless given.")
    var server: String?

    func run() async throws {
        let path = try work.make()
        let program = URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        let sink = try await sink(path)
        let run = KillRun(
            KillRun.Plan(
                kills: kills, messages: messages, shards: shards, partitions: partitions,
                longestLife: longestLife, restEvery: max(1, restEvery)),
            VarveServer(
                program: server ?? program.deletingLastPathComponent().appending(path: "varve").path,
                directory: path, options: sink.serverOptions),
            sink, source: source.rawValue, seed: seed)
        let sums = try await run.run()
        print(sums)
        guard sums.isClean else { throw ExitCode(3) }
    }

    private func sink(_ path: String) async throws -> any FeedSink {
        switch source {
        case .file: return try FileFeed(path, partitions: partitions)
        case .kafka:
            #if Kafka
            return try await KafkaFeed(path, partitions: partitions, seed: seed)
            #else
            throw ValidationError("this program was built without the trait Kafka")
            #endif
        case .kinesis:
            #if Kinesis
            return try await KinesisFeed(path, partitions: partitions, seed: seed)
            #else
            throw ValidationError("this program was built without the trait Kinesis")
            #endif
        }
    }
}

import ArgumentParser
import Varve

struct IngestResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Move the pointers of a paused index, all or none.",
        discussion: """
            Prints where each partition stood and where it goes on. Messages that are read again are applied again: \
            documents with ids replace themselves. It stays paused.
            """)

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String
    @Option(
        help: """
            earliest, latest, pointer:N or offset:N, timestamp:MILLISECONDS or timestamp:2024-01-01T00:00:00Z.
            """)
    var to: Position
    @Option(help: "The shard; all unless given.") var shard: Int?
    @Option(help: "The partition; all that the shard reads unless given.") var partition: UInt32?
    @Flag(help: "Only say what would happen.") var dryRun = false
    @Flag(help: "Move past messages that were never read.") var allowSkip = false
    @Option(
        help:
            "file:PATH, for an index whose settings name no source: it says where latest is, and checks a pointer."
    )
    var source: SourceName?

    func run() async throws {
        let request = ResetRequest(
            position: to, shard: shard, partition: partition, allowsSkip: allowSkip, isDryRun: dryRun)
        try await arguments.withSite(index, source: source) { site in
            for move in try await site.reset(request) {
                try Output.line(arguments.json ? move.json(isDryRun: dryRun) : move.words)
            }
        }
    }
}

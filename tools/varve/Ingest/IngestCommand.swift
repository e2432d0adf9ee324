import ArgumentParser
import VarveFiles

struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Pull a stream into an index.",
        discussion: """
            All commands work on a store's directory that nobody has open, and with --server on a server that runs.
            """,
        subcommands: [
            IngestStartCommand.self, IngestStateCommand.self, IngestPauseCommand.self,
            IngestResumeCommand.self, IngestResetCommand.self, IngestSkipCommand.self,
            DeadLettersCommand.self,
        ])
}

struct IngestPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop pulling, until it is resumed.",
        discussion: "Ends when nothing is on its way any more. A pause outlives restarts.")

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String

    func run() async throws { try await arguments.withSite(index) { try await $0.pause() } }
}

struct IngestResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on pulling, also where a partition has paused by itself.",
        discussion: "In a directory nobody pulls now: the next start or serve goes on.")

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String

    func run() async throws { try await arguments.withSite(index) { try await $0.resume() } }
}

struct IngestSkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip", abstract: "Pass over the one message that a partition stands at.",
        discussion: "It is kept as a dead letter, and the partition goes on behind it.")

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "The shard.") var shard = 0
    @Option(help: "The partition; the one with the shard's number unless given.") var partition: UInt32?

    func run() async throws {
        try await arguments.withSite(index) { site in
            let partition = partition ?? UInt32(clamping: shard)
            let message = try await site.skip(shard: shard, partition: partition)
            var line = JSONLine()
            line.add("shard", shard)
            line.add("partition", Int(partition))
            line.add("skipped", message)
            try Output.line(
                arguments.json
                    ? line.text : "skipped shard \(shard), partition \(partition): \(message)".printable)
        }
    }
}

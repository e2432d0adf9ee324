import ArgumentParser
import Varve

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merge the segments of each shard into few.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "At most so many segments remain in a shard.") var segments = 1

    func run() async throws {
        try await arguments.withIndex(index) { index in try await index.merge(toAtMost: segments) }
    }
}

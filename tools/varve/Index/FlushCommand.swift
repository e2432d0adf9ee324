import ArgumentParser
import Varve

struct FlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Write everything into segments.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String

    func run() async throws {
        try await arguments.withIndex(index) { index in try await index.flush() }
    }
}

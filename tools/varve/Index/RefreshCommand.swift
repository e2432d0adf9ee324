import ArgumentParser
import Varve

struct RefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Make everything written visible to searches.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String

    func run() async throws {
        try await arguments.withIndex(index) { index in try await index.refresh() }
    }
}

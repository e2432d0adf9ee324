import ArgumentParser
import Varve

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a store in a directory that is missing or empty.")

    @Argument(help: "The directory.")
    var directory: String

    func run() async throws {
        if let store = try? await Store.open(at: directory, createIfMissing: false) {
            try await store.close()
            throw CommandFailure.no("\(directory) holds a store already")
        }
        let store = try await Store.open(at: directory)
        try await store.close()
    }
}

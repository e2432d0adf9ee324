import ArgumentParser
import Varve

struct PITCloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a point in time; status 1 if none is open under the id.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "Its id.") var id: String

    func run() async throws {
        try await arguments.withStore { store in
            if try await store.closePointInTime(id: id) { return }
            throw CommandFailure.no("no point in time \(id) is open")
        }
    }
}

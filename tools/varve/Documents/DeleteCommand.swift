import ArgumentParser
import Varve

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete the document of an id; status 1 if there is none.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Argument(help: "The document's id.") var id: String

    func run() async throws {
        try await arguments.withIndex(index) { index in
            let receipt = try await index.delete(id)
            guard receipt.outcome == .deleted else {
                throw CommandFailure.no("index [\(index.name)] has no document [\(id)]")
            }
            try ReceiptLine.print(receipt, json: arguments.json)
        }
    }
}

import ArgumentParser
import Varve

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the document of an id: every acknowledged write counts.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Argument(help: "The document's id.") var id: String

    func run() async throws {
        try await arguments.withIndex(index) { index in
            guard let document = try await index.get(id) else {
                throw CommandFailure.no("index [\(index.name)] has no document [\(id)]")
            }
            guard arguments.json else { return try Output.source(document.source) }
            var line = JSONLine()
            line.add("_id", document.id)
            line.add("_seq_no", document.sequenceNumber.rawValue)
            line.add("_version", document.version)
            line.addSource(document.source)
            try Output.line(line.text)
        }
    }
}

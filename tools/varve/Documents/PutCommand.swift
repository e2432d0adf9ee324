import ArgumentParser
import Varve
import VarveFiles

struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Store one document, or with --bulk one a line of standard input.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Argument(help: "The document's id.") var id: String?
    @Argument(help: "A file with its JSON; - for standard input.") var file: String?
    @Flag(help: "Read JSON lines: documents, or {\"_id\": ..., \"_source\": {...}}.") var bulk = false
    @Flag(help: "Only if the id has no document.") var create = false

    func validate() throws {
        if bulk == (id == nil) && bulk == (file == nil) { return }
        throw ValidationError(
            bulk ? "--bulk takes no id and no file" : "put takes an id and a file, or --bulk")
    }

    func run() async throws {
        if bulk { return try await putLines() }
        guard let id, let file else { return }
        let bytes = try InputBytes.read(file)
        try await arguments.withIndex(index) { index in
            let receipt = try await index.put(json: bytes, id: id, if: create ? .absent : .always)
            try ReceiptLine.print(receipt, json: arguments.json)
        }
    }

    private func putLines() async throws {
        try await arguments.withIndex(index) { index in
            var loader = BulkLoader(index, condition: create ? .absent : .always)
            defer { loader.report(isLast: true, json: arguments.json) }
            try await loader.load()
            if arguments.json {
                var line = JSONLine()
                line.add("written", loader.written)
                line.add("conflicts", loader.conflicts)
                try Output.line(line.text)
            }
            if loader.conflicts > 0 { throw CommandFailure.no("\(loader.conflicts) documents had conflicts") }
        }
    }
}

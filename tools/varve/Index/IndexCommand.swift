import ArgumentParser
import Varve
import VarveBytes
import VarveFiles

struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Make, list and delete indices.",
        subcommands: [Create.self, List.self, Delete.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an index.")

        @OptionGroup var arguments: StoreArguments
        @Argument(help: "The index.") var name: String
        @Option(help: "A file with the mapping, {\"properties\": {...}}; - for standard input.")
        var mapping: String?
        @Option(help: "How many shards it has.") var shards = 1

        func run() async throws {
            let fields = try mapping.map(readMapping) ?? Mapping()
            try await arguments.withStore { store in
                _ = try await store.createIndex(name, mapping: fields, shards: shards)
            }
        }

        private func readMapping(_ path: String) throws -> Mapping {
            let bytes = try InputBytes.read(path)
            do throws(DocumentError) { return try Mapping(json: bytes.rawSpan) } catch {
                throw CommandFailure.badInput("the mapping in \(InputBytes.name(path)): \(error)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the indices, by name.")

        @OptionGroup var arguments: StoreArguments

        func run() async throws {
            try await arguments.withStore { store in
                for index in store.indices {
                    let count = try index.count()
                    if arguments.json {
                        var line = JSONLine()
                        line.add("index", index.name)
                        line.add("shards", index.shardCount)
                        line.add("documents", count)
                        line.add("fields", index.fields.count)
                        try Output.line(line.text)
                    } else {
                        try Output.line(
                            "\(index.name.printable)\t\(count) documents\t\(index.shardCount) shards")
                    }
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete an index and its data.")

        @OptionGroup var arguments: StoreArguments
        @Argument(help: "The index.") var name: String

        func run() async throws {
            try await arguments.withStore { store in try await store.deleteIndex(name) }
        }
    }
}

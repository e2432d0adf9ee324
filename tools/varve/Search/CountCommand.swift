import ArgumentParser
import Varve

struct CountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Print how many documents match all conditions.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index; any name will do together with --pit.") var index: String
    @Argument(help: "Conditions, as search takes them.") var conditions: [String] = []
    @Option(help: "Count in this point in time.") var pit: String?

    func run() async throws {
        let query = try Condition.query(conditions)
        try await arguments.withStore { store in
            let count =
                if let pit {
                    try await store.pointInTime(id: pit).count(query)
                } else {
                    try await SearchCommand.refreshed(store.index(index)).count(query)
                }
            var line = JSONLine()
            line.add("count", count)
            try Output.line(arguments.json ? line.text : "\(count)")
        }
    }
}

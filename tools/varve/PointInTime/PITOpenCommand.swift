import ArgumentParser
import Varve

struct PITOpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a point in time over indices and print its id.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The indices: one consistent cut through all of them.") var indices: [String]
    @Option(help: "How long it lives without use: 30s, 5m, 2h, 1d.") var keepAlive: KeepAlive
    @Option(help: "A label to find it by.") var label = ""

    func run() async throws {
        try await arguments.withStore { store in
            let pit = try await store.openPointInTime(
                over: indices.map { try store.index($0) }, keepAlive: keepAlive.duration, label: label)
            guard arguments.json else { return try Output.line(pit.id) }
            var line = JSONLine()
            line.add("pit", pit.id)
            try Output.line(line.text)
        }
    }
}

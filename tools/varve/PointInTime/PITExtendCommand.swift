import ArgumentParser
import Varve

struct PITExtendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Set a keep-alive and start its idle time anew.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "Its id.") var id: String
    @Option(help: "How long it lives without use: 30s, 5m, 2h, 1d.") var keepAlive: KeepAlive

    func run() async throws {
        try await arguments.withStore { store in
            try await store.pointInTime(id: id).extend(keepAlive: keepAlive.duration)
        }
    }
}

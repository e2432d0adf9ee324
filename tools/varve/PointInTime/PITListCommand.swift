import ArgumentParser
import Varve

struct PITListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the open points in time, oldest first.")

    @OptionGroup var arguments: StoreArguments

    func run() async throws {
        try await arguments.withStore { store in
            for pit in store.pointsInTime {
                try Output.line(
                    arguments.json
                        ? PITLine.json(pit) : "\(pit.id)\t\(PITLine.indices(pit))\t\(PITLine.life(pit))")
            }
        }
    }
}

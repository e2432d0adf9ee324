import ArgumentParser
import Varve
import VarveFiles

struct PITShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what an open point in time holds.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "Its id.") var id: String

    func run() async throws {
        try await arguments.withStore { store in
            _ = try store.pointInTime(id: id)
            guard let pit = store.pointsInTime.first(where: { $0.id == id }) else {
                throw CommandFailure.no("no point in time \(id) is open")
            }
            if arguments.json { return try Output.line(PITLine.json(pit)) }
            try Output.line("pit \(pit.id)")
            if !pit.label.isEmpty { try Output.line("  label       \(pit.label.printable)") }
            try Output.line("  keep-alive  \(KeepAlive.text(pit.keepAlive))")
            try Output.line("  expires in  \(PITLine.seconds(pit.expiresIn))")
            for pin in pit.pins {
                try Output.line("  holds       \(PITLine.text(pin))")
                for position in pin.positions { try Output.line("    ingested  \(PITLine.text(position))") }
            }
        }
    }
}

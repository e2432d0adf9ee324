import ArgumentParser
import VarveBytes
import VarveFiles
import VarveManifest

struct PITsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pits", abstract: "Show the points in time that the registry holds.")

    @Argument(help: "The store's directory.") var directory: String

    func run() throws {
        let store = try StoreView(directory)
        var damage = store.damage
        for pit in try PITView.all(of: store, &damage) {
            let record = pit.record
            var parts = ["pit \(pit.id)", pit.expiry, "created \(Wording.time(record.createdAt))"]
            if !record.label.isEmpty { parts.append("label \(record.label)") }
            try Output.line(parts.joined(separator: "   "))
            for pin in record.pins {
                let shard = store.shards.first { $0.uuid == pin.target.shard }?.name
                let number =
                    pin.sequenceNumber.map { "S \(Wording.grouped($0))" } ?? "before its first operation"
                try Output.line("  \(shard ?? "a deleted index")   \(number)")
            }
        }
        for broken in damage { try Output.line("damaged: " + store.text(broken)) }
        if !damage.isEmpty { throw InspectFailure(.damage) }
    }
}

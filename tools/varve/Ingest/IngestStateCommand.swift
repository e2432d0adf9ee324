import ArgumentParser
import Varve

struct IngestStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Print the committed pointer of an index.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String

    func run() async throws {
        try await arguments.withIndex(index) { index in
            // Nothing is resolved for a position that the stored pointer stands before.
            let ingestion = try await index.ingest(from: ParkedSource(positions: nil), startingAt: .latest)
            let state = await ingestion.settled()
            await ingestion.close()
            guard let committed = state.committed else {
                throw CommandFailure.no("nothing was ever ingested into index [\(index.name)]")
            }
            var line = JSONLine()
            line.add("committed", committed.description)
            line.add("epoch", state.epoch)
            try Output.line(arguments.json ? line.text : "pointer \(committed)\tepoch \(state.epoch)")
        }
    }
}

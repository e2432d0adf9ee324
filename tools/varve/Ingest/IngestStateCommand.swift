import ArgumentParser
import Varve

struct IngestStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Print the committed pointer of an index.",
        discussion:
            "With --source also how far behind the source's end that is, and what of a message is there.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "file:PATH, to compare with.") var source: SourceName?

    func run() async throws {
        let reach = try await reach()
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
            var words = "pointer \(committed)\tepoch \(state.epoch)"
            if let reach {
                let lag = reach.end.low - min(reach.end.low, committed.low)
                line.add("lag", lag)
                line.add("incomplete_bytes", reach.incompleteBytes)
                words += "\tlag \(lag) bytes"
                if reach.incompleteBytes > 0 {
                    words += "\t\(reach.incompleteBytes) bytes of an incomplete line"
                }
            }
            try Output.line(arguments.json ? line.text : words)
        }
    }

    /// How far the source's whole lines reach, and how much lies behind them.
    private func reach() async throws -> (end: StreamPointer, incompleteBytes: UInt64)? {
        guard let source = source?.source else { return nil }
        do {
            _ = try await source.resolve(.earliest)
            return (try await source.end() ?? 0, try await source.incompleteBytes())
        } catch { throw CommandFailure.badInput("\(error)") }
    }
}

import ArgumentParser
import Varve

struct IngestResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Move the committed pointer of an index.",
        discussion: "Messages that are read again are applied again: documents with ids replace themselves.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "earliest, latest or pointer:N.") var to: Position
    @Option(help: "file:PATH, which says where that is; only earliest is the same everywhere.")
    var source: SourceName?

    func validate() throws {
        if source == nil && to.start != .earliest {
            throw ValidationError("only the source knows where that is: give --source file:PATH")
        }
    }

    func run() async throws {
        let source = ParkedSource(positions: source?.source)
        do { _ = try await source.resolve(to.start) } catch { throw CommandFailure.badInput("\(error)") }
        try await arguments.withIndex(index) { index in
            let ingestion = try await index.ingest(from: source, startingAt: to.start)
            _ = await ingestion.settled()
            await ingestion.pause()
            do { try await ingestion.reset(to: to.start) } catch {
                await ingestion.close()
                throw error
            }
            await ingestion.close()
        }
    }
}

import ArgumentParser
import Varve

struct IngestResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Move the committed pointer of an index.",
        discussion: """
            Messages that are read again are applied again: documents with ids replace themselves. Without --source \
            a pointer is taken as it is; the next start makes sure that it is the start of a message.
            """)

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "earliest, latest or pointer:N.") var to: Position
    @Option(help: "file:PATH, which says where latest is, and checks a pointer at once.")
    var source: SourceName?

    func validate() throws {
        if source == nil && to.start == .latest {
            throw ValidationError("only the source knows where latest is: give --source file:PATH")
        }
    }

    func run() async throws {
        let source = ParkedSource(positions: source?.source)
        do { _ = try await source.resolve(to.start) } catch { throw CommandFailure.badInput("\(error)") }
        try await arguments.withIndex(index) { index in
            let ingestion = try await index.ingest(from: source, startingAt: to.start)
            _ = await ingestion.settled()
            try await ingestion.pause()
            do { try await ingestion.reset(to: to.start) } catch {
                await ingestion.close()
                throw error
            }
            await ingestion.close()
        }
    }
}

import ArgumentParser
import Varve

struct IngestStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Pull a source into an index, from where it was left.",
        discussion: "Ends when what the source held at the start is durable, or with --follow never.")

    @OptionGroup var arguments: StoreArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "file:PATH, one JSON message a line: {\"_id\": ..., \"_source\": {...}}.")
    var source: SourceName
    @Flag(help: "Go on as the source grows.") var follow = false
    @Option(help: "Where to start if nothing was ever read: earliest, latest or pointer:N.")
    var from = Position.earliest
    @Option(help: "What becomes of a message that cannot be applied: drop or block.")
    var onError = OnError.block

    func run() async throws {
        let source = source.source
        let goal = follow ? nil : try await end(of: source)
        try await arguments.withIndex(index) { index in
            let ingestion = try await index.ingest(
                from: source, startingAt: from.start, onError: onError.strategy)
            let last = await watch(ingestion, until: goal)
            // Closing waits for what was applied: only then is all of it committed.
            await ingestion.close()
            try report(ingestion.state, endedIn: last)
        }
    }

    /// Behind the last whole line that the source has now.
    private func end(of source: JSONLinesSource) async throws -> StreamPointer {
        do {
            _ = try await source.resolve(.earliest)
            if try await source.incompleteBytes() > 0 {
                Output.note("the last line of \(source.name) has no line end and is left for later")
            }
            return try await source.end() ?? 0
        } catch { throw CommandFailure.badInput("\(error)") }
    }

    private func watch(_ ingestion: Ingestion, until goal: StreamPointer?) async -> IngestionState {
        var last = ingestion.state
        for await state in ingestion.states {
            last = state
            Output.progress(IngestionLine.progress(state))
            if let goal, let committed = state.committed, committed >= goal { break }
            if [.paused, .blocked, .closed].contains(state.phase) { break }
        }
        Output.progress(IngestionLine.progress(last), isLast: true)
        return last
    }

    private func report(_ state: IngestionState, endedIn last: IngestionState) throws {
        let words = IngestionLine.progress(state, showsLag: false)
        try Output.line(arguments.json ? IngestionLine.json(state) : words)
        if last.phase == .paused || last.phase == .blocked {
            throw CommandFailure.badInput("ingestion paused: \(last.failure?.reason ?? "")")
        }
    }
}

import ArgumentParser
import Varve
import VarveFiles

struct IngestStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Pull a source into an index, from where it was left.",
        discussion: """
            The source is the one that the index's settings name, or a file. Ends when all of it is durable, or with \
            --follow never. A server pulls by itself: there the command only waits and shows how far it is.
            """)

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "file:PATH, one JSON message a line: {\"_id\": ..., \"_source\": {...}}.")
    var source: SourceName?
    @Flag(help: "Go on as the source grows.") var follow = false
    @Option(help: "With --source, where to start if nothing was ever read; earliest unless given.")
    var from: Position?
    @Option(
        help: "With --source, what becomes of a message that cannot be applied: drop, or block, the default.")
    var onError: OnError?

    func validate() throws {
        if source == nil && (from != nil || onError != nil) {
            throw ValidationError(
                "--from and --on-error go with --source: settings of the index say it otherwise")
        }
    }

    func run() async throws {
        try await arguments.withSite(index, source: source) { site in
            try await site.start(StartSettings(from: from, onError: onError))
            let last = try await watch(site)
            // Closing waits for what was applied: only then is all of it committed.
            await site.close()
            try finish(await site.report(), endedIn: last)
        }
    }

    /// How long a stream may take to say what it consists of.
    private static let patience = Duration.seconds(60)

    /// Until there is nothing more to wait for.
    private func watch(_ site: any IngestionSite) async throws -> IngestionReport {
        var view = LiveView(on: .error)
        var pause = Duration.milliseconds(5)
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let report = try await site.report()
            try view.show(report)
            if !report.stopped.isEmpty || report.isCaughtUp && !follow { return report }
            if let failure = report.failure, !follow {
                throw CommandFailure.no("the stream cannot be read: \(failure)")
            }
            if report.partitions.isEmpty, !follow, ContinuousClock.now > deadline {
                throw CommandFailure.no("nobody reads the stream of index [\(report.index)]")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, LiveView.interval)
        }
    }

    private func finish(_ report: IngestionReport, endedIn last: IngestionReport) throws {
        if arguments.json {
            for partition in report.partitions { try Output.line(partition.json(of: report.index)) }
        } else {
            try Output.line(report.outcome)
        }
        for partition in report.partitions where partition.incompleteBytes > 0 {
            Output.note("\(partition.name): a message that is not whole yet is left for later")
        }
        guard let failed = last.stopped.first(where: { $0.failure != nil }) else { return }
        throw CommandFailure.badInput("\(failed.name): \(failed.failureWords)")
    }
}

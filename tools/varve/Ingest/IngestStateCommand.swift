import ArgumentParser
import Varve
import VarveFiles

struct IngestStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Print what is read into an index, how far, and what keeps it.",
        discussion: """
            A line for each shard and partition. The lag is the distance to the end of the stream of what is fetched, \
            applied and durable; one number if they are the same. In a directory nobody pulls now: what is durable is \
            shown, and how far the stream has gone on since.
            """)

    @OptionGroup var arguments: IngestArguments
    @Argument(help: "The index.") var index: String
    @Option(help: "file:PATH, to compare with, for an index whose settings name no source.")
    var source: SourceName?
    @Flag(help: "Go on showing it, twice a second, until it is interrupted; on a server alone.")
    var follow = false

    func run() async throws {
        try await arguments.withSite(index, source: source) { site in
            if follow { return try await watch(site) }
            let report = try await site.report()
            guard arguments.json else {
                for line in report.lines() { try Output.line(line) }
                return
            }
            for partition in report.partitions { try Output.line(partition.json(of: report.index)) }
            if let failure = report.failure { Output.note("the stream cannot be read: \(failure)".printable) }
        }
    }

    private func watch(_ site: any IngestionSite) async throws {
        if site is StoreSite {
            throw CommandFailure.badInput(
                "nothing changes in a directory that nobody else has open: --follow needs a --server, or start"
            )
        }
        var view = LiveView(on: .output, printsJSON: arguments.json)
        while true {
            try view.show(await site.report())
            try await Task.sleep(for: LiveView.interval)
        }
    }
}

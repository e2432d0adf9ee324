import ArgumentParser
import Foundation

/// Pauses, resumes and resets ingestion at random while it runs as fast as it can.
struct IngestControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest-control",
        abstract:
            "Pause, reset and resume ingestion at random under load, and count how often each message was applied.",
        discussion: """
            Ids are made of places, so the version of a document says how often its message was applied; a model \
            says how often it should have been. What is printed is one JSON object; the status is 3 if anything is \
            amiss, or if a pause took longer than it may.
            """)

    @Option(help: "How often it is paused and resumed.")
    var cycles = 1_000
    @Option(help: "Messages that are there at the start.")
    var backlog = 100_000
    @Option(help: "Messages that come with each cycle.")
    var messagesPerCycle = 200
    @Option(help: "Shards, each with a partition of its own.")
    var shards = 2
    @Option(help: "Longest time between a resume and the next pause, in milliseconds.")
    var longestRun = 30
    @Option(help: "How long a pause may take, in milliseconds.")
    var pauseMax = 100.0
    @Option(help: "Seed of what is done when.")
    var seed: UInt64 = 1
    @OptionGroup var work: WorkOptions

    func run() async throws {
        let path = try work.make()
        let run = try await ControlRun(directory: path, shards: shards, longestRun: longestRun, seed: seed)
        let sums = try await run.run(
            cycles: cycles, backlog: backlog, messagesPerCycle: messagesPerCycle)
        print(sums)
        guard sums.isClean, sums.pauses.max() ?? 0 < pauseMax else { throw ExitCode(3) }
    }
}

/// The sums of a run of cycles, and the first things that went wrong.
struct ControlSums: CustomStringConvertible {
    var cycles = 0
    /// Pauses while messages were waiting, in milliseconds, and those while none were.
    var pauses: [Double] = []
    var idlePauses = 0
    var resets = 0
    var resetsToStart = 0
    var resetsForward = 0
    var reopened = 0
    var messages = 0
    var documents = 0
    /// Messages applied, each time that they were.
    var applications = 0
    /// Documents whose version is not what the model says.
    var wrongVersions = 0
    private var notes: [String] = []

    mutating func note(_ text: String) { if notes.count < 20 { notes.append(text) } }

    var isClean: Bool { notes.isEmpty && wrongVersions == 0 && documents == messages }

    /// One JSON object.
    var description: String {
        let numbers: [(String, Int)] = [
            ("cycles", cycles), ("resets", resets), ("to the start", resetsToStart),
            ("forward", resetsForward),
            ("reopened", reopened), ("messages", messages), ("documents", documents),
            ("applications", applications), ("wrong versions", wrongVersions),
            ("pauses under load", pauses.count), ("pauses without", idlePauses),
        ]
        let members = numbers.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        let sorted = pauses.sorted()
        let shares: [(String, Double)] = [
            ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1),
        ]
        let times = shares.map { name, share in
            let at = min(sorted.count - 1, Int(Double(sorted.count) * share))
            return "\"\(name)\": \(String(format: "%.2f", sorted.isEmpty ? 0 : sorted[at]))"
        }.joined(separator: ", ")
        let failures = notes.isEmpty ? "" : ", \"notes\": \(notes)"
        return "{\(members), \"pause under load, ms\": {\(times)}\(failures)}"
    }
}

import Foundation
import VarveBytes
import VarveSimulation

/// Where the messages of a run are written to.
protocol FeedSink: Sendable {
    /// The members of `ingestion_source` that name the stream.
    var settings: String { get }
    /// Options that the server needs for it.
    var serverOptions: [String] { get }
    /// Whether the number in a pointer is the number of messages before it.
    var countsMessages: Bool { get }
    /// Whether lines may be cut anywhere: what is behind the cut comes later.
    var takesTornLines: Bool { get }
    /// Messages of one batch: few, so that a kill finds many batches on their way.
    var batchMessages: Int { get }
    /// Whole lines, or torn ones, each a message.
    func append(_ lines: Data, to partition: Int) async throws
    /// Waits until everything is in the stream.
    func flush() async throws
    /// Ends what was started for it.
    func close()
}

/// Writes numbered messages without ids into a stream, a few at a time, as far as it is allowed to.
final class Feed: Sendable {
    private struct State {
        var random: SplitMix64
        var allowed = 0
        /// Messages that were begun, by partition.
        var begun: [Int]
        /// What is made and not written.
        var rest: [Data]
        var isSettled = true
        var isEnding = false
        var failure: (any Error)?
    }
    private let sink: any FeedSink
    private let state: Locked<State>
    private let task = Locked<Task<Void, Never>?>(nil)

    init(_ sink: any FeedSink, partitions: Int, seed: UInt64) {
        self.sink = sink
        state = Locked(
            State(
                random: SplitMix64(seed: seed), begun: [Int](repeating: 0, count: partitions),
                rest: [Data](repeating: Data(), count: partitions)))
    }

    func start() {
        let running = Task { await run() }
        task.withLock { $0 = running }
    }

    /// Messages by partition, of which the last may not be written yet.
    var begun: [Int] { state.withLock { $0.begun } }

    /// Lets it write up to so many messages in all.
    func allow(_ count: Int) {
        state.withLock { state in
            state.allowed = max(state.allowed, count)
            state.isSettled = false
        }
    }

    /// Returns when everything that is allowed is in the stream, whole.
    func settled() async throws {
        while true {
            let (isSettled, failure) = state.withLock { ($0.isSettled, $0.failure) }
            if let failure { throw failure }
            if isSettled { return try await sink.flush() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func close() async {
        state.withLock { $0.isEnding = true }
        await task.withLock { $0 }?.value
        sink.close()
    }

    private enum Step {
        case write(Data, partition: Int, pause: Int)
        case wait
        case end
    }

    private func run() async {
        while true {
            switch state.withLock({ next(&$0) }) {
            case .end: return
            case .wait: try? await Task.sleep(for: .milliseconds(1))
            case .write(let lines, let partition, let pause):
                do { try await sink.append(lines, to: partition) } catch {
                    state.withLock { $0.failure = error }
                    return
                }
                if pause > 0 { try? await Task.sleep(for: .microseconds(pause)) }
            }
        }
    }

    private func next(_ state: inout State) -> Step {
        if state.isEnding { return .end }
        let partition = state.random.next(below: state.begun.count)
        let room = state.allowed - state.begun.reduce(0, +)
        guard room > 0 else {
            // Nothing more is allowed: what was torn is made whole.
            guard let torn = state.rest.firstIndex(where: { !$0.isEmpty }) else {
                state.isSettled = true
                return .wait
            }
            defer { state.rest[torn] = Data() }
            return .write(state.rest[torn], partition: torn, pause: 0)
        }
        var text = ""
        for _ in 0..<min(room, 1 + state.random.next(below: 100)) {
            text += "{\"_source\":{\"p\":\(partition),\"n\":\(state.begun[partition])}}\n"
            state.begun[partition] += 1
        }
        var lines = state.rest[partition] + Data(text.utf8)
        let cut = sink.takesTornLines ? state.random.next(below: lines.count + 1) : lines.count
        state.rest[partition] = Data(lines[(lines.startIndex + cut)...])
        lines = Data(lines.prefix(cut))
        // Now and then at once, so that a backlog grows.
        return .write(lines, partition: partition, pause: state.random.next(below: 3) * 500)
    }
}

/// Files of lines, a file for each partition, as the source `file` reads them.
struct FileFeed: FeedSink {
    private let directory: String
    let countsMessages = true
    let takesTornLines = true
    let batchMessages = 10

    init(_ directory: String, partitions: Int) throws {
        self.directory = directory + "/feeds"
        try FileManager.default.createDirectory(
            atPath: self.directory + "/s", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        for partition in 0..<partitions {
            try Data().write(to: URL(filePath: path(partition)))
        }
    }

    private func path(_ partition: Int) -> String { "\(directory)/s/\(partition).ndjson" }

    var settings: String {
        #""type": "file", "param": {"base_directory": "\#(directory)", "stream": "s"}"#
    }
    var serverOptions: [String] { ["--ingestion-directory", directory] }

    func append(_ lines: Data, to partition: Int) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path(partition)))
        try file.seekToEnd()
        try file.write(contentsOf: lines)
        try file.close()
    }

    func flush() {}
    func close() {}
}

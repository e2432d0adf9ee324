import Foundation
import Varve
import VarveIngest
import VarveSimulation

/// One store whose ingestion is paused, reset, resumed and reopened, and a model of what it must have applied.
final class ControlRun {
    /// A partition as the model has it.
    private struct Model {
        /// The next message that will be applied.
        var position = 0
        /// How often each was applied.
        var applications: [Int64] = []

        mutating func advance(to end: Int) {
            if end > applications.count {
                applications += [Int64](repeating: 0, count: end - applications.count)
            }
            for at in position..<max(position, end) { applications[at] += 1 }
            position = end
        }
    }

    private let directory: String
    private let shards: Int
    private let longestRun: Int
    private let sink: FileFeed
    private let feed: Feed
    private var store: Store
    private var index: Index
    private var models: [Model]
    private var random: SplitMix64
    private var sums = ControlSums()

    init(directory: String, shards: Int, longestRun: Int, seed: UInt64) async throws {
        self.directory = directory
        self.shards = shards
        self.longestRun = longestRun
        sink = try FileFeed(directory, partitions: shards)
        feed = Feed(sink, partitions: shards, seed: ~seed)
        models = [Model](repeating: Model(), count: shards)
        random = SplitMix64(seed: seed)
        store = try await Self.open(directory)
        index = try await store.createIndex("stream", mapping: ["p": .long, "n": .long], shards: shards)
    }

    private static func open(_ directory: String) async throws -> Store {
        var sources = SourceRegistry()
        sources.registerFiles(within: [directory])
        return try await Store.open(at: directory + "/data", sources: sources)
    }

    private var ingestion: Ingestion {
        get throws {
            guard let ingestion = index.ingestion else { throw TortureFailure("ingestion does not run") }
            return ingestion
        }
    }

    func run(cycles: Int, backlog: Int, messagesPerCycle: Int) async throws -> ControlSums {
        feed.start()
        feed.allow(backlog)
        var settings = IngestionSettings()
        settings.source = SourceDefinition(
            type: "file", parameters: ["base_directory": directory + "/feeds", "stream": "s"])
        try await index.startIngestion(settings)
        for cycle in 1...max(1, cycles) {
            feed.allow(backlog + cycle * messagesPerCycle)
            try await Task.sleep(for: .microseconds(random.next(below: max(1, longestRun * 1_000))))
            try await pause()
            if random.next(below: 10) == 0 { try await watch() }
            if random.next(below: 2) == 0 { try await reset() }
            if random.next(below: 50) == 0 { try await reopen() }
            try await ingestion.resume()
            sums.cycles += 1
        }
        try await feed.settled()
        try await end()
        await feed.close()
        return sums
    }

    // MARK: Cycles

    private func pause() async throws {
        let ingestion = try ingestion
        let isLoaded = ingestion.partitions.contains { ($0.lag.applied ?? 1) > 0 }
        let start = ContinuousClock.now
        try await ingestion.pause()
        let time = (ContinuousClock.now - start) / .milliseconds(1)
        if isLoaded { sums.pauses.append(time) } else { sums.idlePauses += 1 }
        let states = ingestion.partitions
        if states.count != shards { sums.note("\(states.count) partitions are read") }
        for state in states {
            guard state.phase == .paused, state.failure == nil, state.committed == state.applied,
                let committed = state.committed
            else {
                sums.note("no quiet pause: \(state)")
                continue
            }
            let end = Int(committed.low)
            if end < models[state.shard].position { sums.note("shard \(state.shard) went back to \(end)") }
            sums.applications += max(0, end - models[state.shard].position)
            models[state.shard].advance(to: end)
        }
    }

    /// Nothing moves while it is paused.
    private func watch() async throws {
        let before = index.positions
        try await Task.sleep(for: .milliseconds(5))
        if index.positions != before { sums.note("a pointer moved while paused") }
    }

    private func reset() async throws {
        let chosen = (0..<shards).filter { _ in random.next(below: 3) > 0 }
        var requests: [IngestionReset] = []
        for shard in chosen {
            let model = models[shard]
            let target: Int
            switch random.next(below: 4) {
            case 0:
                target = 0
                sums.resetsToStart += 1
            case 1:
                // Forward, over what was read before.
                target = model.position + random.next(below: model.applications.count - model.position + 1)
                sums.resetsForward += 1
            default: target = random.next(below: model.applications.count + 1)
            }
            requests.append(
                IngestionReset(
                    shard: shard, to: target == 0 ? .earliest : .pointer(StreamPointer(UInt64(target)))))
            models[shard].position = target
        }
        if requests.isEmpty { return }
        let before = try ingestion.partitions.map(\.committed)
        let answers = try await ingestion.reset(requests, allowsSkip: true)
        for answer in answers
        where answer.old != before[answer.shard] || Int(answer.new.low) != models[answer.shard].position {
            sums.note("a reset says \(answer), the model \(models[answer.shard].position)")
        }
        sums.resets += 1
    }

    /// The store is closed and opened while paused: the pause and the pointers outlive it.
    private func reopen() async throws {
        try await store.close()
        store = try await Self.open(directory)
        index = try store.index("stream")
        sums.reopened += 1
        let positions = index.positions.map { $0.first.map { Int($0.pointer.low) } ?? -1 }
        if positions != models.map(\.position) { sums.note("positions \(positions) after a reopen") }
        if try !ingestion.isPaused { sums.note("a pause did not outlive a reopen") }
    }

    // MARK: The end

    /// Every message is read to the end once more, and its document says how often it was applied.
    private func end() async throws {
        let counts = feed.begun
        let deadline = ContinuousClock.now + .seconds(120)
        while try ingestion.partitions.contains(where: { Int($0.committed?.low ?? 0) < counts[$0.shard] }) {
            guard ContinuousClock.now < deadline else {
                sums.note("not caught up: \(try ingestion.partitions), \(counts)")
                break
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        try await pause()
        sums.messages = counts.reduce(0, +)
        try await index.refresh()
        sums.documents = try index.count()
        var last: SearchHit?
        var seen = 0
        while true {
            let page = try await index.search(limit: 10_000, after: last, totalHits: .none, source: .none)
            for hit in page.hits {
                seen += 1
                let parts = hit.id.split(separator: "-").suffix(2).compactMap { Int($0) }
                let expected =
                    parts.count == 2 && models.indices.contains(parts[0])
                        && models[parts[0]].applications.indices.contains(parts[1])
                    ? models[parts[0]].applications[parts[1]] : -1
                if hit.version != expected {
                    sums.wrongVersions += 1
                    sums.note("\(hit.id) was applied \(hit.version) times, not \(expected)")
                }
            }
            guard let next = page.hits.last else { break }
            last = next
        }
        if seen != sums.documents { sums.note("\(seen) documents by pages") }
        try await store.close()
    }
}

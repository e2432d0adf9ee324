import Foundation
import VarveSimulation

/// Kills a server that reads a stream again and again, and counts the messages that are in it.
///
/// Whatever is compared is compared at a point in time: its documents and its positions are of one moment, while
/// ingestion goes on.
final class KillRun {
    struct Plan {
        var kills: Int
        var messages: Int
        var shards: Int
        var partitions: Int
        /// Longest time from the comparison to the death, in milliseconds.
        var longestLife: Int
        /// Every so many kills the stream stands still, every document is read, and the server is restarted.
        var restEvery: Int
    }

    private let plan: Plan
    private let server: VarveServer
    private let sink: any FeedSink
    private let feed: Feed
    private var random: SplitMix64
    private var sums: IngestSums
    /// What was durable by the last word of a server, by partition.
    private var promised: [Int: Int] = [:]

    init(_ plan: Plan, _ server: VarveServer, _ sink: any FeedSink, source: String, seed: UInt64) {
        self.plan = plan
        self.server = server
        self.sink = sink
        random = SplitMix64(seed: seed)
        feed = Feed(sink, partitions: plan.partitions, seed: ~seed)
        sums = IngestSums(source: source)
    }

    func run() async throws -> IngestSums {
        let start = ContinuousClock.now
        try server.start()
        try await server.listening()
        try await index.create(shards: plan.shards, pulling: sink)
        server.kill()
        feed.start()
        do {
            for number in 1...max(1, plan.kills) {
                try await life(number)
                if number % plan.restEvery == 0 || number == plan.kills { try await rest(after: number) }
            }
        } catch {
            sums.note("after \(sums.kills) kills: \(error); the server said: \(server.words.suffix(500))")
        }
        server.kill()
        sums.messages = feed.begun.reduce(0, +)
        await feed.close()
        sums.seconds = Int((ContinuousClock.now - start).components.seconds)
        return sums
    }

    private var index: PulledIndex { PulledIndex(calls: server.calls) }

    // MARK: One life

    private func life(_ number: Int) async throws {
        try server.start()
        sums.kills += 1
        // One in eight dies while it is still recovering.
        if random.next(below: 8) == 0 {
            try await pause(60)
            server.kill()
            sums.earlyKills += 1
            return
        }
        try await server.listening()
        try await compare(eachDocument: false)
        feed.allow(plan.messages * number / plan.kills)
        try await pause(plan.longestLife)
        let partitions = try await index.partitions()
        server.kill()
        hear(partitions)
        let fetched = partitions.reduce(0) { $0 + PulledIndex.number($1.fetched_pointer) }
        let durable = partitions.reduce(0) { $0 + PulledIndex.number($1.durable_pointer) }
        if fetched > durable { sums.killsInFlight += 1 }
        if sink.countsMessages, durable < feed.begun.reduce(0, +) { sums.killsBehind += 1 }
    }

    private func pause(_ milliseconds: Int) async throws {
        try await Task.sleep(for: .microseconds(random.next(below: max(1, milliseconds * 1_000))))
    }

    /// A server's last word: what it says is durable must be there after the kill.
    private func hear(_ partitions: [PulledIndex.Partition]) {
        for partition in partitions where sink.countsMessages {
            promised[partition.partition] = max(
                promised[partition.partition] ?? 0, PulledIndex.number(partition.durable_pointer))
        }
    }

    // MARK: Comparing

    private func compare(eachDocument: Bool) async throws {
        let begun = feed.begun
        try await index.withPointInTime { pit in
            let (contents, total) = try await index.contents(of: pit)
            sums.comparisons += 1
            sums.documents = total
            if total != contents.values.reduce(0, { $0 + $1.documents }) {
                sums.note("\(total) documents, and others by partition")
            }
            for (partition, content) in contents {
                compare(partition, content, atMost: max(begun[partition], feed.begun[partition]))
            }
            for (partition, promise) in promised where (contents[partition]?.position ?? 0) < promise {
                sums.positionsLost += 1
                sums.note(
                    "partition \(partition) was durable to \(promise), is at \(contents[partition]?.position ?? 0)"
                )
            }
            guard eachDocument else { return }
            for (partition, counts) in try await index.messages(of: pit) {
                sums.documentsRead += counts.reduce(0) { $0 + Int($1) }
                sums.duplicates += counts.count { $0 > 1 }
                sums.gaps += counts.count { $0 == 0 }
                if counts.count != contents[partition]?.documents {
                    sums.note("partition \(partition) differs by pages")
                }
            }
        }
    }

    private func compare(_ partition: Int, _ content: PulledIndex.Content, atMost begun: Int) {
        sums.duplicates += content.repeated
        sums.gaps += max(0, content.highest + 1 - content.documents)
        let isAtPosition = !sink.countsMessages || content.documents == content.position
        if !isAtPosition { sums.mismatches += 1 }
        guard content.isWhole, isAtPosition, content.documents <= begun else {
            return sums.note("partition \(partition): \(content), of \(begun) messages")
        }
    }

    // MARK: Standing still

    /// The stream stands still: every message is there once, and a clean restart reads nothing.
    private func rest(after number: Int) async throws {
        feed.allow(plan.messages * number / plan.kills)
        try await feed.settled()
        try server.start()
        try await server.listening()
        try await caughtUp()
        try await compare(eachDocument: true)
        try server.stop()
        try server.start()
        try await server.listening()
        try await caughtUp()
        let (polled, processed) = try await index.counts()
        sums.cleanRestarts += 1
        sums.replayed += polled
        sums.processedAgain += processed
        try await compare(eachDocument: false)
        if sums.documents != feed.begun.reduce(0, +) {
            sums.note("\(sums.documents) documents of \(feed.begun.reduce(0, +)) messages")
            sums.mismatches += 1
        }
        try server.stop()
    }

    /// Waits until every message is in the index and durable, and the source has nothing more to give.
    private func caughtUp() async throws {
        let begun = feed.begun
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            let partitions = try await index.partitions()
            if let failure = partitions.compactMap(\.failure).first,
                partitions.contains(where: { $0.phase == "paused" })
            {
                throw TortureFailure("ingestion has stopped: \(failure.error)")
            }
            let isSettled = partitions.allSatisfy {
                $0.durable_pointer == $0.fetched_pointer && $0.phase == "polling"
            }
            if isSettled, partitions.count == plan.partitions {
                let isThere =
                    sink.countsMessages
                    ? partitions.allSatisfy { PulledIndex.number($0.durable_pointer) == begun[$0.partition] }
                    : try await index.withPointInTime { try await index.contents(of: $0).total }
                        == begun.reduce(0, +)
                if isThere { return }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TortureFailure("the stream was not caught up with: \(try await index.partitions()) of \(begun)")
    }
}

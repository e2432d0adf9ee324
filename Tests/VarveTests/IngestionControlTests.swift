import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import Varve

/// A source of one's own is two functions and a name.
private struct Countdown: StreamSource {
    let name = "countdown"

    func resolve(_ position: StartPosition) async throws -> StreamPointer { 0 }

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        (pointer.low..<max(pointer.low, 10)).prefix(limit).map { number in
            Message(
                pointer: StreamPointer(number), next: StreamPointer(number + 1),
                payload: Array(#"{"_source":{"left":\#(10 - number)}}"#.utf8)[...])
        }
    }
}

@Suite struct `Ingestion that a store keeps` {
    func registry(_ stream: MemoryStream) -> SourceRegistry {
        var sources = SourceRegistry()
        sources.register("Memory") { definition, _ in
            guard definition.parameters["fail"] == nil else { throw StreamSourceError("wrong parameter") }
            return stream
        }
        return sources
    }

    func settings(_ change: (inout IngestionSettings) -> Void = { _ in }) -> IngestionSettings {
        var settings = IngestionSettings()
        settings.source = SourceDefinition(type: "memory")
        settings.lagInterval = .milliseconds(20)
        settings.partitionInterval = .milliseconds(20)
        change(&settings)
        return settings
    }

    func message(_ number: Int) -> String { #"{"_id":"\#(number)","_source":{"n":\#(number)}}"# }

    func reach(_ ingestion: Ingestion, _ isReached: ([IngestionState]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let partitions = ingestion.partitions
            if !partitions.isEmpty, isReached(partitions) { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("never reached: \(ingestion.partitions)")
    }

    @Test func `goes on when the store is opened again, and a pause outlives it`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let path = root.path + "/data"
        let stream = MemoryStream(1)
        var store = try await Store.open(at: path, sources: registry(stream))
        let index = try await store.createIndex("stream")
        try await index.startIngestion(settings())
        for number in 0..<10 { stream[0].append(message(number)) }
        try await reach(try #require(index.ingestion)) { $0.first?.committed == 10 }
        await #expect(throws: VarveError.self) { try await index.startIngestion(settings()) }
        try await store.close()
        for number in 10..<20 { stream[0].append(message(number)) }

        store = try await Store.open(at: path, sources: registry(stream))
        var running = try #require(try store.index("stream").ingestion)
        #expect(running.settings == settings())
        try await reach(running) { $0.first?.committed == 20 }
        #expect(running.state.counters.polled == 10, "a message was read twice")
        try await running.pause()
        try await store.close()
        stream[0].append(message(20))

        store = try await Store.open(at: path, sources: registry(stream))
        running = try #require(try store.index("stream").ingestion)
        #expect(running.isPaused && running.state.phase == .paused && running.state.committed == 20)
        try await running.resume()
        try await reach(running) { $0.first?.committed == 21 }
        try await store.index("stream").stopIngestion()
        try await store.close()
        store = try await Store.open(at: path, sources: registry(stream))
        #expect(try store.index("stream").ingestion == nil)
        try await store.close()
    }

    @Test func `stands at the message that blocked it after a restart, and is skipped past it`() async throws
    {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let path = root.path + "/data"
        let stream = MemoryStream(1)
        for text in [message(0), "{broken", message(2)] { stream[0].append(text) }
        var store = try await Store.open(at: path, sources: registry(stream))
        try await store.createIndex("stream").startIngestion(settings())
        try await reach(try #require(try store.index("stream").ingestion)) { $0.first?.phase == .paused }
        let failure = try store.index("stream").ingestion?.state.failure
        #expect(failure?.message?.pointer == 1 && failure?.attempts == 1)
        try await store.close()

        store = try await Store.open(at: path, sources: registry(stream))
        let index = try store.index("stream")
        let running = try #require(index.ingestion)
        #expect(running.state.phase == .paused && running.state.failure == failure)
        #expect(!running.isPaused, "it was not asked to pause")
        #expect(try await running.skip()?.pointer == 1)
        try await reach(running) { $0.first?.committed == 3 }
        let dropped = try index.droppedMessages()
        #expect(dropped.messages.map(\.pointer) == [1] && dropped.total == 1)
        #expect(dropped.messages[0].errorType == "parse_exception")
        #expect(dropped.messages[0].payload == Array("{broken".utf8))
        try await store.close()
    }

    @Test func `resets move all shards or none, and say from where to where`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(2)
        for number in 0..<20 { stream[number % 2].append(message(number)) }
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream", shards: 2)
        let ingestion = try await index.startIngestion(settings())
        try await reach(ingestion) { $0.allSatisfy { $0.committed == 10 } }
        let both = (0..<2).map { IngestionReset(shard: $0, to: .pointer(4)) }
        func refusal(_ requests: [IngestionReset]) async -> String? {
            do throws(VarveError) {
                try await ingestion.reset(requests)
                return nil
            } catch { return error.message }
        }
        #expect(await refusal(both) == "Cannot reset consumer when poller is not paused")
        try await ingestion.pause()
        let unknown = both + [IngestionReset(shard: 7, to: .pointer(4))]
        #expect(await refusal(unknown)?.contains("shard [7] does not exist") == true)
        let outside = [both[0], IngestionReset(shard: 1, to: .pointer(400))]
        #expect(await refusal(outside)?.contains("outside") == true)
        #expect(await refusal([both[0], both[0]])?.contains("twice") == true)
        #expect(ingestion.partitions.map(\.committed) == [10, 10])
        let said = try await ingestion.reset(both, isDryRun: true)
        #expect(said.map(\.old) == [10, 10] && said.map(\.new) == [4, 4])
        #expect(ingestion.partitions.map(\.committed) == [10, 10])
        #expect(try await ingestion.reset(both) == said)
        #expect(ingestion.partitions.map(\.committed) == [4, 4])
        #expect(ingestion.partitions.map(\.epoch) == [1, 1])
        let forward = [IngestionReset(shard: 0, to: .latest)]
        #expect(await refusal(forward)?.contains("allow_skip") == true)
        try await ingestion.reset(forward, allowsSkip: true)
        try await ingestion.resume()
        try await reach(ingestion) { $0.allSatisfy { $0.committed == 10 } }
        try await index.refresh()
        #expect(try index.count() == 20)
        try await store.close()
    }

    @Test func `pages of dropped messages end at 16 MiB and say that more follow`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(2)
        let broken = "{" + String(repeating: "x", count: 60_000)
        for number in 0..<360 { stream[number % 2].append(broken) }
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream", shards: 2)
        let ingestion = try await index.startIngestion(
            settings {
                $0.onError = .drop
                $0.deadLetters.bytes = 64 << 20
            })
        try await reach(ingestion) { $0.count == 2 && $0.allSatisfy { $0.committed == 180 } }
        var (seen, pages, after) = (Set<String>(), 0, String?.none)
        repeat {
            let page = try index.droppedMessages(after: after, limit: 1_000)
            seen.formUnion(page.messages.map(\.id))
            pages += 1
            after = page.next
        } while after != nil
        #expect(seen.count == 360 && pages == 2)
        try await store.close()
    }

    @Test func `what was dropped is applied once the mapping takes it`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let path = root.path + "/data"
        let strict = Array(#"{"dynamic":"strict","properties":{"n":{"type":"long"}}}"#.utf8)
        let stream = MemoryStream(1)
        for number in 0..<1_000 {
            stream[0].append(
                number % 10 == 3 ? #"{"_source":{"n":\#(number),"late":"x"}}"# : message(number))
        }
        var store = try await Store.open(at: path, sources: registry(stream))
        try await store.createIndex("stream", mapping: try Mapping(json: strict.rawSpan))
            .startIngestion(settings { $0.onError = .drop })
        try await reach(try #require(try store.index("stream").ingestion)) { $0.first?.committed == 1_000 }
        #expect(try store.index("stream").ingestion?.state.counters.dropped == 100)
        try await store.close()
        store = try await Store.open(at: path, sources: registry(stream))
        let index = try store.index("stream")
        #expect(try index.count() == 900)
        let first = try index.droppedMessages(limit: 30)
        #expect(first.messages.count == 30 && first.total == 100)
        #expect(first.next == first.messages.last?.id)
        let next = try index.droppedMessages(after: first.next, limit: 70)
        #expect(next.messages.count == 70 && next.next == nil)
        #expect(try index.droppedMessages(limit: .max).messages.count == 100)
        #expect(first.messages[0].errorType == "strict_dynamic_mapping_exception")
        let one = first.messages[0].id
        #expect(try index.droppedMessage(one)?.pointer == 3)
        let early = try await index.retryDroppedMessages([one])
        #expect(early.settled == 0 && early.failed.map(\.id) == [one])
        try await index.extendMapping(["late": .keyword])
        #expect(try await index.retryDroppedMessages([one]).settled == 1)
        #expect(try await index.purgeDroppedMessages([first.messages[1].id]) == 1)
        #expect(try await index.retryDroppedMessages().settled == 98)
        #expect(try index.droppedMessages().total == 0)
        await #expect(throws: VarveError.self) { try await index.retryDroppedMessages([one]) }
        #expect(throws: VarveError.self) { try index.droppedMessage("x") }
        try await index.refresh()
        #expect(try index.count() == 999)
        try await store.close()
    }

    @Test func `a point in time knows how far the stream is in it`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(1)
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream")
        let ingestion = try await index.startIngestion(settings())
        for number in 0..<50 { stream[0].append(message(number)) }
        try await ingestion.wait(for: 50)
        #expect(try index.count() == 50)
        let pointInTime = try await index.openPointInTime(keepAlive: .seconds(60))
        for number in 50..<80 { stream[0].append(message(number)) }
        try await ingestion.wait(for: 80)
        let positions = pointInTime.info?.pins.flatMap(\.positions)
        #expect(positions?.map(\.pointer) == [50])
        #expect(try await pointInTime.count() == 50)
        #expect(index.positions.first?.map(\.pointer) == [80])
        await #expect(throws: VarveError.self) { try await ingestion.wait(for: 80, shard: 3) }
        try await store.close()
    }

    @Test func `the whole start of a stream is there although nothing was read before the crash`()
        async throws
    {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let path = root.path + "/data"
        let stream = MemoryStream(1)
        for number in 0..<5 { stream[0].append(message(number)) }
        var store = try await Store.open(at: path, sources: registry(stream))
        let index = try await store.createIndex("stream")
        let ingestion = try await index.startIngestion(settings { $0.start = .latest })
        try await reach(ingestion) { $0.first?.committed == 5 }
        try await store.close()
        for number in 5..<9 { stream[0].append(message(number)) }
        store = try await Store.open(at: path, sources: registry(stream))
        try await reach(try #require(try store.index("stream").ingestion)) { $0.first?.committed == 9 }
        try await store.index("stream").refresh()
        #expect(try store.index("stream").count() == 4)
        try await store.close()
    }

    @Test func `parameters change while it runs, and deleting the index ends it`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(1)
        stream[0].append(message(0))
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream")
        let ingestion = try await index.startIngestion(settings())
        try await reach(ingestion) { $0.first?.committed == 1 }
        try await ingestion.change(settings { $0.source?.parameters["x"] = "y" })
        stream[0].append(message(1))
        try await reach(ingestion) { $0.first?.committed == 2 }
        #expect(index.ingestion?.settings.source?.parameters == ["x": "y"])
        await ingestion.setWriteBlocked(true)
        stream[0].append(message(2))
        try await reach(ingestion) { $0.first?.isWriteBlocked == true }
        #expect(ingestion.state.pollerState == "PAUSED" && !ingestion.state.isPaused)
        await ingestion.setWriteBlocked(false)
        try await reach(ingestion) { $0.first?.committed == 3 }
        try await store.deleteIndex("stream")
        #expect(ingestion.state.phase == .closed && index.ingestion == nil)
        try await store.close()
    }

    @Test func `two functions are a source`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("stream")
        let ingestion = try await index.ingest(from: Countdown())
        try await ingestion.wait(for: 10)
        #expect(try index.count() == 10)
        await ingestion.close()
        try await store.close()
    }

    @Test func `settings come back as they were stored`() throws {
        let all = settings {
            $0.name = "a \"name\""
            $0.source?.parameters = ["topic": "x", "k": "\n"]
            $0.start = .timestamp(milliseconds: -5)
            $0.format = .fields(EnvelopeFields(id: "a.b", operation: "o", deleteValue: "d"))
            $0.generatedIDs = .random
            $0.tombstones = .delete
            $0.refresh = .immediate
            $0.onError = .drop
            $0.assignment = .modulo
            $0.batchMessages = 7
            $0.queueBytes = 8
            $0.pollTimeout = .milliseconds(9)
            $0.batchesInFlight = 10
            $0.retryDelayMax = .seconds(11)
            $0.rate = IngestionRate(messagesPerSecond: 12.5, bytesPerSecond: 13)
            $0.deadLetters = DeadLetterLimits(bytes: 14, age: .seconds(15))
        }
        for settings in [all, IngestionSettings()] {
            #expect(try IngestionSettings(json: settings.json) == settings)
        }
        var pointer = StreamPointer(7)
        pointer.details = (1, 2)
        let started = settings { $0.start = .pointer(pointer) }
        #expect(try IngestionSettings(json: started.json).start == .pointer(7))
        #expect(throws: IngestionSettingsError.self) { try IngestionSettings(json: "{}") }
        #expect(throws: IngestionSettingsError.self) { try settings { $0.batchMessages = 0 }.check() }
    }

}

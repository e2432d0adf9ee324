import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import Varve

/// A stream in memory whose partitions appear and close as the test says.
final class MemoryStream: PartitionedStream {
    struct Part {
        var source: MemorySource
        var parents: [UInt32] = []
        var isClosed = false
    }
    private let parts: Locked<[Part]>
    private let reachable = Locked(true)
    let name = "memory"

    init(_ count: Int) { parts = Locked((0..<count).map { Part(source: MemorySource(name: "part \($0)")) }) }

    subscript(partition: Int) -> MemorySource { parts.withLock { $0[partition].source } }

    func add(parents: [UInt32] = []) {
        parts.withLock { parts in
            parts.append(Part(source: MemorySource(name: "part \(parts.count)"), parents: parents))
        }
    }
    func close(_ partition: Int) { parts.withLock { $0[partition].isClosed = true } }
    func setReachable(_ isReachable: Bool) { reachable.withLock { $0 = isReachable } }

    func partitions() async throws -> [StreamPartition] {
        guard reachable.withLock({ $0 }) else { throw StreamSourceError("no broker", isTransient: true) }
        return parts.withLock { parts in
            parts.enumerated().map { at, part in
                StreamPartition(number: UInt32(at), parents: part.parents, isClosed: part.isClosed)
            }
        }
    }

    func source(of partition: UInt32) async throws -> any StreamSource { self[Int(partition)] }
}

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
    private func registry(_ stream: MemoryStream) -> SourceRegistry {
        var sources = SourceRegistry()
        sources.register("Memory") { definition, _ in
            guard definition.parameters["fail"] == nil else { throw StreamSourceError("wrong parameter") }
            return stream
        }
        return sources
    }

    private func settings(_ change: (inout IngestionSettings) -> Void = { _ in }) -> IngestionSettings {
        var settings = IngestionSettings()
        settings.source = SourceDefinition(type: "memory")
        settings.lagInterval = .milliseconds(20)
        settings.partitionInterval = .milliseconds(20)
        change(&settings)
        return settings
    }

    private func message(_ number: Int) -> String { #"{"_id":"\#(number)","_source":{"n":\#(number)}}"# }

    private func reach(_ ingestion: Ingestion, _ isReached: ([IngestionState]) -> Bool) async throws {
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

    @Test func `a source that is not there is asked until it is`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(1)
        stream[0].append(message(0))
        stream.setReachable(false)
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream")
        await #expect(throws: VarveError.self) { try await index.startIngestion(settings()) }
        let running = try await index.startIngestion(settings(), checkingSource: false)
        #expect(running.failure?.reason == "no broker")
        stream.setReachable(true)
        try await reach(running) { $0.first?.committed == 1 }
        #expect(running.failure == nil)
        for wrong in ["nothing", ""] {
            await #expect(throws: VarveError.self) {
                try await index.startIngestion(settings { $0.source?.type = wrong })
            }
        }
        try await store.close()
    }

    @Test func `eight partitions in three shards, each message once, over restarts`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let path = root.path + "/data"
        let stream = MemoryStream(8)
        var store = try await Store.open(at: path, sources: registry(stream))
        try await store.createIndex("stream", shards: 3)
            .startIngestion(settings { $0.assignment = .modulo })
        for round in 0..<5 {
            for number in 0..<400 { stream[number % 8].append(#"{"_source":{"n":\#(round)}}"#) }
            if round == 3 {
                stream.add()
                stream[8].append(#"{"_source":{"n":3}}"#)
            }
            try await store.close()
            store = try await Store.open(at: path, sources: registry(stream))
        }
        let index = try store.index("stream")
        let ingestion = try #require(index.ingestion)
        try await reach(ingestion) { states in
            states.count == 9 && states.prefix(8).allSatisfy { $0.lag.durable == 0 || $0.applied == 250 }
                && states.reduce(0) { $0 + Int($1.committed?.low ?? 0) } == 2_001
        }
        #expect(ingestion.partitions.map(\.shard) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
        try await index.refresh()
        #expect(try index.count() == 2_001)
        try await store.close()
    }

    @Test func `children are read after their parents have ended`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(1)
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream")
        let ingestion = try await index.startIngestion(
            settings {
                $0.assignment = .modulo
                $0.pollTimeout = .milliseconds(5)
            })
        stream[0].append(message(0))
        try await reach(ingestion) { $0.first?.committed == 1 }
        try await ingestion.pause()
        stream[0].append(#"{"_id":"a","_source":{"n":1}}"#)
        stream.close(0)
        stream.add(parents: [0])
        stream[1].append(#"{"_id":"a","_source":{"n":2}}"#)
        try await Task.sleep(for: .milliseconds(100))
        #expect(ingestion.partitions.count == 1, "a child was read before its parent's end")
        try await ingestion.resume()
        try await reach(ingestion) { $0.count == 2 && $0[1].committed == 1 }
        let document = try await index.get("a")
        #expect(document.map { String(decoding: $0.source, as: UTF8.self) } == #"{"n":2}"#)
        try await store.close()
    }

    @Test func `a stream that does not fit the shards is refused`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("stream", shards: 3)
        let cases: [(Int, PartitionAssignment, String)] = [
            (
                2, .simple,
                "Shard [2] cannot be assigned a partition: source has only [2] partitions but shard ID requires "
                    + "partition [2]. Use partition_strategy=modulo to map multiple partitions per shard."
            ),
            (
                4, .simple,
                "Partitions [3] would not be read: the index has only [3] shards. Use partition_strategy=modulo to "
                    + "map multiple partitions per shard."
            ),
            (
                2, .modulo,
                "Number of source partitions [2] must be >= number of shards [3] for modulo partition strategy"
            ),
        ]
        for (count, assignment, expected) in cases {
            var settings = IngestionSettings()
            settings.assignment = assignment
            do throws(VarveError) {
                _ = try await index.ingest(from: MemoryStream(count), settings: settings)
                Issue.record("\(count) partitions were taken")
            } catch { #expect(error.message == expected && error.kind == .invalid) }
        }
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
        let next = try index.droppedMessages(after: first.messages.last?.id, limit: 100)
        #expect(next.messages.count == 70)
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

    @Test func `what a stream still keeps is told before it forgets`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(1)
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let ingestion = try await store.createIndex("stream").startIngestion(settings())
        for number in 0..<10 { stream[0].append(message(number)) }
        try await reach(ingestion) { $0.first?.committed == 10 && $0.first?.lag.retained == 10 }
        try await ingestion.pause()
        for number in 10..<15 { stream[0].append(message(number)) }
        stream[0].trim(before: 9)
        try await reach(ingestion) { $0.first?.lag.retained == 1 && $0.first?.lag.applied == 5 }
        stream[0].trim(before: 12)
        try await reach(ingestion) { $0.first?.lag.retained == 0 && $0.first?.lag.applied == 5 }
        try await ingestion.resume()
        try await reach(ingestion) { $0.first?.phase == .paused && $0.first?.failure != nil }
        try await store.close()
    }

    @Test func `partitions that were there at first begin as set, those that come later at their start`()
        async throws
    {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(2)
        for partition in 0..<2 { stream[partition].append(message(partition)) }
        let path = root.path + "/data"
        var store = try await Store.open(at: path, sources: registry(stream))
        let index = try await store.createIndex("stream", shards: 2)
        // As if the process had ended when only the first partition had begun.
        let held = settings {
            $0.start = .latest
            $0.assignment = .modulo
        }
        try await index.startIngestion(held)
        try await reach(try #require(index.ingestion)) {
            $0.count == 2 && $0.allSatisfy { $0.committed == 1 }
        }
        #expect(IngestionRecord(json: index.engine.setting(IndexSink.recordKey) ?? "").first == [0, 1])
        try await store.close()
        stream.add()
        stream[2].append(message(2))
        store = try await Store.open(at: path, sources: registry(stream))
        let again = try #require(try store.index("stream").ingestion)
        try await reach(again) { $0.count == 3 && $0.allSatisfy { $0.committed == 1 } }
        try await store.index("stream").refresh()
        #expect(try store.index("stream").count() == 1)
        try await store.close()
    }

    @Test func `another source that cannot be opened changes nothing`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let stream = MemoryStream(2)
        let store = try await Store.open(at: root.path + "/data", sources: registry(stream))
        let index = try await store.createIndex("stream", shards: 2)
        let ingestion = try await index.startIngestion(settings())
        stream[0].append(message(0))
        try await reach(ingestion) { $0.first?.committed == 1 }
        let before = ingestion.settings
        await #expect(throws: VarveError.self) {
            try await ingestion.change(
                settings { $0.source = SourceDefinition(type: "memory", parameters: ["fail": "yes"]) })
        }
        #expect(ingestion.settings == before)
        stream[1].append(message(1))
        try await reach(ingestion) { $0.last?.committed == 1 }
        try await store.close()
    }

    @Test func `a folder of files is read by lines, and raw messages are named by them`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        var sources = SourceRegistry()
        sources.register("file") { definition, shards in
            LineFilesStream(directory: definition.parameters["directory"] ?? "", shards: shards)
        }
        let store = try await Store.open(at: root.path + "/data", sources: sources)
        let index = try await store.createIndex("stream")
        let ingestion = try await index.startIngestion(
            settings {
                $0.source = SourceDefinition(type: "FILE", parameters: ["directory": root.path])
                $0.format = .document
            })
        try await reach(ingestion) { $0.first?.committed == 0 }
        let feed = try root.files.createFile("0.ndjson")
        let lines = (0..<5).map { #"{"n":\#($0)}"# + "\n" }.joined()
        try feed.write(Array(lines.utf8).rawSpan, at: 0)
        try await reach(ingestion) { $0.first?.committed == 5 }
        let stream = LineFilesStream(directory: root.path, shards: 1)
        let committed = try #require(ingestion.state.committed)
        #expect(stream.text(committed, partition: nil) == "5")
        #expect(stream.display(committed, partition: nil) == "FileOffset{line=5}")
        #expect(try await index.get("0-0") != nil)
        #expect(try await index.get("0-4") != nil)
        try await ingestion.pause()
        for text in ["2", "FileOffset{line=2}"] {
            let pointer = try stream.pointer(text: text).pointer
            let moved = try await ingestion.reset(
                [IngestionReset(shard: 0, to: .pointer(pointer))], allowsSkip: true)
            #expect(moved.map(\.new) == [2])
        }
        let beyond = try stream.pointer(text: "6").pointer
        await #expect(throws: VarveError.self) {
            try await ingestion.reset([IngestionReset(shard: 0, to: .pointer(beyond))])
        }
        try await ingestion.resume()
        try await reach(ingestion) { $0.first?.committed == committed }
        try await index.refresh()
        #expect(try index.count() == 5)
        try await store.close()
    }
}

import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import Varve

/// What becomes of the partitions of a stream: which there are, where they begin, what they still have.
extension `Ingestion that a store keeps` {
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

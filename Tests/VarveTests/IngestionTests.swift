import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import Varve

@Suite struct `Ingestion by a program` {
    private func message(_ number: Int) -> String { #"{"_source":{"n":\#(number)}}"# }

    @Test func `a stream goes on after a reopen where it ended`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let source = MemorySource()
        for number in 0..<2_500 { source.append(message(number)) }
        for round in 1...3 {
            let store = try await Store.open(at: root.path + "/data")
            let index =
                round == 1
                ? try await store.createIndex("stream", mapping: ["n": .long]) : try store.index("stream")
            let ingestion = try await index.ingest(from: source)
            let state = await ingestion.caughtUp()
            #expect(state.committed == StreamPointer(UInt64(2_500 * round)))
            #expect(state.counters.applied == 2_500)
            await ingestion.close()
            try await index.refresh()
            let page = try await index.search(limit: 10_000, totalHits: .exact)
            #expect(page.total?.value == 2_500 * round)
            #expect(page.hits.allSatisfy { $0.version == 1 }, "a message was applied twice")
            for number in 0..<2_500 { source.append(message(2_500 * round + number)) }
            try await store.close()
        }
    }

    @Test func `a message that cannot be applied blocks or is dropped`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let source = MemorySource()
        for number in 0..<5 { source.append(number == 2 ? "{broken" : message(number)) }
        let blocking = try await store.createIndex("blocking", mapping: ["n": .long])
        let blocked = try await blocking.ingest(from: source, onError: .block)
        let state = await blocked.caughtUp()
        #expect(state.phase == .paused)
        #expect(state.failure?.reason.contains("message at 2") == true)
        #expect(state.committed == 2)
        await blocked.close()
        let dropping = try await store.createIndex("dropping", mapping: ["n": .long])
        let ingestion = try await dropping.ingest(from: source, onError: .drop)
        let end = await ingestion.caughtUp()
        #expect(end.counters.dropped == 1)
        #expect(end.counters.applied == 4)
        #expect(end.lastFailure?.pointer == 2)
        await ingestion.close()
        try await store.close()
    }

    @Test func `a reset reads again and changes nothing of what has ids`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("stream", mapping: ["n": .long])
        let source = MemorySource()
        for number in 0..<100 { source.append(message(number)) }
        let ingestion = try await index.ingest(from: source)
        await ingestion.caughtUp()
        await #expect(throws: VarveError.self) { try await ingestion.reset(to: .earliest) }
        try await ingestion.pause()
        #expect(ingestion.state.phase == .paused && ingestion.state.failure == nil)
        await #expect(throws: VarveError.self) { try await ingestion.reset(to: .pointer(1_000)) }
        try await ingestion.reset(to: .pointer(40))
        #expect(ingestion.state.committed == 40)
        #expect(ingestion.state.epoch == 1)
        #expect(ingestion.state.lag.durable == 60)
        try await ingestion.resume()
        for await state in ingestion.states where state.committed == 100 { break }
        await ingestion.close()
        try await index.refresh()
        #expect(try index.count() == 100)
        try await store.close()
    }

    @Test func `a file is read as it grows, whole lines only`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let feed = try root.files.createFile("feed.ndjson")
        func append(_ text: String) throws {
            try feed.write(Array(text.utf8).rawSpan, at: feed.size())
        }
        try append(message(0) + "\n" + message(1))
        let source = JSONLinesSource(root.path + "/feed.ndjson")
        let start = try await source.resolve(.earliest)
        let first = try await source.poll(from: start, limit: 10, timeout: .zero)
        #expect(first.count == 1)
        try append("\n")
        #expect(try await source.incompleteBytes() == 0)
        let second = try await source.poll(from: first[0].next, limit: 10, timeout: .zero)
        #expect(second.map { String(decoding: $0.payload, as: UTF8.self) } == [message(1)])
        #expect(second[0].next.details.0 == 2)
        try feed.truncate(to: 3)
        await #expect(throws: StreamSourceError.self) {
            try await source.poll(from: second[0].next, limit: 10, timeout: .zero)
        }
    }

    @Test func `a file is caught up with at its last whole line`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let endings = ["", "\n\n", "\r\n\n", #"{"_sou"#, "\n\r\n{", String(repeating: "\n", count: 5_000)]
        for (number, ending) in endings.enumerated() {
            let feed = try root.files.createFile(StorePath.root.appending("feed\(number)"))
            let whole = message(0) + "\n" + message(1) + "\n"
            try feed.write(Array((whole + ending).utf8).rawSpan, at: 0)
            let index = try await store.createIndex("stream\(number)", mapping: ["n": .long])
            let source = JSONLinesSource("\(root.path)/feed\(number)")
            let ingestion = try await index.ingest(from: source)
            let state = await ingestion.caughtUp()
            #expect(state.committed == StreamPointer(UInt64(whole.utf8.count)), "\(ending.prefix(9))")
            let incomplete = ending.utf8.reversed().prefix { $0 != 0x0A }.count
            #expect(state.incompleteBytes == UInt64(incomplete), "\(ending.prefix(9))")
            await ingestion.close()
        }
        try await store.close()
    }

    @Test func `a reset to a bare number is looked up when it is read from`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let feed = try root.files.createFile("feed.ndjson")
        let line = message(0) + "\n"
        try feed.write(Array((line + message(1) + "\n").utf8).rawSpan, at: 0)
        let source = JSONLinesSource(root.path + "/feed.ndjson")
        let bare = StreamPointer(UInt64(line.utf8.count))
        let found = try await source.poll(from: bare, limit: 10, timeout: .zero)
        #expect(found.map(\.pointer) == [bare])
        #expect(source.describe(found[0].pointer) == "line 2, at byte \(bare)")
        await #expect(throws: StreamSourceError.self) {
            try await source.poll(from: 7, limit: 10, timeout: .zero)
        }
    }
}

@Suite struct `Bad input` {
    @Test func `each wrong request is one clear error and changes nothing`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("readings", mapping: ["celsius": .double])
        func kind(_ body: () async throws -> Void) async -> VarveError.Kind? {
            do {
                try await body()
                return nil
            } catch let error as VarveError {
                #expect(!error.message.isEmpty)
                return error.kind
            } catch {
                Issue.record("a foreign error: \(error)")
                return nil
            }
        }
        #expect(
            await kind { _ = try await Store.open(at: root.path + "/none", createIfMissing: false) }
                == .notFound
        )
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(await kind { try await index.put(json: "{\"a\":", id: "1") } == .invalid)
        #expect(
            await kind { try await index.put(json: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], id: "1") }
                == .invalid)
        #expect(await kind { try await index.put(json: "{\"a\":\(deep)}", id: "1") } == .invalid)
        #expect(await kind { try await index.put(json: "{\"celsius\":\"warm\"}", id: "1") } == .invalid)
        #expect(await kind { try await index.put(json: "[1]", id: "1") } == .invalid)
        #expect(
            await kind { try await index.put(json: "{}", id: String(repeating: "i", count: 513)) } == .invalid
        )
        #expect(await kind { try await index.put(json: "{}", id: "") } == .invalid)
        let large = "{\"a\":\"" + String(repeating: "x", count: (16 << 20)) + "\"}"
        #expect(await kind { try await index.put(json: large, id: "1") } == .invalid)
        #expect(await kind { _ = try store.index("missing") } == .notFound)
        #expect(await kind { try await store.createIndex("a/b") } == .invalid)
        #expect(await kind { try await store.createIndex("..") } == .invalid)
        #expect(await kind { try await store.createIndex("readings") } == .conflict)
        #expect(await kind { _ = try await Store.open(at: root.path + "/data") } == .unavailable)
        #expect(await kind { _ = try store.pointInTime(id: "nonsense") } == .invalid)
        #expect(await kind { _ = try await index.search(limit: 10_001) } == .invalid)
        #expect(await kind { _ = try await index.openPointInTime(keepAlive: .seconds(90_000)) } == .invalid)
        #expect(
            await kind {
                try await index.put(json: "{}", id: "1", if: .unchanged(since: SequenceNumber(rawValue: 9)))
            } == .conflict)
        try await index.refresh()
        #expect(try index.count() == 0)
        try await store.close()
        #expect(await kind { try await index.put(json: "{}", id: "1") } == .closed)
    }
}

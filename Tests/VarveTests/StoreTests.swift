import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveSimulation

@testable import Varve

@Suite struct `A store` {
    @Test func `answers what was written`() async throws {
        let root = try TemporaryRoot()
        let store = try await Store.open(at: root.path + "/data")
        let readings = try await store.createIndex(
            "readings", mapping: ["station": .keyword, "celsius": .double, "taken": .date])
        let receipt = try await readings.put(
            json: #"{"station":"oslo","celsius":-3.5,"taken":"2013-01-01T10:00:00Z"}"#, id: "r-1")
        #expect(receipt.outcome == .created)
        #expect(try await readings.get("r-1")?.text.contains("oslo") == true)
        try await readings.refresh()
        let cold: Query = .term("station", "oslo") && .range("celsius", ..<0)
        let found = try await readings.search(cold, sortedBy: .ascending("taken"), limit: 20)
        #expect(found.hits.map(\.id) == ["r-1"])
        let pit = try await readings.openPointInTime(keepAlive: .seconds(60))
        try await readings.put(json: #"{"station":"bergen","celsius":4.5}"#, id: "r-2")
        try await readings.delete("r-1")
        try await readings.flush()
        #expect(try await pit.search().hits.map(\.id) == ["r-1"])
        try await readings.put(json: #"{"station":"bergen","celsius":5.5}"#, id: "r-2")
        try await readings.flush()
        try await readings.merge()
        #expect(try await pit.search().hits.map(\.id) == ["r-1"])
        #expect(try await readings.search().hits.map(\.id) == ["r-2"])
        try await store.close()

        let again = try await Store.open(at: root.path + "/data")
        let pitAgain = try again.pointInTime(id: pit.id)
        #expect(try await pitAgain.search().hits.map(\.id) == ["r-1"])
        #expect(try await again.index("readings").search().hits.map(\.id) == ["r-2"])
        #expect(try await again.index("readings").get("r-2")?.version == 2)
        try await again.close()
    }

    @Test func `a snapshot reads every source once, in order of writing`() async throws {
        let root = try TemporaryRoot()
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("numbers", mapping: ["n": .long])
        for number in 0..<6 {
            try await index.put(json: #"{"n":\#(number)}"#, id: "id-\(number)")
            if number == 2 { try await index.flush() }
        }
        try await index.delete("id-1")
        try await index.put(json: #"{"n":40}"#, id: "id-4")
        try await index.refresh()
        let snapshot = index.snapshot()
        try await index.delete("id-0")
        try await index.refresh()
        var sources: [String] = []
        try snapshot.forEachSource { sources.append(String(decoding: $0.copyBytes(), as: UTF8.self)) }
        #expect(sources == [0, 2, 3, 5, 40].map { #"{"n":\#($0)}"# })
        try await store.close()
    }

    @Test func `leaves a directory that is no store as it is`() async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let error = await #expect(throws: VarveError.self) {
            try await Store.open(at: root.path, createIfMissing: false)
        }
        #expect(error?.kind == .notFound)
        #expect(
            error?.message.contains("\(root.path) cannot be opened: the directory holds no Varve store")
                == true)
        #expect(try root.files.list(.root).isEmpty)
        _ = try root.files.createFile("letter.txt")
        let refusal = await #expect(throws: VarveError.self) { try await Store.open(at: root.path) }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.message.contains("letter.txt") == true)
        #expect(try root.files.list(.root).map(\.name) == ["letter.txt"])
    }
}

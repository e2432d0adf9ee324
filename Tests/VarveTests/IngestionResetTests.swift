import Testing
import VarveFiles
import VarveIngest
import VarveSimulation

@testable import Varve

@Suite struct `Resets of a running stream` {
    static let messages = 10

    struct Case: Sendable, CustomTestStringConvertible {
        var position: StartPosition
        /// What the pointer becomes, of messages 2 to 9 whose times are 1,000 apart.
        var pointer: StreamPointer
        var testDescription: String { "\(position)" }
    }

    static let cases = [
        Case(position: .pointer(3), pointer: 3), Case(position: .pointer(10), pointer: 10),
        Case(position: .timestamp(milliseconds: 4_000), pointer: 4),
        Case(position: .timestamp(milliseconds: 4_001), pointer: 5),
        Case(position: .timestamp(milliseconds: 0), pointer: 2),
        Case(position: .timestamp(milliseconds: 99_000), pointer: 10),
        Case(position: .earliest, pointer: 2), Case(position: .latest, pointer: 10),
    ]

    private func message(_ number: Int) -> String { #"{"_source":{"n":\#(number)}}"# }

    /// Three shards that have read all ten messages of their partitions, of which the first two are gone since.
    private func prepared(_ root: TemporaryRoot) async throws -> (Store, Index, Ingestion) {
        let stream = MemoryStream(3)
        for part in 0..<3 {
            for number in 0..<Self.messages {
                stream[part].append(Array(message(number).utf8), timestamp: Int64(number) * 1_000)
            }
        }
        let store = try await Store.open(at: root.path + "/data")
        let index = try await store.createIndex("stream", mapping: ["n": .long], shards: 3)
        let ingestion = try await index.ingest(from: stream, settings: IngestionSettings())
        for shard in 0..<3 { try await ingestion.wait(for: 10, shard: shard, partition: UInt32(shard)) }
        for part in 0..<3 { stream[part].trim(before: 2) }
        return (store, index, ingestion)
    }

    /// How often each message was applied, by shard.
    private func applications(_ index: Index) async throws -> [[Int64]] {
        // By search: a message's shard is that of its partition, not that of its id.
        try await index.refresh()
        var versions: [String: Int64] = [:]
        for hit in try await index.search(limit: 1_000).hits {
            versions[hit.id.split(separator: "-").suffix(2).joined(separator: "-")] = hit.version
        }
        let found = (0..<3).map { shard in
            (0..<Self.messages).map { versions["\(shard)-\($0)"] ?? 0 }
        }
        return found
    }

    @Test(arguments: cases, [[1], [0, 1, 2]])
    func `read again what lies behind the new place, in the shards that were named`(
        _ reset: Case, _ shards: [Int]
    ) async throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let (store, index, ingestion) = try await prepared(root)
        try await ingestion.pause()
        let answers = try await ingestion.reset(
            shards.map { IngestionReset(shard: $0, to: reset.position) })
        #expect(answers.map(\.shard) == shards && answers.allSatisfy { $0.old == 10 })
        #expect(answers.allSatisfy { $0.new == reset.pointer })
        for shard in 0..<3 {
            let state = ingestion.partitions[shard]
            #expect(state.committed == (shards.contains(shard) ? reset.pointer : 10))
            #expect(state.epoch == (shards.contains(shard) ? 1 : 0))
        }
        try await ingestion.resume()
        for shard in 0..<3 { try await ingestion.wait(for: 10, shard: shard, partition: UInt32(shard)) }
        let once = [Int64](repeating: 1, count: Self.messages)
        let again = once.indices.map { UInt64($0) >= reset.pointer.low ? Int64(2) : 1 }
        let expected = (0..<3).map { shards.contains($0) ? again : once }
        #expect(try await applications(index) == expected)
        try await index.refresh()
        #expect(try index.count() == 30)
        try await store.close()
    }

    @Test(arguments: cases)
    func `are refused while it runs, and for a shard that does not exist, and change nothing`(_ reset: Case)
        async throws
    {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let (store, index, ingestion) = try await prepared(root)
        func refusal(_ shards: [Int]) async -> String? {
            do throws(VarveError) {
                try await ingestion.reset(
                    shards.map { IngestionReset(shard: $0, to: reset.position) }, allowsSkip: true)
                return nil
            } catch { return error.message }
        }
        let before = index.positions
        #expect(await refusal([0]) == "Cannot reset consumer when poller is not paused")
        #expect(await refusal([0, 1, 2]) == "Cannot reset consumer when poller is not paused")
        #expect(index.positions == before)
        try await ingestion.pause()
        for wrong in [3, -1] {
            let text = await refusal([0, wrong])
            #expect(text == "shard [\(wrong)] does not exist: the index has [3] shards")
        }
        #expect(index.positions == before)
        #expect(ingestion.partitions.map(\.epoch) == [0, 0, 0])
        try await store.close()
    }
}

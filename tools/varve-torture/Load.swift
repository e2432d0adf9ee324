import Foundation
import Synchronization
import Varve
import VarveSimulation

/// What the child does: it opens the store, tells everything that it finds, and then writes, deletes, ingests, flushes,
/// merges, and opens and closes points in time until it is killed.
///
/// It speaks in lines, each written at once: what it is going to do before it does it, and that it was acknowledged
/// after. The parent believes nothing else.
struct Load: Sendable {
    static let workers = 4
    static let keysPerWorker = 300
    static let pointsInTimeKept = 56
    let directory: String
    let seed: UInt64

    func run() async throws {
        let store = try await Store.open(at: directory + "/data", options: options)
        let table = try await open("table", in: store, mapping: ["value": .long, "text": .keyword])
        let stream = try await open("stream", in: store, mapping: ["n": .long])
        try await tell(store, table, stream)
        let ingestion = try await stream.ingest(from: JSONLinesSource(directory + "/feed.ndjson"))
        await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workers { group.addTask { try await write(to: table, worker: worker) } }
            group.addTask { try await pin(store, table) }
            group.addTask { try await tidy(table, stream) }
            do { while try await group.next() != nil {} } catch { say("X \(error)") }
        }
        await ingestion.close()
    }

    private var options: StoreOptions {
        var options = StoreOptions()
        // Small, so that flushes, merges and log files come often.
        options.flushBytes = 256 << 10
        options.logFileBytes = 256 << 10
        options.mergeFanIn = 3
        options.mergeFloorBytes = 16 << 10
        return options
    }

    private func open(_ name: String, in store: Store, mapping: Mapping) async throws -> Index {
        if let index = store.indices.first(where: { $0.name == name }) { return index }
        return try await store.createIndex(name, mapping: mapping)
    }

    /// Says all that is there: documents, points in time, the stream.
    private func tell(_ store: Store, _ table: Index, _ stream: Index) async throws {
        try await table.refresh()
        try await stream.refresh()
        var last: SearchHit?
        while true {
            let page = try await table.search(limit: 1_000, after: last)
            for hit in page.hits { say("D \(hit.id) \(hit.source?.text ?? "")") }
            guard let next = page.hits.last else { break }
            last = next
        }
        for info in store.pointsInTime where info.label == "torture" {
            let pit = try store.pointInTime(id: info.id)
            say("T \(info.id) \(try await digest(pit))")
        }
        var count = 0
        var repeated = 0
        var highest = -1
        last = nil
        while true {
            let page = try await stream.search(sortedBy: .ascending("n"), limit: 1_000, after: last)
            for hit in page.hits {
                count += 1
                if hit.version != 1 { repeated += 1 }
                if case .integer(let number) = hit.sortValues[0] { highest = max(highest, Int(number)) }
            }
            guard let next = page.hits.last else { break }
            last = next
        }
        say("F \(count) \(repeated) \(highest)")
        say("V")
    }

    /// Ids and sources of a point in time, in order, as one number.
    private func digest(_ pit: PointInTime) async throws -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var count = 0
        var last: SearchHit?
        while true {
            let page = try await pit.search(limit: 1_000, after: last)
            for hit in page.hits {
                for byte in hit.id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                for byte in hit.source?.copyBytes() ?? [] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
                hash = (hash ^ UInt64(hit.version)) &* 0x100_0000_01b3
                count += 1
            }
            guard let next = page.hits.last else { break }
            last = next
        }
        return "\(count)-\(String(hash, radix: 16))"
    }

    /// One worker owns its keys, so at most one of its operations is unsure when it dies.
    private func write(to table: Index, worker: Int) async throws {
        var random = SplitMix64(seed: seed &* 31 &+ UInt64(worker))
        var number = 0
        while true {
            number += 1
            let key = "w\(worker)-\(random.next() % UInt64(Self.keysPerWorker))"
            let value = "\(seed)-\(number)"
            switch random.next() % 10 {
            case 0..<5:
                say("I \(worker) \(key)=\(document(value))")
                try await table.put(json: document(value), id: key)
                say("A \(worker) 1")
            case 5..<7:
                say("I \(worker) \(key)=")
                try await table.delete(key)
                say("A \(worker) 1")
            default:
                let keys = Set(
                    (0..<10).map { _ in "w\(worker)-\(random.next() % UInt64(Self.keysPerWorker))" }
                ).sorted()
                say("I \(worker) " + keys.map { "\($0)=\(document(value))" }.joined(separator: "|"))
                _ = try await table.write { batch in
                    for key in keys { try batch.put(json: document(value), id: key) }
                }
                say("A \(worker) \(keys.count)")
            }
        }
    }

    private func document(_ value: String) -> String {
        "{\"text\":\"\(value)\",\"value\":\(value.utf8.count)}"
    }

    /// Opens points in time, and closes the oldest once there are enough.
    private func pin(_ store: Store, _ table: Index) async throws {
        while true {
            let pit = try await store.openPointInTime(
                over: [table], keepAlive: .seconds(3_600), label: "torture")
            say("P \(pit.id) \(try await digest(pit))")
            let open = store.pointsInTime.filter { $0.label == "torture" }
            for info in open.prefix(max(0, open.count - Self.pointsInTimeKept)) {
                say("G \(info.id)")
                try await store.closePointInTime(id: info.id)
                say("C \(info.id)")
            }
        }
    }

    private func tidy(_ table: Index, _ stream: Index) async throws {
        var random = SplitMix64(seed: seed ^ 0x7469_6479)
        while true {
            let index = random.next() % 3 == 0 ? stream : table
            switch random.next() % 4 {
            case 0: try await index.merge(toAtMost: 2)
            case 1: try await index.flush()
            default: try await index.refresh()
            }
        }
    }

    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

import Varve

/// Writers that wait until each batch is synced before they write the next: the way a peer is driven.
struct Writers {
    let directory: String
    let input: String

    func run(_ report: inout Report) async throws {
        report.section("Writers that wait for each batch")
        try Directory.makeEmpty(directory)
        let documents = try Documents(input)
        let store = try await Store.open(at: directory + "/store")
        let whole = try await store.createIndex("whole", mapping: Flights.mapping)
        let first = try await rate(documents, documents.count, by: 1_000, to: whole)
        report.add(
            "ingest.batches", "one writer, batches of 1,000, each synced", first, "docs/s", .atLeast(216_000))
        let again = try await rate(documents, documents.count, by: 1_000, to: whole)
        report.add(
            "ingest.overwrite", "  the same once more: every document replaced", again, "docs/s",
            .atLeast(123_000))
        let four = try await store.createIndex("four", mapping: Flights.mapping)
        let shared = try await rateOfFour(documents, to: four)
        report.add("ingest.four", "four writers, batches of 1,000, each synced", shared, "docs/s")
        let part = try await store.createIndex("part", mapping: Flights.mapping)
        let hundreds = try await rate(documents, min(documents.count, 100_000), by: 100, to: part)
        report.add("ingest.hundreds", "one writer, batches of 100", hundreds, "docs/s", .atLeast(153_000))
        let single = try await rate(documents, min(documents.count, 5_000), by: 1, to: part)
        report.add("ingest.single", "one writer, one document a sync", single, "docs/s", .atLeast(10_000))
        let sync = try Limits.sync(.overwrite, in: directory)
        report.add(
            "ingest.single.syncs", "  time of each in overwrites + fdatasync of this minute",
            1e6 / single / sync, "x")
        let together = try await rateOfEight(documents, to: part)
        report.add(
            "ingest.eight", "eight writers, one document each", together, "docs/s", .atLeast(2 * single))
        try await store.close()
    }

    private func rate(
        _ documents: Documents, _ count: Int, by size: Int, to index: Index
    ) async throws -> Double {
        let start = ContinuousClock.now
        for at in stride(from: 0, to: count, by: size) {
            try await documents.write(at..<min(at + size, count), to: index)
        }
        return Double(count) / start.seconds
    }

    private func rateOfFour(_ documents: Documents, to index: Index) async throws -> Double {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for at in stride(from: writer * 1_000, to: documents.count, by: 4_000) {
                        try await documents.write(at..<min(at + 1_000, documents.count), to: index)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(documents.count) / start.seconds
    }

    private func rateOfEight(_ documents: Documents, to index: Index) async throws -> Double {
        let each = min(documents.count / 8, 2_500)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for at in writer * each..<(writer + 1) * each {
                        try await documents.write(at..<at + 1, to: index)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(8 * each) / start.seconds
    }
}

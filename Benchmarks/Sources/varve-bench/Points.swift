import Varve

/// Snapshots and points in time, one by one and 100,000 at once.
struct Points {
    let directory: String
    let input: String
    private static let most = 100_000

    func run(_ report: inout Report) async throws {
        report.section("Points in time")
        try Directory.makeEmpty(directory)
        let path = directory + "/store"
        let store = try await Store.open(at: path)
        let index = try await store.createIndex(Flights.index, mapping: Flights.mapping)
        let documents = try Documents(input, most: 10_000)
        for at in stride(from: 0, to: documents.count, by: 1_000) {
            try await documents.write(at..<min(at + 1_000, documents.count), to: index)
        }
        try await index.merge()
        try await single(store, index, documents, &report)
        try await store.close()
        let without = try OpenOnce.median(of: 5, path)
        try await many(path, &report)
        let with = try OpenOnce.median(of: 5, path)
        report.add("points.open.without", "opening without any", without.milliseconds, "ms")
        report.add("points.open.with", "opening with \(Self.most)", with.milliseconds, "ms")
        report.add(
            "points.open.added", "  what they add", with.milliseconds - without.milliseconds, "ms",
            .atMost(100))
        report.add(
            "points.open.memory", "  resident for each, after opening",
            (with.residentMegabytes - without.residentMegabytes) * 1e6 / Double(Self.most), "B", .atMost(200))
    }

    private func single(
        _ store: Store, _ index: Index, _ documents: Documents, _ report: inout Report
    ) async throws {
        let sync = try Limits.sync(.overwrite, in: directory)
        report.add(
            "snapshot.create", "snapshot taken and given back", try await Pins.snapshot(index), "ns",
            .atMost(80))
        let quiet = try await Pins.pointInTime(store, index, rounds: 5_000, durable: false)
        report.add("point.memory", "point in time, in memory", quiet.median * 1_000, "us", .atMost(1))
        let fresh = try await Sample.timed(200) { round in
            try await documents.write(round..<round + 1, to: index)
            let began = ContinuousClock.now
            let pit = try await store.openPointInTime(over: [index], keepAlive: .seconds(60), durable: false)
            let spent = began.milliseconds
            try await pit.close()
            return spent
        }
        report.add(
            "point.fresh", "point in time over a fresh document, in memory", fresh.median * 1_000, "us",
            .atMost(5_000))
        let durable = try await Pins.pointInTime(store, index, rounds: 500, durable: true).median * 1_000
        report.add(
            "point.durable", "point in time, durable", durable, "us", .atMost(2 * sync + 50))
        report.add("point.durable.syncs", "  in overwrites + fdatasync of this minute", durable / sync, "x")
    }

    /// Opened durably by 64 tasks.
    private func many(_ path: String, _ report: inout Report) async throws {
        let store = try await Store.open(at: path)
        let index = try store.index(Flights.index)
        let before = Memory.resident
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for _ in stride(from: task, to: Self.most, by: 64) {
                        _ = try await index.openPointInTime(keepAlive: .seconds(3_600))
                    }
                }
            }
            try await group.waitForAll()
        }
        report.add(
            "points.create", "\(Self.most) opened durably by 64 tasks", start.seconds, "s", .atMost(10))
        report.add(
            "points.memory", "  resident for each", (Memory.resident - before) * 1e6 / Double(Self.most), "B",
            .atMost(1_000))
        try await store.close()
    }
}

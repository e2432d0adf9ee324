import Varve

/// Whether a snapshot or a point in time costs more over many segments than over one.
///
/// Merging is off, and each flush makes one segment of 100 documents.
struct Segments {
    let directory: String
    let input: String
    private static let counts = [1, 10, 100, 500]
    private static let documentsEach = 100

    private struct Costs {
        /// Nanoseconds.
        var snapshot: Double
        /// Microseconds.
        var memory: Double
        var durable: Double
    }

    func run(_ report: inout Report) async throws {
        report.section("Pins over 1 to \(Self.counts.last ?? 0) segments")
        try Directory.makeEmpty(directory)
        let documents = try Documents(input, most: Self.documentsEach * (Self.counts.last ?? 0))
        var options = StoreOptions()
        options.mergesInBackground = false
        options.refreshInterval = nil
        let store = try await Store.open(at: directory + "/store", options: options)
        let index = try await store.createIndex(Flights.index, mapping: Flights.mapping)
        var costs: [Costs] = []
        var made = 0
        for count in Self.counts where count * Self.documentsEach <= documents.count {
            while made < count {
                let start = made * Self.documentsEach
                try await documents.write(start..<start + Self.documentsEach, to: index)
                try await index.flush()
                made += 1
            }
            costs.append(try await measure(store, index))
            add(costs[costs.count - 1], count, &report)
        }
        try await store.close()
        guard let first = costs.first, let last = costs.last, costs.count > 1 else { return }
        let bar = Bar.atMost(1.2)
        report.add(
            "flat.snapshot", "snapshot, \(made) segments against 1", last.snapshot / first.snapshot, "x", bar)
        report.add("flat.memory", "point in time in memory, the same", last.memory / first.memory, "x", bar)
        report.add("flat.durable", "point in time, durable, the same", last.durable / first.durable, "x", bar)
    }

    private func add(_ costs: Costs, _ count: Int, _ report: inout Report) {
        report.add("snapshot.\(count)", "snapshot over \(count) segments", costs.snapshot, "ns")
        report.add("memory.\(count)", "  point in time in memory", costs.memory, "us")
        report.add("durable.\(count)", "  point in time, durable", costs.durable, "us")
    }

    private func measure(_ store: Store, _ index: Index) async throws -> Costs {
        Costs(
            snapshot: try await Pins.snapshot(index),
            memory: try await Pins.pointInTime(store, index, rounds: 2_000, durable: false).median * 1_000,
            durable: try await Pins.pointInTime(store, index, rounds: 500, durable: true).median * 1_000)
    }
}

/// How single pins are timed.
enum Pins {
    /// Nanoseconds of a snapshot taken and given back.
    static func snapshot(_ index: Index) async throws -> Double {
        try await Sample.of(2_000) { _ in
            for _ in 0..<100 {
                let snapshot = index.snapshot()
                _ = snapshot.sequenceNumbers.isEmpty
            }
        }.median * 1e6 / 100
    }

    /// Opening a point in time; closing it is not timed.
    static func pointInTime(
        _ store: Store, _ index: Index, rounds: Int, durable: Bool
    ) async throws -> Sample {
        try await Sample.timed(rounds) { _ in
            let began = ContinuousClock.now
            let pit = try await store.openPointInTime(
                over: [index], keepAlive: .seconds(60), durable: durable)
            let spent = began.milliseconds
            try await pit.close()
            return spent
        }
    }
}

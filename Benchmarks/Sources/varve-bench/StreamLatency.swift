import Foundation
import Varve

/// How long it takes from a message's arrival in the stream until searches find it.
struct StreamLatency {
    let directory: String
    let input: String

    func run(_ report: inout Report) async throws {
        report.section("From a message in the stream to a search that finds it")
        let documents = try Documents(input, most: 200_000)
        for (id, name, refresh, bar) in [
            ("interval", "refresh of the index, every second", IngestionRefresh.interval, 1_200.0),
            ("immediate", "refresh=immediate", .immediate, 20),
        ] {
            for (kind, count, size) in [
                ("one at a time", 400, 1), ("100 at a time, 10,000 a second", 400, 100),
            ] {
                let sample = try await measure(documents, messages: count, by: size, refresh)
                let key = "latency.\(id).\(size)"
                report.add(key, "\(name), \(kind): median", sample.median, "ms")
                report.add(key + ".p99", "  p99", sample.at(0.99), "ms", .atMost(bar))
                report.add(key + ".max", "  longest", sample.at(1), "ms")
            }
        }
    }

    /// Appends some messages every ten milliseconds or so, and looks all the time at how many documents there are.
    private func measure(
        _ documents: Documents, messages: Int, by size: Int, _ refresh: IngestionRefresh
    ) async throws -> Sample {
        try Directory.makeEmpty(directory)
        let store = try await Store.open(at: directory + "/store")
        let index = try await store.createIndex(Flights.index, mapping: Flights.mapping)
        let source = MemorySource()
        var settings = IngestionSettings()
        settings.refresh = refresh
        let ingestion = try await index.ingest(from: [source], settings: settings)
        let clock = ContinuousClock()
        var random = SystemRandomNumberGenerator()
        var sent: [ContinuousClock.Instant] = []
        var latencies: [Double] = []
        var due = clock.now
        while latencies.count < messages {
            if sent.count < messages, clock.now >= due {
                let lines = (0..<size).map { documents.line((sent.count * size + $0) % documents.count) }
                for line in lines.dropLast() { source.append(line) }
                sent.append(clock.now)
                source.append(lines[size - 1])
                due = clock.now + .microseconds(Int.random(in: 5_000..<15_000, using: &random))
            }
            let visible = try index.count() / size
            while latencies.count < visible { latencies.append(sent[latencies.count].milliseconds) }
            try await Task.sleep(for: .microseconds(100))
        }
        await ingestion.close()
        try await store.close()
        return Sample(latencies)
    }
}

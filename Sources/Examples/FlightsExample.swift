import Foundation
import Varve

/// The main job on real input: a stream of flights flows in, a point in time is opened half-way, the process is
/// killed, and the point in time is still what it was.
struct FlightsExample {
    let directory: String
    /// JSON lines, `{"_id": …, "_source": {…}}` each.
    let sample: String

    private var feed: String { directory + "/feed.ndjson" }
    private var data: String { directory + "/data" }

    static let mapping: Mapping = [
        "year": .long, "month": .long, "day": .long, "dep_time": .long, "sched_dep_time": .long,
        "dep_delay": .long, "arr_time": .long, "sched_arr_time": .long, "arr_delay": .long,
        "carrier": .keyword, "flight": .long, "tailnum": .keyword, "origin": .keyword, "dest": .keyword,
        "air_time": .long, "distance": .long, "hour": .long, "minute": .long, "time_hour": .date,
    ]

    /// Ingests half of the flights, opens a point in time, prints its id, and goes on ingesting, updating and
    /// deleting until somebody kills it.
    func load() async throws {
        let lines = try Self.lines(of: sample)
        let half = lines.count / 2
        try write(lines[..<half])
        let store = try await Store.open(at: data)
        let flights = try await store.createIndex("flights", mapping: Self.mapping)
        let ingestion = try await flights.ingest(from: JSONLinesSource(feed), startingAt: .earliest)
        let state = await ingestion.caughtUp()
        say("ingested \(state.counters.applied) flights")
        let pit = try await flights.openPointInTime(keepAlive: .seconds(3_600), label: "half-way")
        say("pit \(pit.id)")
        try append(lines[half...])
        var round = 0
        while true {
            let victim = lines[round % half]
            if round % 2 == 0 {
                try await flights.delete(try Self.message(victim).id)
            } else {
                try await flights.put(
                    json: #"{"carrier":"??","changed":true}"#, id: try Self.message(victim).id)
            }
            if round % 1_000 == 999 {
                if round % 4_000 == 3_999 { try await flights.flush() }
                say("changed \(round + 1), ingested \(ingestion.state.counters.applied)")
            }
            round += 1
        }
    }

    /// Opens the killed store, pages the whole point in time in order of time, and compares every document with the
    /// first half of the input.
    func check(pointInTime id: String) async throws {
        let lines = try Self.lines(of: sample)
        var expected: [String: String] = [:]
        for line in lines[..<(lines.count / 2)] {
            let message = try Self.message(line)
            expected[message.id] = message.source
        }
        let store = try await Store.open(at: data)
        let live = try store.index("flights").count()
        let pit = try store.pointInTime(id: id)
        var pages = 0
        var seen = 0
        var wrong = 0
        var order = ""
        var page = try await pit.search(sortedBy: .ascending("time_hour"), limit: 1_000)
        while let last = page.hits.last {
            pages += 1
            for hit in page.hits {
                let source = hit.source?.text ?? ""
                if expected.removeValue(forKey: hit.id) != source { wrong += 1 }
                let time = String(source.suffix(23))
                if time < order { wrong += 1 }
                order = time
            }
            seen += page.hits.count
            page = try await pit.search(sortedBy: .ascending("time_hour"), limit: 1_000, after: last)
        }
        print("the live index has \(live) flights after the kill")
        print(
            "the point in time has \(seen) flights on \(pages) pages; \(wrong) differ, \(expected.count) are missing"
        )
        try await store.close()
        guard wrong == 0 && expected.isEmpty else {
            throw VarveError(.corrupted, "the point in time has changed")
        }
        print("the point in time is equal to the half-way state")
    }

    // MARK: Files

    /// A line on standard output, at once: the process may be killed after it.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    private static func lines(of path: String) throws -> [Substring] {
        let text = try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return text.split(separator: "\n")
    }

    /// The id and the source of a line, the source as it stands there.
    private static func message(_ line: Substring) throws -> (id: String, source: String) {
        guard let start = line.firstRange(of: #""_source":"#), let id = line.firstRange(of: #""_id":""#),
            let end = line[id.upperBound...].firstIndex(of: "\"")
        else { throw VarveError(.invalid, "a line of the sample is no message: \(line.prefix(80))") }
        return (String(line[id.upperBound..<end]), String(line[start.upperBound...].dropLast()))
    }

    private func write(_ lines: ArraySlice<Substring>) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: feed))
    }

    /// The source holds the file open and goes on reading it as it grows.
    private func append(_ lines: ArraySlice<Substring>) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: feed))
        try file.seekToEnd()
        try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try file.close()
    }
}

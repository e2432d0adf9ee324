import ArgumentParser
import Foundation
import Varve

/// Measures a release build on a file of flights, each figure beside the machine's own limit in the same run.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve-bench", abstract: "Measure ingest, points in time, reads and opening.")

    @Argument(help: "JSON lines, {\"_id\": …, \"_source\": {…}} each.")
    var input: String
    @Option(help: "A directory for the stores that are made; it must not be writable by others.")
    var directory = ".build/bench"
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    func run() async throws {
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var report = Report(json: json)
        let limits = try Limits(directory: directory)
        report.add("limit: append 4 KiB + fdatasync", limits.sync, "us")
        report.add("limit: memcpy", limits.copy, "MB/s")
        let store = try await Store.open(at: directory + "/data")
        let index = try await store.createIndex("flights", mapping: Flights.mapping)
        try await Ingest(index: index, input: input).run(&report)
        report.add("size on disk", Double(try Flights.bytes(below: directory + "/data")) / 1e6, "MB")
        report.add("resident at most", Process.peakMegabytes, "MB")
        try await Reads(index: index).run(&report)
        try await Points(store: store, index: index, sync: limits.sync).run(&report)
        try await store.close()
        let start = ContinuousClock.now
        let again = try await Store.open(at: directory + "/data")
        report.add("clean open", (ContinuousClock.now - start).milliseconds, "ms")
        try await again.close()
    }
}

enum Flights {
    static let mapping: Mapping = [
        "year": .long, "month": .long, "day": .long, "dep_time": .long, "sched_dep_time": .long,
        "dep_delay": .long, "arr_time": .long, "sched_arr_time": .long, "arr_delay": .long,
        "carrier": .keyword, "flight": .long, "tailnum": .keyword, "origin": .keyword, "dest": .keyword,
        "air_time": .long, "distance": .long, "hour": .long, "minute": .long, "time_hour": .date,
    ]

    static func bytes(below path: String) throws -> Int {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: path).reduce(0) { sum, name in
            let attributes = try manager.attributesOfItem(atPath: path + "/" + name)
            return attributes[.type] as? FileAttributeType == .typeRegular
                ? sum + (attributes[.size] as? Int ?? 0) : sum
        }
    }
}

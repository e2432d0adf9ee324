import ArgumentParser
import Foundation
import Varve

/// Runs the parts that were asked for, in a fixed order, over stores below one directory.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure; what runs without a subcommand.")

    @Argument(help: "JSON lines, {\"_id\": …, \"_source\": {…}} each.")
    var input: String
    @Option(help: "A directory for the stores that are made; it must not be writable by others.")
    var directory = ".build/bench"
    @Option(
        parsing: .upToNextOption,
        help: "Only these parts: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: [Part] = []
    @Flag(help: "Read the merged store that an earlier run has left in the directory.")
    var reuse = false
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    func run() async throws {
        let wanted = Set(only.isEmpty ? Part.allCases : only)
        var report = Report(json: json)
        if !reuse { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        report.say("deflate", Flights.deflate)
        if wanted.contains(.limits) { try Limits(directory: directory, input: input).run(&report) }
        if !wanted.isDisjoint(with: [.ingest, .reads, .scan, .opening]) { try await merged(wanted, &report) }
        if wanted.contains(.recovery) {
            try await Recovery(directory: directory + "/killed", input: input).run(&report)
        }
        if wanted.contains(.segments) {
            try await Segments(directory: directory + "/segments", input: input).run(&report)
        }
        if wanted.contains(.points) {
            try await Points(directory: directory + "/points", input: input).run(&report)
        }
        if wanted.contains(.writers) {
            try await Writers(directory: directory + "/writers", input: input).run(&report)
        }
        if wanted.contains(.streams) {
            try await Streams(directory: directory + "/streams", input: input).run(&report)
        }
        if wanted.contains(.latency) {
            try await StreamLatency(directory: directory + "/latency", input: input).run(&report)
        }
        if wanted.contains(.memory) { try StreamMemory(directory: directory + "/memory").run(&report) }
        report.end()
    }

    /// Everything over the store of one merged segment.
    private func merged(_ wanted: Set<Part>, _ report: inout Report) async throws {
        let path = directory + "/merged"
        let isThere = reuse && FileManager.default.fileExists(atPath: path)
        let store = try await Store.open(at: path)
        let index: Index
        if isThere {
            index = try store.index(Flights.index)
        } else {
            index = try await store.createIndex(Flights.index, mapping: Flights.mapping)
            try await Ingest(index: index, input: input, path: path).run(&report)
        }
        if wanted.contains(.reads) { try await Reads(index: index, input: input).run(&report) }
        if wanted.contains(.scan) { try Scan(index: index).run(&report) }
        try await store.close()
        if wanted.contains(.opening) { try await Opening(path: path).run(&report) }
    }
}

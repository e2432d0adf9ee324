import ArgumentParser
import Foundation
import Varve

/// Opening after kill -9 with the whole input in the log: nothing was flushed, so all of it is replayed.
///
/// A child process ingests and is killed when everything is acknowledged. A fresh process opens what it left, with
/// the options of every day, and must find every document.
struct Recovery {
    let directory: String
    let input: String
    private static let rounds = 3

    func run(_ report: inout Report) async throws {
        report.section("Opening after kill -9, the whole input in the log")
        var (opens, rates, memory): ([Double], [Double], [Double]) = ([], [], [])
        var log = 0.0
        for _ in 0..<Self.rounds {
            try Directory.makeEmpty(directory)
            let path = directory + "/store"
            let acknowledged = try load(into: path)
            log = Double(try Directory.logBytes(below: path)) / 1e6
            let opened = try OpenOnce.spawn(path)
            guard opened.documents >= acknowledged else {
                throw VarveError(
                    .corrupted, "\(acknowledged) documents were acknowledged, \(opened.documents) came back")
            }
            opens.append(opened.milliseconds)
            rates.append(log / opened.milliseconds * 1_000)
            memory.append(opened.residentMegabytes)
        }
        report.add("recovery.log", "log", log, "MB")
        report.add(
            "recovery.open", "open, median of \(Self.rounds)", Sample(opens).median, "ms", .atMost(1_000))
        report.add("recovery.rate", "  log replayed", Sample(rates).median, "MB/s", .atLeast(150))
        report.add("recovery.memory", "  resident after it", Sample(memory).median, "MB")
    }

    /// Has a child write everything, kills it, and answers how many documents it was promised.
    private func load(into path: String) throws -> Int {
        let (child, output) = try Child.start(["load-and-wait", input, path])
        let line = Child.firstLine(of: output)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        guard let count = Int(line) else {
            throw VarveError(.unavailable, "the child that loads said \"\(line)\" instead of a count")
        }
        return count
    }
}

/// The child that is killed: ingests without ever flushing, says how many documents it was promised, and waits.
struct LoadAndWait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(shouldDisplay: false)
    @Argument var input: String
    @Argument var path: String

    func run() async throws {
        var options = StoreOptions()
        options.flushBytes = 8 << 30
        options.flushLogBytes = 8 << 30
        options.writeBudgetBytes = 16 << 30
        options.mergesInBackground = false
        let store = try await Store.open(at: path, options: options)
        let index = try await store.createIndex(Flights.index, mapping: Flights.mapping)
        let state = try await index.ingest(from: JSONLinesSource(input)).caughtUp()
        print(state.counters.applied)
        fflush(nil)
        while true { try await Task.sleep(for: .seconds(60)) }
    }
}

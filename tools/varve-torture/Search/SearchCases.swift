import ArgumentParser
import Foundation
import Varve

/// Random documents and requests against a model that knows nothing of the engine.
struct SearchCases: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Compare searches, orders, pages, slices and aggregations with a model.",
        discussion: """
            Each world is a store of one to three shards whose documents are written, replaced and deleted between \
            refreshes, flushes and merges; each case asks one random request in several ways, now or at a point in \
            time. A difference is printed with the seed of its world.
            """)

    @Option(help: "How many requests are tried.")
    var cases = 100_000
    @Option(help: "Seed of the first world; those after it have the next ones.")
    var seed: UInt64 = 1
    @Option(help: "The directory to work in; it must be empty or missing.")
    var directory: String
    @Option(help: "Requests of one world.")
    var casesPerWorld = 60

    private static let rounds = 6
    /// Every so many worlds have documents for several blocks of rows.
    private static let largeEvery: UInt64 = 40

    func run() async throws {
        var done = 0
        var worlds = 0
        var differences = 0
        while done < cases {
            let world = seed + UInt64(worlds)
            let (count, found) = try await run(world, atMost: cases - done)
            for difference in found { print("world \(world)\n\(difference)") }
            done += count
            worlds += 1
            differences += found.count
        }
        print("worlds \(worlds), cases \(done), differences \(differences)")
        guard differences == 0 else { throw ExitCode(3) }
    }

    private func run(_ seed: UInt64, atMost limit: Int) async throws -> (cases: Int, differences: [String]) {
        let isLarge = seed % Self.largeEvery == 0
        let path = "\(directory)/world-\(seed)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var world = try await SearchWorld(directory: path, seed: seed, isLarge: isLarge)
        var done = 0
        var found: [String] = []
        for _ in 0..<Self.rounds {
            try await world.change(isLarge: isLarge)
            for _ in 0..<(casesPerWorld / Self.rounds) where done < limit {
                done += 1
                if let difference = try await world.tryOne() { found.append(difference) }
            }
        }
        try await world.close()
        try FileManager.default.removeItem(atPath: path)
        return (done, found)
    }
}

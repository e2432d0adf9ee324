import ArgumentParser

/// Kills a loaded store again and again, and checks what it brings back.
@main
struct Torture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve-torture",
        abstract:
            "Kill -9 a process under mixed load and compare what it recovers with what it acknowledged.",
        subcommands: [Run.self, Child.self, SearchCases.self, IngestKills.self, IngestControl.self],
        defaultSubcommand: Run.self)
}

/// The parent: starts children, kills them, keeps the oracle.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the parent, which holds the oracle.")

    @Option(help: "How many times the child is killed.")
    var kills = 300
    @Option(help: "Seed of the times of the kills and of the load.")
    var seed: UInt64 = 1
    @Option(help: "The directory to work in; it must be empty or missing.")
    var directory: String
    @Option(help: "Longest time from a child's first write to its death, in milliseconds.")
    var longestLife = 400

    func run() async throws {
        let parent = try Parent(directory: directory, seed: seed, longestLife: longestLife)
        let sums = try await parent.run(kills: kills)
        print(sums)
        guard sums.isClean else { throw ExitCode(3) }
    }
}

/// The child: recovers, says what it found, then loads the store until it is killed.
struct Child: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the child. Started by the parent.", shouldDisplay: false)

    @Argument var directory: String
    @Argument var seed: UInt64

    func run() async throws { try await Load(directory: directory, seed: seed).run() }
}

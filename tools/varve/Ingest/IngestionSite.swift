import Varve

/// The ingestion of one index, wherever it is: what all commands of `varve ingest` speak to.
protocol IngestionSite: Sendable {
    /// Sees to it that it runs.
    ///
    /// - Parameter settings: For a file that is no part of the index's settings.
    func start(_ settings: StartSettings) async throws
    func report() async throws -> IngestionReport
    /// Returns when nothing is on its way.
    func pause() async throws
    func resume() async throws
    func reset(_ request: ResetRequest) async throws -> [ResetMove]
    /// - Returns: The message that was passed over, in words.
    func skip(shard: Int, partition: UInt32) async throws -> String

    func letters(after id: String?, limit: Int) async throws -> LetterPage
    func letter(_ id: String) async throws -> Letter
    /// - Parameter ids: Nil for all.
    func retry(_ ids: [String]?) async throws -> LetterOutcome
    /// - Parameter ids: Nil for all.
    func purge(_ ids: [String]?) async throws -> Int

    /// Ends what this process runs, once all of it is durable. What others run goes on.
    func close() async
}

/// How a file is pulled that is no part of the index's settings.
struct StartSettings: Sendable {
    var from: Position?
    var onError: OnError?
}

/// A request to move pointers.
struct ResetRequest: Sendable {
    var position: Position
    /// Nil for all.
    var shard: Int?
    var partition: UInt32?
    var allowsSkip: Bool
    var isDryRun: Bool

    /// The partitions that are meant. A pointer is one partition's.
    func targets(among known: [(shard: Int, partition: UInt32)]) throws -> [(shard: Int, partition: UInt32)] {
        var wanted = partition
        if case .pointer(let text) = position, wanted == nil, text.contains(":") {
            wanted = UInt32(text.prefix { $0 != ":" })
        }
        let found = known.filter {
            (shard == nil || $0.shard == shard) && (wanted == nil || $0.partition == wanted)
        }
        guard !found.isEmpty else {
            let names = [shard.map { "shard \($0)" }, wanted.map { "partition \($0)" }].compactMap { $0 }
            throw CommandFailure.badInput(
                names.isEmpty
                    ? "nothing was ever read: there is no pointer to move"
                    : "no stream is read into \(names.joined(separator: ", "))")
        }
        if case .pointer = position, found.count > 1 {
            throw CommandFailure.badInput(
                "a pointer is a place in one partition, and \(found.count) are read: say which with --partition"
            )
        }
        return found
    }
}

/// Where a partition stood, and where it goes on.
struct ResetMove: Sendable {
    var shard: Int
    var partition: UInt32
    /// Nil if nothing was ever read.
    var old: String?
    var new: String

    var words: String { "shard \(shard), partition \(partition): \(old ?? "nothing") -> \(new)" }

    func json(isDryRun: Bool) -> String {
        var line = JSONLine()
        line.add("shard", shard)
        line.add("partition", Int(partition))
        line.add("old", old)
        line.add("new", new)
        if isDryRun { line.add("dry_run", true) }
        return line.text
    }
}

extension CommandFailure {
    /// What both kinds of sites say.
    static func isNotPulled(_ index: String) -> CommandFailure {
        .badInput("index [\(index)] has no ingestion source")
    }

    static let isNotPaused = CommandFailure.badInput("Cannot reset consumer when poller is not paused")

    static func isPaused(_ index: String) -> CommandFailure {
        .no("ingestion of index [\(index)] is paused: resume it first")
    }
}

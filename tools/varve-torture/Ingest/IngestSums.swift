/// The sums of a run of kills, and the first things that went wrong.
struct IngestSums: CustomStringConvertible {
    let source: String
    var kills = 0
    /// Of these, those before the server listened.
    var earlyKills = 0
    /// Of these, those while messages were read and not durable yet, and while messages waited in the stream.
    var killsInFlight = 0
    var killsBehind = 0
    var messages = 0
    var documents = 0
    var comparisons = 0
    /// Documents that were read one by one.
    var documentsRead = 0
    var duplicates = 0
    var gaps = 0
    /// Comparisons in which the number of documents was not the number of messages before the position.
    var mismatches = 0
    /// Positions that were said to be durable, and were not there after the kill.
    var positionsLost = 0
    var cleanRestarts = 0
    /// Messages that clean restarts have read, and applied, though nothing was new.
    var replayed = 0
    var processedAgain = 0
    var seconds = 0
    private var notes: [String] = []

    init(source: String) { self.source = source }

    mutating func note(_ text: String) { if notes.count < 20 { notes.append(text) } }

    var isClean: Bool {
        notes.isEmpty && documents == messages
            && duplicates + gaps + mismatches + positionsLost + replayed + processedAgain == 0
    }

    /// One JSON object.
    var description: String {
        let numbers: [(String, Int)] = [
            ("kills", kills), ("before it listened", earlyKills), ("with messages in flight", killsInFlight),
            ("with messages waiting", killsBehind), ("messages", messages), ("documents", documents),
            ("comparisons", comparisons), ("documents read one by one", documentsRead),
            ("duplicates", duplicates), ("gaps", gaps), ("mismatches", mismatches),
            ("positions lost", positionsLost), ("clean restarts", cleanRestarts),
            ("replayed by clean restarts", replayed), ("applied again by clean restarts", processedAgain),
            ("seconds", seconds),
        ]
        let members = numbers.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        let failures = notes.isEmpty ? "" : ", \"notes\": \(notes)"
        return "{\"source\": \"\(source)\", \"killed\": \"varve serve\", \(members)\(failures)}"
    }
}

import ArgumentParser
import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

struct WALCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wal", abstract: "Show the records of a shard's log, one a line.")

    @Argument(help: "The store's directory.") var directory: String
    @Argument(help: "The shard: INDEX/NUMBER.") var shard: String
    @Argument(help: "One file: its number in hex, or its name.") var file: String?
    @Option(help: "Only records with this sequence number or a later one.") var from: UInt64 = 0

    func run() throws {
        let store = try StoreView(directory)
        let place = try store.shard(shard)
        var isDamaged = false
        for id in try fileIDs(place, store.files) {
            var listing = LogListing(from: from)
            try Output.line("wal \(Wording.id(id))")
            let summary = try LogFileReader.read(place.layout.wal(id), in: store.files, owner: place.uuid) {
                try listing.add($0)
            }
            try listing.finish(summary)
            if let problem = summary.headerProblem { try Output.line("damaged: \(problem)") }
            if case .corrupt = summary.verdict { isDamaged = true }
            if summary.headerProblem != nil { isDamaged = true }
        }
        if isDamaged { throw InspectFailure(.damage) }
    }

    private func fileIDs(_ place: ShardPlace, _ files: any FileSystem) throws -> [UInt64] {
        let all = try files.names(place.layout.directory).compactMap { name in
            if case .wal(let id) = name { id } else { nil as UInt64? }
        }
        guard let file else { return all }
        let digits = file.hasPrefix("wal-") ? String(file.dropFirst(4)) : file
        guard let id = UInt64(digits, radix: 16), all.contains(id) else {
            let known = all.map { Wording.id($0) }.joined(separator: ", ")
            throw InspectFailure(.notFound, "\(shard) has no log file \(file); there are: \(known)")
        }
        return [id]
    }
}

/// The records of one file as lines. What follows the first break waits for the verdict on the file's end.
struct LogListing {
    private let from: UInt64
    private var table = Table([.right, .right, .right, .left, .right, .left])
    private var broken: [(start: UInt64, bytes: UInt64, rule: String)] = []

    init(from: UInt64) {
        self.from = from
        table.add("offset", "bytes", "sequence numbers", "type", "durable to", "checksum")
    }

    mutating func add(_ entry: LogFileEntry) throws {
        switch entry {
        case .unreadable(let range, let rule):
            broken.append((range.lowerBound, range.upperBound - range.lowerBound, rule))
        case .record(let record):
            if case .damaged(let rule) = record.verdict {
                return broken.append((record.offset, UInt64(record.byteCount), rule))
            }
            guard (record.numbers?.upperBound.rawValue ?? record.frame.first) >= from else { return }
            let verdict = record.verdict == .ok ? "ok" : "ok, behind damage"
            table.add(
                Wording.grouped(record.offset), Wording.grouped(record.byteCount),
                record.numbers.map(Wording.range) ?? "-", Self.name(record),
                Wording.grouped(record.frame.durableEnd),
                verdict)
        }
    }

    mutating func finish(_ summary: LogFileSummary) throws {
        let isTorn = if case .torn = summary.verdict { true } else { false }
        for part in broken {
            table.add(
                Wording.grouped(part.start), Wording.grouped(part.bytes), "-", isTorn ? "torn" : "damaged",
                "-",
                isTorn ? "\(part.rule); dropped on the next open" : part.rule)
        }
        try table.print()
    }

    static func name(_ record: ScannedRecord) -> String {
        record.type.map { "\($0)" } ?? "type \(record.frame.type)"
    }
}

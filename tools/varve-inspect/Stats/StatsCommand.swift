import ArgumentParser
import VarveBytes
import VarveFiles
import VarveManifest

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what a store consists of and what holds it.")

    @Argument(help: "The store's directory.") var directory: String

    func run() throws {
        let store = try StoreView(directory)
        var damage = store.damage
        var views: [ShardView] = []
        for shard in store.shards {
            do {
                let view = try ShardView(shard, store.environment)
                damage += view.damage
                views.append(view)
            } catch StorageError.damaged(let broken) { damage.append(broken) }
        }
        let pits = try PITView.all(of: store, &damage)
        try printHead(store, views)
        for view in views { try print(view, pits) }
        for broken in damage { try Output.line("damaged: " + store.text(broken)) }
        if !damage.isEmpty { throw InspectFailure(.damage) }
    }

    private func printHead(_ store: StoreView, _ views: [ShardView]) throws {
        var parts = [directory, "format \(FileHeader.major).\(FileHeader.minor)", "opened read-only"]
        if let epoch = views.map(\.manifest.writerEpoch).max() { parts.append("writer epoch \(epoch)") }
        let commits = views.map(\.manifest.committedAt) + [store.catalog?.committedAt].compactMap { $0 }
        if let last = commits.max() { parts.append("last commit \(Wording.time(last))") }
        try Output.line(parts.joined(separator: "   "))
    }

    private func print(_ view: ShardView, _ pits: [PITView]) throws {
        let manifest = view.manifest
        let flushed = manifest.flushed.map { "flushed through \(Wording.grouped($0))" } ?? "never flushed"
        try Output.line(
            [
                view.place.name, "manifest \(Wording.id(manifest.generation))",
                "\(Wording.grouped(view.live)) live", "\(Wording.grouped(view.dead)) dead",
                Wording.size(view.byteCount), flushed,
            ].joined(separator: "   "))
        let pins = pits.flatMap { pit in pit.pins(of: view.place.uuid).map { (pit, $0) } }
        try printSegments(manifest, pins)
        for (pit, number) in pins {
            try Output.line("  " + pit.text(at: number, in: manifest, among: pins.map(\.1)))
        }
        for log in view.logs { try Output.line("  " + log.text) }
    }

    private func printSegments(_ manifest: Manifest, _ pins: [(PITView, SequenceNumber)]) throws {
        if manifest.segments.isEmpty && manifest.retired.isEmpty { return }
        var table = Table([.left, .right, .right, .right, .right, .right, .left, .left], indent: 2)
        table.add("segment", "docs", "live", "dead", "on disk", "births", "valid", "held by")
        for entry in manifest.segments + manifest.retired {
            var holders = entry.isRetired ? [] : ["current"]
            holders += pins.filter { entry.answers($0.1) }.map { "pit \($0.0.shortID)" }
            let end = entry.isRetired ? "to \(Wording.grouped(entry.to))" : "on"
            table.add(
                Wording.id(entry.id) + (entry.isRetired ? " (retired)" : ""), Wording.grouped(entry.rows),
                Wording.grouped(entry.rows - entry.tombstones - entry.dead), Wording.grouped(entry.dead),
                Wording.size(entry.byteCount), Wording.range(entry.lowestBirth...entry.highestBirth),
                "\(Wording.grouped(entry.from)) \(end)",
                holders.isEmpty ? "nothing" : holders.joined(separator: ", "))
        }
        try table.print()
    }
}

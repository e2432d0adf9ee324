import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest

/// One shard as its manifest and its log show it.
struct ShardView {
    let place: ShardPlace
    let manifest: Manifest
    /// Of a newer manifest that was passed over.
    let damage: [Damage]
    let logs: [LogView]

    init(_ place: ShardPlace, _ environment: Environment) throws {
        self.place = place
        let store = ManifestStore(place.layout, shard: place.uuid, environment: environment)
        guard let loaded = try store.load() else {
            throw StorageError.damaged(Damage(place.layout.directory, at: 0, "the shard has no manifest"))
        }
        manifest = loaded.manifest
        damage = loaded.damage
        var logs: [LogView] = []
        for case .wal(let id) in try environment.files.names(place.layout.directory)
        where id >= loaded.manifest.lowestWAL {
            // A file that goes while a writer works was not needed any more.
            do { logs.append(try LogView(id, place, environment.files)) } catch StorageError.file(let error)
                where error.code == .notFound
            {}
        }
        self.logs = logs
    }

    var live: Int { manifest.segments.reduce(0) { $0 + $1.rows - $1.tombstones - $1.dead } }
    var dead: Int { manifest.segments.reduce(0) { $0 + $1.dead } }
    var byteCount: UInt64 { (manifest.segments + manifest.retired).reduce(0) { $0 + $1.byteCount } }
}

/// One WAL file in a line.
struct LogView {
    let id: UInt64
    let summary: LogFileSummary
    let numbers: ClosedRange<SequenceNumber>?

    init(_ id: UInt64, _ place: ShardPlace, _ files: any FileSystem) throws {
        self.id = id
        var lowest: SequenceNumber?
        var highest: SequenceNumber?
        summary = try LogFileReader.read(place.layout.wal(id), in: files, owner: place.uuid) { entry in
            guard case .record(let record) = entry, let numbers = record.numbers else { return }
            lowest = lowest ?? numbers.lowerBound
            highest = max(highest ?? numbers.upperBound, numbers.upperBound)
        }
        if let lowest, let highest, lowest <= highest { numbers = lowest...highest } else { numbers = nil }
    }

    /// Where its records end.
    var end: UInt64 {
        switch summary.verdict {
        case .clean(let end), .torn(let end, _): end
        case .corrupt(let range): range.lowerBound
        }
    }

    var text: String {
        var parts = ["wal \(Wording.id(id))"]
        let range = numbers.map { ", \(Wording.range($0))" } ?? ""
        parts.append("\(Wording.grouped(summary.operations)) operations\(range)")
        parts.append(Wording.size(end))
        switch summary.verdict {
        case .clean:
            if summary.link == nil { parts.append("prepared, not started") }
            if let seal = summary.seal { parts.append(seal.endsLog ? "closed" : "sealed") }
        case .torn(_, let dropped):
            parts.append("torn tail of \(Wording.grouped(dropped)) bytes, never acknowledged")
        case .corrupt(let range):
            parts.append(
                "damaged: bytes \(Wording.grouped(range.lowerBound)) to \(Wording.grouped(range.upperBound)) were acknowledged"
            )
        }
        return parts.joined(separator: "   ")
    }
}

import VarveBytes
import VarveFiles
import VarveManifest

/// One point in time as the registry has it.
struct PITView {
    let record: PITRecord
    private let store: UUID128
    private let now: Int64

    /// All of a store, oldest first; a registry that cannot be read is damage.
    static func all(of store: StoreView, _ damage: inout [Damage]) throws -> [PITView] {
        do throws(StorageError) {
            guard let read = try PITRegistryLog.read(store: store.identity.store, files: store.files) else {
                return []
            }
            damage += read.report.damage
            let now = store.environment.clock.wallMilliseconds
            return read.records.map { PITView(record: $0, store: store.identity.store, now: now) }.sorted {
                ($0.record.createdAt, $0.record.id) < ($1.record.createdAt, $1.record.id)
            }
        } catch .damaged(let broken) {
            damage.append(broken)
            return []
        } catch { throw error }
    }

    /// Its id, as `varve pit` takes it.
    var id: String { PointInTimeID(random: record.id, store: store).description }

    /// The last characters of the id, which tell it from the others where there is little room.
    var shortID: String { "…" + id.suffix(8) }

    /// Time until it goes, if nobody uses it and nobody has since the registry was told.
    var expiry: String {
        if record.keepAlive == PITRecord.forever { return "never expires" }
        let left = record.lastAccess &+ record.keepAlive &- now
        return left > 0 ? "expires in \(Wording.duration(left))" : "idle for longer than its keep-alive"
    }

    func pins(of shard: UUID128) -> [SequenceNumber] {
        record.pins.compactMap { $0.target.shard == shard ? $0.sequenceNumber : nil }
    }

    /// - Parameter pinned: All numbers that are pinned in the shard, its own among them.
    func text(at number: SequenceNumber, in manifest: Manifest, among pinned: [SequenceNumber]) -> String {
        let held = manifest.retired.filter { $0.answers(number) }
        let own = held.filter { entry in pinned.count(where: { entry.answers($0) }) == 1 }
        let retained = held.reduce(UInt64(0)) { $0 + $1.byteCount }
        let freed = own.reduce(UInt64(0)) { $0 + $1.byteCount }
        return [
            "pit \(id)", "S \(Wording.grouped(number))", expiry,
            "retains \(Wording.size(retained)), deleting it frees \(Wording.size(freed))",
        ].joined(separator: "   ")
    }
}

import VarveBytes
import VarveFiles
import VarveManifest

/// Checks the files of a store one by one and collects what is damaged.
///
/// Beside a live writer a file may go between the manifest that names it and the look at it; then the shard is
/// looked at again as its newer manifest has it.
struct StoreVerifier {
    private let store: StoreView
    private let opensBlocks: Bool
    private(set) var findings: [Damage] = []
    private(set) var files: Set<StorePath> = []
    private(set) var byteCount: UInt64 = 0
    private static let attempts = 3

    init(_ store: StoreView, opensBlocks: Bool) {
        self.store = store
        self.opensBlocks = opensBlocks
    }

    mutating func verify() throws {
        note(StoreLayout.identity)
        findings += store.damage.filter { $0.path == StoreLayout.identity }
        let catalogs = CatalogStore(store: store.identity.store, environment: store.environment)
        var hasRegistry = false
        for name in try store.files.names(.root) {
            switch name {
            case .catalog(let generation, let copy):
                note(StoreLayout.path(name))
                try attempt { _ = try catalogs.read(generation, copy) }
            case .registry:
                hasRegistry = true
                note(StoreLayout.path(name))
            default: break
            }
        }
        if store.catalog == nil && !findings.contains(where: { $0.path.text.hasPrefix("catalog-") }) {
            findings.append(Damage(.root, at: 0, "there is no catalog"))
        }
        if !hasRegistry { findings.append(Damage(.root, at: 0, "there is no registry of points in time")) }
        var damage: [Damage] = []
        _ = try PITView.all(of: store, &damage)
        findings += damage
        for shard in store.shards { try verify(shard) }
    }

    private mutating func verify(_ shard: ShardPlace) throws {
        for attempt in 1...Self.attempts {
            var verifier = ShardVerifier(shard, store.environment, opensBlocks: opensBlocks)
            do {
                try verifier.verify()
            } catch StorageError.file(let error) where error.code == .notFound {
                if attempt < Self.attempts { continue }
                verifier.findings.append(Damage(error.path, at: 0, "the file is missing"))
            }
            findings += verifier.findings
            for file in verifier.files { note(file) }
            return
        }
    }

    private mutating func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch StorageError.damaged(let damage) {
            findings.append(damage)
        } catch StorageError
            .file(let error) where error.code == .notFound
        {}
    }

    private mutating func note(_ path: StorePath) {
        guard files.insert(path).inserted else { return }
        byteCount += (try? store.files.byteCount(path)) ?? 0
    }
}

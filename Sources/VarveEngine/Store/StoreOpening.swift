import VarveBytes
import VarveDocument
package import VarveFiles
import VarveManifest
import VarveSegment

/// What opening a store found: nothing here stopped it, and everything here is worth a line in a log.
package struct OpeningReport: Sendable {
    /// Files that another copy or generation stood in for.
    package var damage: [Damage] = []
    /// Names in the directory that are not understood; left alone.
    package var unknownFiles: [StorePath] = []
    /// Operations that were read back from logs.
    package var replayedOperations = 0
    package var replayedBytes = 0
    /// Bytes of unfinished writes that were dropped; none of them was ever acknowledged.
    package var tornBytes = 0
    /// Points in time whose idle time ran out while the store was closed.
    package var expiredPointsInTime = 0
}

/// The parts of a store that opening has put together.
struct OpenedStore {
    let services: ShardServices
    let identity: StoreIdentity
    let lock: any FileLock
    let catalogs: CatalogStore
    let catalog: Catalog
    let background: Background
    var report: OpeningReport
}

extension StoreEngine {
    /// Opens the store in this environment, or makes one where there is none.
    ///
    /// Order: a look at the directory, which stays untouched if no store is there and none may be made; lock;
    /// identity; catalog; points in time, so that pins are known before anything could be dropped; then each shard
    /// recovers, commits a manifest with the next writer epoch, and only then takes work.
    package static func open(
        _ environment: Environment, options: StoreOptions = StoreOptions(), createIfMissing: Bool = true
    ) throws(EngineError) -> StoreEngine {
        do throws(StoreIdentityError) {
            try StoreIdentity.checkRoot(environment.files, canCreate: createIfMissing)
        } catch { throw EngineError(error) }
        let lock: any FileLock
        do throws(FileError) {
            lock = try environment.files.lock(StoreLayout.lock)
        } catch {
            if error.code == .locked {
                throw .locked("it is open in another process or handle")
            }
            throw .storage(.file(error))
        }
        do throws(EngineError) {
            return try open(environment, options, createIfMissing, lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private static func open(
        _ environment: Environment, _ options: StoreOptions, _ createIfMissing: Bool, _ lock: any FileLock
    ) throws(EngineError) -> StoreEngine {
        var report = OpeningReport()
        let identity = try loadIdentity(environment, createIfMissing, &report)
        StoreCleaning(environment).emptyTemporary()
        let background = Background()
        let services = ShardServices(
            environment: environment, options: options, cache: BlockCache(byteBudget: options.cacheBytes),
            budget: WriteBudget(limit: options.writeBudgetBytes),
            reserve: DiskReserve(bytes: options.reserveBytes), wakeBackground: { background.wake($0) })
        services.reserve.look(environment)
        let catalogs = CatalogStore(store: identity.store, environment: environment)
        let catalog = try loadCatalog(catalogs, environment, &report)
        let registry = try openRegistry(identity, environment, &report)
        let records = registry.records
        var directory = Directory()
        let opening = ShardOpening(services)
        var pins: [UUID128: [SequenceNumber]] = [:]
        for record in records {
            for pin in record.pins {
                if let number = pin.sequenceNumber { pins[pin.target.shard, default: []].append(number) }
            }
        }
        for entry in catalog.indices {
            let index = try opening.open(entry, pins: pins, &report)
            for shard in index.shards { directory.shards[shard.uuid] = shard }
            if entry.state == .held {
                directory.held[entry.uuid] = index
                for shard in index.shards { shard.poison(.notFound("the index was deleted")) }
            } else {
                directory.indices[entry.name] = index
            }
        }
        directory.settings = catalog.settings
        directory.aliases = try aliases(of: catalog)
        let opened = OpenedStore(
            services: services, identity: identity, lock: lock, catalogs: catalogs, catalog: catalog,
            background: background, report: report)
        let table = restore(records, heartbeat: registry.heartbeat, environment)
        let store = StoreEngine(
            opened: opened, registry: registry, pointsInTime: table, directory: directory)
        try store.completeResets()
        StoreCleaning(environment).removeUnknownIndices(keeping: Set(catalog.indices.map(\.uuid)))
        do { try lock.describeHolder("varve \(identity.store.hex.prefix(8))\n") } catch {
            // Only for people; the lock itself is held.
        }
        // A crash may have come between closing an index and giving back what was held of it.
        let closed = catalog.indices.filter { $0.state == .closed }.map(\.uuid)
        if !closed.isEmpty { store.losePins(ofIndices: Set(closed)) { _ in } }
        background.start(store)
        return store
    }

    private static func aliases(of catalog: Catalog) throws(EngineError) -> [String: [AliasMember]] {
        var found: [String: [AliasMember]] = [:]
        for alias in catalog.aliases {
            do throws(FormatError) {
                found[alias.name] = try AliasContent(decoding: alias.content).members
            } catch {
                throw .storage(
                    .damaged(
                        Damage(
                            StoreLayout.path(.catalog(generation: catalog.generation, copy: .a)), at: 0,
                            "alias \(alias.name): \(error)")))
            }
        }
        return found
    }

    private static func loadIdentity(
        _ environment: Environment, _ createIfMissing: Bool, _ report: inout OpeningReport
    ) throws(EngineError) -> StoreIdentity {
        do throws(StoreIdentityError) {
            let loaded = try StoreIdentity.loadForWriting(in: environment)
            report.damage += loaded.damage
            return loaded.identity
        } catch .notAStore where createIfMissing {
            do throws(StoreIdentityError) { return try StoreIdentity.create(in: environment) } catch {
                throw EngineError(error)
            }
        } catch { throw EngineError(error) }
    }

    private static func loadCatalog(
        _ catalogs: CatalogStore, _ environment: Environment, _ report: inout OpeningReport
    ) throws(EngineError) -> Catalog {
        do throws(PublishFailure) {
            if let loaded = try catalogs.loadForWriting() {
                report.damage += loaded.damage
                return loaded.catalog
            }
            let first = Catalog(committedAt: environment.clock.wallMilliseconds)
            try catalogs.publish(first)
            return first
        } catch { throw EngineError(error) }
    }

    private static func openRegistry(
        _ identity: StoreIdentity, _ environment: Environment, _ report: inout OpeningReport
    ) throws(EngineError) -> PITRegistryLog {
        do throws(PublishFailure) {
            if let (registry, found) = try PITRegistryLog.open(
                store: identity.store, environment: environment)
            {
                report.damage += found.damage
                return registry
            }
            return try PITRegistryLog.create(store: identity.store, environment: environment)
        } catch { throw EngineError(error) }
    }

    /// Points in time as they were. Down-time counts as idle, with a grace for uses that were not logged yet.
    private static func restore(
        _ records: [PITRecord], heartbeat: Int64?, _ environment: Environment
    ) -> PointInTimeTable {
        var table = PointInTimeTable()
        let now = Int64(truncatingIfNeeded: environment.clock.monotonicNanoseconds)
        let wall = max(environment.clock.wallMilliseconds, heartbeat ?? 0)
        for record in records {
            let grace = max(30_000, min(record.keepAlive / 10, 86_400_000))
            let idle = max(0, wall - record.lastAccess) - grace
            let lastUse = now - idle * 1_000_000
            table.contexts += record.targets.list.count - record.decodedAttributes.lost.count
            table.insert(record, lastUse: lastUse, isDurable: true)
        }
        return table
    }
}

/// Removes what no generation names: leftovers of a crash. What is not understood is left alone.
struct StoreCleaning {
    private let files: any FileSystem

    init(_ environment: Environment) { files = environment.files }

    func emptyTemporary() {
        for entry in (try? files.list(StoreLayout.temporary)) ?? [] where entry.kind == .file {
            try? files.unlink(StoreLayout.temporary.appending(entry.name))
        }
    }

    func removeUnknownIndices(keeping known: Set<UUID128>) {
        for entry in (try? files.list(StoreLayout.indices)) ?? [] where entry.kind == .directory {
            guard let uuid = StoreLayout.parseIndex(entry.name), !known.contains(uuid) else { continue }
            removeIndexDirectory(uuid)
        }
    }

    /// Removes the directory of an index that the catalog does not name. A directory that holds anything that is
    /// not ours stays.
    func removeIndexDirectory(_ uuid: UUID128) {
        let path = StoreLayout.index(uuid)
        for shard in (try? files.list(path)) ?? [] where shard.kind == .directory {
            guard StoreLayout.parseShard(shard.name) != nil else { continue }
            let directory = path.appending(shard.name)
            for entry in (try? files.list(directory)) ?? [] {
                if entry.kind == .file && FileName(parsing: entry.name) != nil {
                    try? files.unlink(directory.appending(entry.name))
                } else if entry.kind == .directory && entry.name == "quarantine" {
                    try? files.removeDirectory(directory.appending(entry.name))
                }
            }
            try? files.removeDirectory(directory)
        }
        try? files.removeDirectory(path)
    }
}

package import VarveBytes
package import VarveDocument
package import VarveFiles
package import VarveManifest
import VarveSegment

/// One store: its indices and their shards, its points in time, its memory budgets and its background work.
///
/// One process at a time writes a directory: the lock file says so, and every publication of a generation fails
/// if another writer got past the lock. Everything here is synchronous or calls back; the public face makes it
/// `async`.
package final class StoreEngine: Sendable {
    package let environment: Environment
    package let options: StoreOptions
    package let identity: StoreIdentity
    /// What opening found and did about it.
    package let report: OpeningReport
    /// Names the store for good.
    package var uuid: UUID128 { identity.store }
    let lock: any FileLock
    let catalogs: CatalogStore
    let catalog: Locked<CatalogState>
    let directory: Locked<Directory>
    let registry: PITRegistryLog
    let pointsInTime: Locked<PointInTimeTable>
    let services: ShardServices
    let background: Background

    /// The indices by name and the shards by uuid; readers copy out, nobody holds the lock across work.
    struct Directory: Sendable {
        var indices: [String: IndexEngine] = [:]
        var shards: [UUID128: Shard] = [:]
        /// Names of indices that this process has deleted, for messages about what still names them.
        var deleted: [UUID128: String] = [:]
        var isClosed = false
    }

    private static let deletedNamesMax = 10_000

    /// The catalog as last published. Its lock is held across the publication: creating and deleting indices is
    /// rare and one at a time.
    struct CatalogState: Sendable {
        var catalog: Catalog
    }

    init(
        opened: OpenedStore, registry: PITRegistryLog, pointsInTime: PointInTimeTable, directory: Directory
    ) {
        environment = opened.services.environment
        options = opened.services.options
        identity = opened.identity
        report = opened.report
        lock = opened.lock
        catalogs = opened.catalogs
        catalog = Locked(CatalogState(catalog: opened.catalog))
        self.directory = Locked(directory)
        self.registry = registry
        self.pointsInTime = Locked(pointsInTime)
        services = opened.services
        background = opened.background
    }

    // MARK: Indices

    package var indices: [IndexEngine] {
        directory.withLock { Array($0.indices.values) }.sorted { $0.name < $1.name }
    }

    package func index(named name: String) throws(EngineError) -> IndexEngine {
        let (index, isClosed) = directory.withLock { ($0.indices[name], $0.isClosed) }
        if isClosed { throw .closed }
        guard let index else { throw .notFound("no index is named \(IndexName.quoted(name))") }
        return index
    }

    /// The name that an index had when this process deleted it.
    package func deletedName(ofIndex uuid: UUID128) -> String? {
        directory.withLock { $0.deleted[uuid] }
    }

    package func shard(_ uuid: UUID128) -> Shard? { directory.withLock { $0.shards[uuid] } }

    /// Makes an index. It is durable when this returns: a crash before leaves nothing of it.
    package func createIndex(
        _ name: String, mapping: Mapping, shardCount: Int = 1, settings: [(key: String, value: String)] = []
    ) throws(EngineError) -> IndexEngine {
        try IndexName.check(name)
        guard (1...IndexEntry.shardsMax).contains(shardCount) else {
            throw .invalid("\(shardCount) shards; an index has 1 to \(IndexEntry.shardsMax)")
        }
        let outcome: Result<IndexEngine, EngineError> = catalog.withLock { state in
            do throws(EngineError) {
                return .success(try create(name, mapping, shardCount, settings, &state))
            } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func create(
        _ name: String, _ mapping: Mapping, _ shardCount: Int, _ settings: [(key: String, value: String)],
        _ state: inout CatalogState
    ) throws(EngineError) -> IndexEngine {
        if directory.withLock({ $0.isClosed }) { throw .closed }
        if state.catalog.index(named: name) != nil {
            throw .exists("index \(IndexName.quoted(name)) exists already")
        }
        var entry = IndexEntry(
            name: name, uuid: environment.random.uuid(),
            shards: (0..<shardCount).map { _ in environment.random.uuid() },
            createdAt: environment.clock.wallMilliseconds, mapping: Array(mapping.json.utf8))
        for setting in settings { entry.set(setting.key, to: setting.value) }
        let schema: Schema
        do throws(DocumentError) { schema = try Schema(mapping) } catch { throw .document(error) }
        let shards = try ShardOpening(services).create(entry, schema: schema)
        var next = state.catalog.successor(committedAt: environment.clock.wallMilliseconds)
        next.set(entry)
        try publish(next, &state)
        let index = IndexEngine(entry: entry, schema: schema, shards: shards)
        directory.withLock { directory in
            directory.indices[name] = index
            for shard in shards { directory.shards[shard.uuid] = shard }
        }
        background.wake(.timer)
        return index
    }

    /// Takes a mapping into the one of an index. It is durable when this returns; on an error nothing changes.
    package func extendMapping(ofIndex name: String, with mapping: Mapping) throws(EngineError) {
        let outcome: Result<Void, EngineError> = catalog.withLock { state in
            do throws(EngineError) {
                let schema = try index(named: name).schema
                guard var entry = state.catalog.index(named: name) else { throw .notFound("no index") }
                let merged: SchemaSnapshot
                do throws(DocumentError) { merged = try schema.merge(mapping) } catch {
                    throw .document(error)
                }
                entry.mapping = Array(merged.mapping.json.utf8)
                var next = state.catalog.successor(committedAt: environment.clock.wallMilliseconds)
                next.set(entry)
                return .success(try publish(next, &state))
            } catch { return .failure(error) }
        }
        try outcome.get()
    }

    /// Deletes an index and its data. Points in time over it stay listed; searching them says that it is gone.
    package func deleteIndex(named name: String) throws(EngineError) {
        let outcome: Result<IndexEngine, EngineError> = catalog.withLock { state in
            do throws(EngineError) {
                let index = try self.index(named: name)
                var next = state.catalog.successor(committedAt: environment.clock.wallMilliseconds)
                next.removeIndex(named: name)
                try publish(next, &state)
                directory.withLock { directory in
                    directory.indices[name] = nil
                    if directory.deleted.count < Self.deletedNamesMax {
                        directory.deleted[index.uuid] = name
                    }
                    for shard in index.shards { directory.shards[shard.uuid] = nil }
                }
                return .success(index)
            } catch { return .failure(error) }
        }
        let index = try outcome.get()
        for shard in index.shards { shard.abandon() }
        // The catalog no longer names it; what cannot be removed now goes at the next open.
        StoreCleaning(environment).removeIndexDirectory(index.uuid)
    }

    private func publish(_ next: Catalog, _ state: inout CatalogState) throws(EngineError) {
        do throws(PublishFailure) {
            try catalogs.publish(next)
            state.catalog = next
        } catch { throw EngineError(error) }
    }

    // MARK: Points in time, shared steps

    var monotonicNow: Int64 { Int64(truncatingIfNeeded: environment.clock.monotonicNanoseconds) }

    func appendToRegistry(_ change: PITChange) throws(EngineError) -> PITTicket {
        do throws(PITRegistryFailure) { return try registry.append([change]) } catch {
            throw EngineError(error)
        }
    }

    // MARK: Closing

    /// Flushes everything, stops the background work and lets the directory go. Closing twice is fine. The first
    /// failure is thrown, after all has been closed all the same; what was acknowledged is durable in any case.
    package func close() throws(EngineError) {
        let shards = directory.withLock { directory -> [Shard]? in
            if directory.isClosed { return nil }
            directory.isClosed = true
            return directory.shards.values.sorted { $0.uuid < $1.uuid }
        }
        guard let shards else { return }
        background.stop()
        services.budget.close()
        var failure: EngineError?
        for shard in shards {
            do throws(EngineError) { try shard.close() } catch { failure = failure ?? error }
        }
        do throws(PITRegistryFailure) { try registry.close() } catch {
            failure = failure ?? EngineError(error)
        }
        lock.release()
        if let failure { throw failure }
    }
}

extension EngineError {
    init(_ failure: PublishFailure) {
        switch failure {
        case .invalid(let rule): self = .invalid(rule)
        case .fenced(let path): self = .locked("another writer has published \(path)")
        case .storage(let error): self = .storage(error)
        }
    }
}

extension EngineError {
    init(_ failure: PITRegistryFailure) {
        switch failure {
        case .poisoned(let cause):
            let error = EngineError(cause)
            self = if case .storage(let storage) = error { .poisoned(storage) } else { error }
        case .closed: self = .closed
        case .rejected(let text): self = .rejected(text)
        }
    }

    init(_ error: StoreIdentityError) {
        switch error {
        case .storage(let storage): self = .storage(storage)
        case .newerFormat(let damage): self = .storage(.damaged(damage))
        case .publishing(let failure): self = EngineError(failure)
        case .notAStore: self = .notFound(error.description)
        case .exists, .occupied: self = .invalid(error.description)
        }
    }
}

/// One index: its name, its mapping and its shards.
package final class IndexEngine: Sendable {
    package let entry: IndexEntry
    package let schema: Schema
    package let shards: [Shard]

    init(entry: IndexEntry, schema: Schema, shards: [Shard]) {
        self.entry = entry
        self.schema = schema
        self.shards = shards
    }

    package var name: String { entry.name }
    package var uuid: UUID128 { entry.uuid }
    /// Milliseconds since 1970.
    package var createdAt: Int64 { entry.createdAt }
    /// What the index was made with, by key; opaque to the engine.
    package var settings: [(key: String, value: String)] { entry.settings.map { ($0.key, $0.value) } }

    /// The shard that an id belongs to.
    package func shard(for id: RawSpan) -> Shard {
        shards.count == 1 ? shards[0] : shards[Routing.shard(of: id, count: shards.count)]
    }
}

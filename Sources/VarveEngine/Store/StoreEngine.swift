package import VarveBytes
package import VarveFiles
package import VarveManifest

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
    package let limits: Locked<PointInTimeLimits>
    let contexts = Locked(ContextStatistics())

    /// The indices by name and the shards by uuid; readers copy out, nobody holds the lock across work.
    struct Directory: Sendable {
        var indices: [String: IndexEngine] = [:]
        var shards: [UUID128: Shard] = [:]
        /// Deleted indices that points in time still read.
        var held: [UUID128: IndexEngine] = [:]
        var aliases: [String: [AliasMember]] = [:]
        /// Settings of the whole store.
        var settings: [Setting] = []
        /// A point in time has ended: what was held for it alone may go.
        var mayRelease = true
        var isClosed = false
    }

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
        limits = Locked(PointInTimeLimits(opened.services.options))
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

    package func shard(_ uuid: UUID128) -> Shard? { directory.withLock { $0.shards[uuid] } }

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

package import VarveFiles

/// The store-level files of a data directory, opened for writing together: identity, registry, catalog.
///
/// They are made in this order, each durable before the next, so what is missing is known to be missing: a
/// catalog implies a registry, and a directory of an index implies a catalog.
package struct StoreMetadata: Sendable {
    package let identity: StoreIdentity
    package let registry: PITRegistryLog
    package let catalogs: CatalogStore
    /// As it was found; later generations are the caller's to keep.
    package let catalog: Catalog
    /// What was found damaged and mended or passed over.
    package let damage: [Damage]

    /// Makes the root an empty store.
    package static func create(
        in environment: Environment, options: PITRegistryOptions = PITRegistryOptions()
    ) throws(StoreIdentityError) -> StoreMetadata {
        let identity = try StoreIdentity.create(in: environment)
        return try complete(
            LoadedIdentity(identity: identity, damage: [], isDerived: false), in: environment,
            options: options)
    }

    /// Opens the store in the root, and finishes making it if that was interrupted. The caller holds the lock.
    package static func open(
        in environment: Environment, options: PITRegistryOptions = PITRegistryOptions()
    ) throws(StoreIdentityError) -> StoreMetadata {
        try complete(try StoreIdentity.loadForWriting(in: environment), in: environment, options: options)
    }

    private static func complete(
        _ loaded: LoadedIdentity, in environment: Environment, options: PITRegistryOptions
    ) throws(StoreIdentityError) -> StoreMetadata {
        let store = loaded.identity.store
        let catalogs = CatalogStore(store: store, environment: environment)
        do throws(PublishFailure) {
            let found = try catalogs.loadForWriting()
            let opened = try PITRegistryLog.open(store: store, environment: environment, options: options)
            guard opened != nil || found == nil else {
                throw .storage(.damaged(Damage(.root, at: 0, "both copies of the registry are missing")))
            }
            let registry =
                if let opened { opened.log } else {
                    try PITRegistryLog.create(store: store, environment: environment, options: options)
                }
            let catalog: Catalog
            if let found {
                catalog = found.catalog
            } else {
                catalog = try firstCatalog(catalogs, registry, in: environment)
            }
            let damage = loaded.damage + (found?.damage ?? []) + (opened?.report.damage ?? [])
            return StoreMetadata(
                identity: loaded.identity, registry: registry, catalogs: catalogs, catalog: catalog,
                damage: damage)
        } catch {
            throw .publishing(error)
        }
    }

    private static func firstCatalog(
        _ catalogs: CatalogStore, _ registry: PITRegistryLog, in environment: Environment
    ) throws(PublishFailure) -> Catalog {
        let catalog = Catalog(committedAt: environment.clock.wallMilliseconds)
        do throws(PublishFailure) {
            try refuseOrphans(in: environment.files)
            try catalogs.publish(catalog)
        } catch {
            try? registry.close()
            throw error
        }
        return catalog
    }

    /// Directories of indices without a catalog: the catalog was lost.
    private static func refuseOrphans(in files: any FileSystem) throws(PublishFailure) {
        let orphans: [DirectoryEntry]
        do throws(FileError) { orphans = try files.list(StoreLayout.indices) } catch {
            throw .storage(.file(error))
        }
        guard orphans.isEmpty else {
            throw .storage(.damaged(Damage(.root, at: 0, "both copies of the catalog are missing")))
        }
    }
}

package import VarveBytes
package import VarveFiles

/// The catalog's generations: two copies each, so that damage to one file loses nothing.
///
/// Publishing writes both copies under `tmp/`, syncs them, links `.a` and then `.b` to names that must be free,
/// syncs the root and reads it again: a second writer is fenced, as in `ManifestStore`. A catalog has no log
/// behind it, so an older generation never stands in for a damaged one: if both copies of the newest are
/// damaged, the store does not open.
package struct CatalogStore: Sendable {
    package let store: UUID128
    private let environment: Environment

    package init(store: UUID128, environment: Environment) {
        self.store = store
        self.environment = environment
    }

    /// The newest generation; nil if there is none at all. Changes nothing on disk.
    package func load() throws(StorageError) -> LoadedCatalog? {
        for _ in 0..<Self.readAttempts {
            guard let newest = try generations().last else { return nil }
            if let loaded = try read(newest) { return loaded }
        }
        throw .file(FileError("open", .root, .notFound))
    }

    /// The newest generation, made sure to be durable, for a store that will be written to: a copy that is
    /// damaged or missing is replaced by publishing the same content as a new generation.
    package func loadForWriting() throws(PublishFailure) -> LoadedCatalog? {
        var loaded: LoadedCatalog
        do throws(StorageError) {
            guard let found = try load() else { return nil }
            loaded = found
        } catch {
            throw .storage(error)
        }
        if loaded.isWhole {
            do throws(FileError) { try environment.files.syncDirectory(.root) } catch {
                throw .storage(.file(error))
            }
        } else {
            loaded.catalog = loaded.catalog.successor(committedAt: environment.clock.wallMilliseconds)
            try publish(loaded.catalog)
        }
        return loaded
    }

    /// Makes `catalog` the catalog of the store. Durable when this returns; costs three syncs.
    ///
    /// Older generations than it and its predecessor are removed; what cannot be removed goes the next time.
    package func publish(_ catalog: Catalog) throws(PublishFailure) {
        if let rule = catalog.brokenRule { throw .invalid(rule) }
        let bytes = catalog.encode(store: store)
        guard bytes.count <= Catalog.fileBytesMax else { throw .invalid("a catalog of \(bytes.count) bytes") }
        var staged: [StagedFile] = []
        defer { for file in staged { file.discard() } }
        for copy in FileCopy.allCases {
            let path = path(catalog.generation, copy)
            do throws(FileError) {
                staged.append(try AtomicPublish(in: environment).stage(for: path, bytes: bytes.bytes))
            } catch {
                throw .storage(.file(error))
            }
        }
        for file in staged { try file.linkUnfenced() }
        do throws(FileError) { try environment.files.syncDirectory(.root) } catch {
            throw .storage(.file(error))
        }
        try checkFence(of: catalog)
    }

    /// Looks for a higher generation, and removes what is older than the two that are kept.
    private func checkFence(of catalog: Catalog) throws(PublishFailure) {
        let generations: [UInt64]
        do throws(StorageError) { generations = try self.generations() } catch { throw .storage(error) }
        guard let newest = generations.last, newest == catalog.generation else {
            throw .fenced(found: path(generations.last ?? 0, .a))
        }
        for generation in generations
        where generation < catalog.generation && generation != catalog.previousGeneration {
            for copy in FileCopy.allCases { try? environment.files.unlink(path(generation, copy)) }
        }
    }

    /// How often a reader beside a writer looks again after the files it saw were gone.
    private static let readAttempts = 16

    /// The generations of which a copy is on disk, ascending.
    package func generations() throws(StorageError) -> [UInt64] {
        do throws(FileError) {
            let found = try environment.files.listOurs(.root).compactMap { name -> UInt64? in
                if case .catalog(let generation, _) = name { generation } else { nil }
            }
            return Set(found).sorted()
        } catch {
            throw .file(error)
        }
    }

    /// What the copies of one generation say; nil if both are gone.
    private func read(_ generation: UInt64) throws(StorageError) -> LoadedCatalog? {
        var found: [Catalog] = []
        var damage: [Damage] = []
        for copy in FileCopy.allCases {
            do throws(StorageError) {
                found.append(try read(generation, copy))
            } catch .file(let error) where error.code == .notFound {
                continue
            } catch {
                guard let broken = error.damageOfCopy(path(generation, copy)) else { throw error }
                damage.append(broken)
            }
        }
        guard let catalog = found.first else {
            if let broken = damage.first { throw .damaged(broken) }
            return nil
        }
        guard found.allSatisfy({ $0 == catalog }) else {
            throw .damaged(Damage(path(generation, .b), at: 0, "the two copies are valid and differ"))
        }
        return LoadedCatalog(catalog: catalog, isWhole: found.count == 2, damage: damage)
    }

    /// One copy, checked.
    package func read(_ generation: UInt64, _ copy: FileCopy) throws(StorageError) -> Catalog {
        let path = path(generation, copy)
        let bytes = try environment.files.readWhole(path, limit: Catalog.fileBytesMax)
        do throws(FormatError) {
            return try Catalog(decoding: bytes.bytes, store: store, generation: generation)
        } catch {
            throw .damaged(Damage(path, error))
        }
    }

    private func path(_ generation: UInt64, _ copy: FileCopy) -> StorePath {
        StoreLayout.path(.catalog(generation: generation, copy: copy))
    }
}

/// The catalog of a store as it was found.
package struct LoadedCatalog: Equatable, Sendable {
    package var catalog: Catalog
    /// Both copies were there and sound.
    package var isWhole: Bool
    /// Of the copy that the other one stood in for.
    package var damage: [Damage]
}

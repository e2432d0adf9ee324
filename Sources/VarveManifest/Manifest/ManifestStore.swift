package import VarveBytes
package import VarveFiles

/// The manifests of one shard: which generation counts, and how the next one becomes the one that counts.
///
/// A generation is written under `tmp/`, synced, and linked to a name that must be free; then the directory is
/// synced and read again. So if power fails before `publish` returns, the generation is wholly there or wholly
/// absent, and a second writer finds its name taken or a higher one beside it: it is *fenced* and must stop. The
/// last two generations are kept, since the older one stands in when the newest is damaged.
package struct ManifestStore: Sendable {
    package let layout: ShardLayout
    package let shard: UUID128
    private let environment: Environment

    package init(_ layout: ShardLayout, shard: UUID128, environment: Environment) {
        self.layout = layout
        self.shard = shard
        self.environment = environment
    }

    /// The newest generation, or the previous one if that is damaged; nil if the shard has none at all.
    ///
    /// Changes nothing on disk. A newest generation in a newer format is an error, and so is damage to both.
    package func load() throws(StorageError) -> LoadedManifest? {
        for _ in 0..<Self.readAttempts {
            let generations = try generations()
            if generations.isEmpty { return nil }
            if let loaded = try choose(from: generations.reversed().prefix(2) + []) { return loaded }
        }
        throw .file(FileError("open", layout.directory, .notFound))
    }

    /// Makes `manifest` the state of the shard. Durable when this returns; costs two syncs.
    ///
    /// Older generations than it and its predecessor are removed; what cannot be removed goes the next time.
    package func publish(_ manifest: Manifest) throws(PublishFailure) {
        if let rule = manifest.brokenRule { throw .invalid(rule) }
        let bytes = manifest.encode(shard: shard)
        guard bytes.count <= Manifest.fileBytesMax else {
            throw .invalid("a manifest of \(bytes.count) bytes")
        }
        let path = layout.manifest(manifest.generation)
        let staged: StagedFile
        do throws(FileError) {
            staged = try AtomicPublish(in: environment).stage(for: path, bytes: bytes.bytes)
        } catch {
            throw .storage(.file(error))
        }
        defer { staged.discard() }
        try staged.linkUnfenced()
        do throws(FileError) {
            try environment.files.syncDirectory(layout.directory)
        } catch {
            throw .storage(.file(error))
        }
        try checkFence(of: manifest)
    }

    /// Looks for a higher generation, and clears away what lies below the two that are kept.
    private func checkFence(of manifest: Manifest) throws(PublishFailure) {
        let generations: [UInt64]
        do throws(StorageError) { generations = try self.generations() } catch { throw .storage(error) }
        guard let newest = generations.last, newest == manifest.generation else {
            throw .fenced(found: layout.manifest(generations.last ?? 0))
        }
        for generation in generations where generation < manifest.generation {
            if generation < manifest.previousGeneration {
                try? environment.files.unlink(layout.manifest(generation))
            } else if generation > manifest.previousGeneration {
                quarantine(generation)
            }
        }
    }

    /// Moves a generation aside that was passed over when the shard was opened.
    private func quarantine(_ generation: UInt64) {
        do throws(StorageError) {
            _ = try read(generation)
        } catch {
            layout.quarantine(.manifest(generation: generation), because: error, in: environment)
        }
    }

    /// How often a reader beside a writer looks again after the files it saw were gone.
    private static let readAttempts = 16

    /// The generations on disk, ascending.
    package func generations() throws(StorageError) -> [UInt64] {
        do throws(FileError) {
            return try environment.files.listOurs(layout.directory).compactMap {
                if case .manifest(let generation) = $0 { generation } else { nil }
            }.sorted()
        } catch {
            throw .file(error)
        }
    }

    /// The first valid one of these generations, newest first; nil if one was removed meanwhile.
    private func choose(from generations: [UInt64]) throws(StorageError) -> LoadedManifest? {
        let newest = generations[0]
        var damage: [Damage] = []
        for generation in generations {
            do throws(StorageError) {
                return LoadedManifest(
                    manifest: try read(generation), newestGeneration: newest, damage: damage)
            } catch .file(let error) where error.code == .notFound {
                return nil
            } catch {
                guard let found = error.damageOfCopy(layout.manifest(generation)) else { throw error }
                damage.append(found)
            }
        }
        throw .damaged(damage[0])
    }

    /// One generation, checked.
    package func read(_ generation: UInt64) throws(StorageError) -> Manifest {
        let path = layout.manifest(generation)
        let bytes = try environment.files.readWhole(path, limit: Manifest.fileBytesMax)
        do throws(FormatError) {
            return try Manifest(decoding: bytes.bytes, shard: shard, generation: generation)
        } catch {
            throw .damaged(Damage(path, error))
        }
    }
}

/// The state of a shard as it was found.
package struct LoadedManifest: Equatable, Sendable {
    package var manifest: Manifest
    /// The newest generation's number: above the manifest's if that generation is damaged.
    package var newestGeneration: UInt64
    /// Of a newer generation that was passed over. It is moved aside by the next `publish`.
    package var damage: [Damage]

    /// A copy to be changed and published: one above the newest generation, with the one found as predecessor.
    package func successor(committedAt: Int64) -> Manifest {
        var next = manifest.successor(committedAt: committedAt)
        next.generation = newestGeneration + 1
        return next
    }
}

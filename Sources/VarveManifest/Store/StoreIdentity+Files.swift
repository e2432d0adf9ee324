import VarveBytes
package import VarveFiles

/// The identity of a store as it was found.
package struct LoadedIdentity: Equatable, Sendable {
    package var identity: StoreIdentity
    /// Of the file or one of its pages; the identity stands all the same.
    package var damage: [Damage]
    /// The file was of no use: the identity is that of the other files.
    package var isDerived: Bool
}

extension StoreIdentity {
    /// Makes the root an empty store: directories, then the file that says so. Durable when this returns; if
    /// power fails before, the directory is a whole store or none, and `create` works again.
    package static func create(in environment: Environment) throws(StoreIdentityError) -> StoreIdentity {
        let files = environment.files
        guard try !holdsAStore(files) else { throw .exists }
        let identity = StoreIdentity(
            store: environment.random.uuid(), createdAt: environment.clock.wallMilliseconds)
        do throws(FileError) {
            for directory in [StoreLayout.temporary, StoreLayout.indices] {
                do throws(FileError) {
                    try files.createDirectory(directory)
                } catch {
                    guard error.code == .exists else { throw error }
                }
            }
            try files.syncDirectory(.root)
        } catch {
            throw .storage(.file(error))
        }
        try identity.publish(in: environment)
        return identity
    }

    /// Refuses a root that holds no store if none may be made in it. Changes nothing on disk: to be asked before
    /// the lock leaves its file there.
    ///
    /// - Parameter canCreate: A root is fit for a new store if it is empty, but for what making one has left.
    package static func checkRoot(_ files: any FileSystem, canCreate: Bool) throws(StoreIdentityError) {
        if try holdsAStore(files) { return }
        guard canCreate else { throw .notAStore }
        let ours = [StoreLayout.lock, StoreLayout.temporary, StoreLayout.indices].map(\.text)
        let names: [String]
        do throws(FileError) { names = try files.list(.root).map(\.name) } catch {
            throw .storage(.file(error))
        }
        // Where a disk is mounted its file system keeps a directory of its own.
        let others = names.filter { !ours.contains($0) && $0 != "lost+found" }
        if let name = others.min() { throw .occupied(name) }
    }

    /// Reads the identity. Changes nothing on disk.
    package static func load(from files: any FileSystem) throws(StoreIdentityError) -> LoadedIdentity {
        let path = StoreLayout.identity
        let broken: Damage
        do throws(StorageError) {
            let bytes = try files.readWhole(path, limit: 1 << 20)
            do throws(FormatError) {
                let (identity, damage) = try decode(bytes.bytes)
                return LoadedIdentity(
                    identity: identity, damage: damage.map { [Damage(path, $0)] } ?? [], isDerived: false)
            } catch {
                broken = Damage(path, error)
            }
        } catch .file(let error) where error.code == .notFound {
            guard try holdsAStore(files) else { throw .notAStore }
            broken = Damage(path, at: 0, "the file is missing")
        } catch {
            guard let damage = error.damageOfCopy(path) else { throw .storage(error) }
            broken = damage
        }
        if broken.isNewerFormat { throw .newerFormat(broken) }
        guard let identity = try derive(from: files) else { throw .storage(.damaged(broken)) }
        return LoadedIdentity(identity: identity, damage: [broken], isDerived: true)
    }

    /// Reads the identity and makes sure that its file is durable, written again if it was of no use.
    package static func loadForWriting(
        in environment: Environment
    ) throws(StoreIdentityError) -> LoadedIdentity {
        let loaded = try load(from: environment.files)
        do throws(FileError) {
            if loaded.isDerived {
                do throws(FileError) {
                    try environment.files.unlink(StoreLayout.identity)
                } catch {
                    guard error.code == .notFound else { throw error }
                }
            } else {
                try environment.files.syncDirectory(.root)
            }
        } catch {
            throw .storage(.file(error))
        }
        if loaded.isDerived { try loaded.identity.publish(in: environment) }
        return loaded
    }

    private func publish(in environment: Environment) throws(StoreIdentityError) {
        do throws(FileError) {
            try AtomicPublish(in: environment).publish(StoreLayout.identity, bytes: encode().bytes)
            try environment.files.syncDirectory(.root)
        } catch {
            throw error.code == .exists ? .exists : .storage(.file(error))
        }
    }

    /// Whether anything lies in the root that only a store has.
    private static func holdsAStore(_ files: any FileSystem) throws(StoreIdentityError) -> Bool {
        do throws(FileError) {
            if try files.listOurs(.root).contains(where: { $0 != .lock }) { return true }
            guard try files.list(.root).contains(where: { $0.name == "indices" && $0.kind == .directory })
            else {
                return false
            }
            return try !files.list(StoreLayout.indices).isEmpty
        } catch {
            throw .storage(.file(error))
        }
    }

    /// The store that every readable header of catalog and registry names; nil if there is none, or several.
    private static func derive(from files: any FileSystem) throws(StoreIdentityError) -> StoreIdentity? {
        let names: [FileName]
        do throws(FileError) { names = try files.listOurs(.root) } catch { throw .storage(.file(error)) }
        var found: Set<UUID128> = []
        for name in names where name.kind == .catalog || name.kind == .registry {
            guard let kind = name.kind,
                let file = try? files.openFile(StoreLayout.path(name), writable: false)
            else { continue }
            var head = ByteBuffer()
            try? head.append(upTo: FileHeader.byteCount) { room throws(FileError) in
                try file.read(at: 0, into: &room)
            }
            if let header = try? FileHeader(decoding: head.bytes, kind: kind) { found.insert(header.owner) }
        }
        return found.count == 1 ? found.first.map { StoreIdentity(store: $0, createdAt: 0) } : nil
    }
}

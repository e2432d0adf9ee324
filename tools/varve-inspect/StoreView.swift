import VarveBytes
import VarveFiles
import VarveManifest

/// A store as its files show it, without a lock: its identity, its catalog and where its shards lie.
struct StoreView {
    let path: String
    let environment: Environment
    let identity: StoreIdentity
    /// Nil if it cannot be read; shards are then found by their directories.
    let catalog: Catalog?
    let shards: [ShardPlace]
    /// What was met on the way.
    private(set) var damage: [Damage]

    var files: any FileSystem { environment.files }

    init(_ path: String) throws {
        self.path = path
        environment = Environment(
            files: try ReadOnlyFiles(root: path), clock: SystemClock(), random: SystemRandom(),
            scheduler: ThreadScheduler())
        do throws(StoreIdentityError) {
            let loaded = try StoreIdentity.load(from: environment.files)
            identity = loaded.identity
            damage = loaded.damage
        } catch {
            let isAbsent = error == .notAStore
            throw InspectFailure(isAbsent ? .notFound : .damage, "\(path): \(error)")
        }
        var found: Catalog?
        do throws(StorageError) {
            let loaded = try CatalogStore(store: identity.store, environment: environment).load()
            found = loaded?.catalog
            damage += loaded?.damage ?? []
        } catch .damaged(let broken) {
            damage.append(broken)
        } catch { throw error }
        catalog = found
        shards = try found.map(ShardPlace.all) ?? ShardPlace.found(in: environment.files)
    }

    /// The shard that `readings/0` names.
    func shard(_ text: String) throws -> ShardPlace {
        guard let shard = shards.first(where: { $0.name == text }) else {
            let known = shards.map(\.name).joined(separator: ", ")
            throw InspectFailure(.notFound, "no shard is named \(text); there are: \(known)")
        }
        return shard
    }

    /// A file as messages name it: the shard's name and the file's instead of the whole path.
    func name(_ path: StorePath) -> String {
        for shard in shards where path.text.hasPrefix(shard.layout.directory.text + "/") {
            return "\(shard.name) \(path.name)"
        }
        return path.description
    }

    func text(_ damage: Damage) -> String {
        let rule = damage.isNewerFormat ? "a later release wrote this: \(damage.rule)" : damage.rule
        return "\(name(damage.path)) at byte \(Wording.grouped(damage.offset)): \(rule)"
    }
}

/// Where a shard lies and whose files it may hold.
struct ShardPlace {
    /// `readings/0`
    let name: String
    let index: UUID128
    let uuid: UUID128
    let layout: ShardLayout

    static func all(_ catalog: Catalog) -> [ShardPlace] {
        catalog.indices.flatMap { entry in
            entry.shards.enumerated().map { number, uuid in
                ShardPlace(
                    name: "\(entry.name)/\(number)", index: entry.uuid, uuid: uuid,
                    layout: StoreLayout.shard(number, of: entry.uuid))
            }
        }
    }

    /// The shards whose directories are there; their files say who they are.
    static func found(in files: any FileSystem) throws -> [ShardPlace] {
        var shards: [ShardPlace] = []
        for entry in (try? files.list(StoreLayout.indices)) ?? [] {
            guard let index = StoreLayout.parseIndex(entry.name) else { continue }
            for shard in (try? files.list(StoreLayout.index(index))) ?? [] {
                guard let number = StoreLayout.parseShard(shard.name) else { continue }
                let layout = StoreLayout.shard(number, of: index)
                guard let uuid = owner(of: layout, files) else { continue }
                let name = "\(index.hex.prefix(8))/\(number)"
                shards.append(ShardPlace(name: name, index: index, uuid: uuid, layout: layout))
            }
        }
        return shards
    }

    private static func owner(of layout: ShardLayout, _ files: any FileSystem) -> UUID128? {
        for entry in (try? files.list(layout.directory)) ?? [] where entry.kind == .file {
            guard let kind = FileName(parsing: entry.name)?.kind,
                let head = try? files.head(layout.directory.appending(entry.name)),
                let header = try? FileHeader(decoding: head.bytes, kind: kind)
            else { continue }
            return header.owner
        }
        return nil
    }
}

extension FileSystem {
    /// The first bytes of a file, as many as a header has.
    func head(_ path: StorePath) throws(StorageError) -> ByteBuffer {
        var head = ByteBuffer(capacity: FileHeader.byteCount)
        do throws(FileError) {
            let file = try openFile(path, writable: false)
            try head.append(upTo: FileHeader.byteCount) { room throws(FileError) in
                try file.read(at: 0, into: &room)
            }
        } catch { throw .file(error) }
        return head
    }

    /// Ours among the names of a directory, in order.
    func names(_ directory: StorePath) throws(StorageError) -> [FileName] {
        do throws(FileError) {
            return try list(directory).compactMap { $0.kind == .file ? FileName(parsing: $0.name) : nil }
        } catch { throw .file(error) }
    }

    func byteCount(_ path: StorePath) throws(StorageError) -> UInt64 {
        do throws(FileError) { return try openFile(path, writable: false).size() } catch {
            throw .file(error)
        }
    }
}

import VarveBytes
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// Checks the files of one shard: its manifests, and what the newest sound one names.
struct ShardVerifier {
    private let place: ShardPlace
    private let environment: Environment
    private let opensBlocks: Bool
    var findings: [Damage] = []
    private(set) var files: [StorePath] = []

    init(_ place: ShardPlace, _ environment: Environment, opensBlocks: Bool) {
        self.place = place
        self.environment = environment
        self.opensBlocks = opensBlocks
    }

    /// - Throws: `StorageError.file` alone; a file that is not there may be one that a writer has just removed.
    mutating func verify() throws {
        let store = ManifestStore(place.layout, shard: place.uuid, environment: environment)
        var newest: Manifest?
        for generation in try store.generations() {
            files.append(place.layout.manifest(generation))
            try attempt { verifier in newest = try store.read(generation) }
        }
        guard let manifest = newest else {
            if findings.isEmpty {
                findings.append(Damage(place.layout.directory, at: 0, "the shard has no manifest"))
            }
            return
        }
        let readers = try open(manifest)
        for entry in manifest.segments + manifest.retired { try verifyDeaths(of: entry) }
        try verifyLog(manifest)
        for reader in readers {
            let opensBlocks = opensBlocks
            try attempt { verifier in verifier.findings += try reader.verify(full: opensBlocks) }
        }
    }

    /// Opens all segments before anything is read, so that a merge meanwhile takes none away.
    private mutating func open(_ manifest: Manifest) throws -> [SegmentReader] {
        var readers: [SegmentReader] = []
        for entry in manifest.segments + manifest.retired {
            let path = place.layout.segment(entry.id)
            files.append(path)
            try attempt { verifier in
                readers.append(
                    try SegmentReader.open(
                        files: verifier.environment.files, path: path, owner: verifier.place.uuid,
                        id: entry.id,
                        byteCount: entry.byteCount, rootChecksum: entry.rootChecksum, cache: nil))
            }
        }
        return readers
    }

    /// Each deaths file as a whole once, and each piece as the manifest names it.
    private mutating func verifyDeaths(of entry: SegmentEntry) throws {
        for piece in entry.deaths {
            let path = place.layout.deaths(piece.file)
            let isNew = !files.contains(path)
            if isNew { files.append(path) }
            try attempt { verifier in
                let file = try verifier.environment.files.openFile(path, writable: false)
                let owner = verifier.place.uuid
                if isNew { _ = try DeathsFile.verify(file, owner: owner, fileID: piece.file) }
                let known = DeathsFile.Piece(
                    segment: entry.id, offset: piece.offset, byteCount: piece.byteCount, count: piece.count,
                    highestDeath: piece.highestDeath, checksum: piece.checksum)
                _ = try DeathsFile.read(
                    known, of: file, owner: owner, fileID: piece.file, rowCount: entry.rows)
            }
        }
    }

    /// The log as opening the store would read it: a torn tail is no damage.
    private mutating func verifyLog(_ manifest: Manifest) throws {
        for case .wal(let id) in try environment.files.names(place.layout.directory)
        where id >= manifest.lowestWAL {
            files.append(place.layout.wal(id))
        }
        try attempt { verifier in
            _ = try LogRecovery.read(
                in: verifier.place.layout.directory, owner: verifier.place.uuid,
                lowestFile: manifest.lowestWAL,
                files: verifier.environment.files
            ) { _ in }
        }
    }

    private mutating func attempt(_ body: (inout Self) throws -> Void) throws {
        do { try body(&self) } catch StorageError.damaged(let damage) {
            if !findings.contains(damage) { findings.append(damage) }
        } catch let error as FileError { throw StorageError.file(error) }
    }
}

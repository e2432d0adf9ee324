import VarveBytes
import VarveFiles

/// The WAL files of one directory: their names, and how a new one comes to be.
///
/// A file is whole before it can be needed: header and real zeros are written and synced, then its name is. So
/// appending to it later changes neither its size nor anything but bytes that are there already, and a sync of
/// it is one write to the device. A file whose content is known at once (the first of a log, and the one that
/// recovery writes) is built under `tmp/` and gets its name when everything in it is durable.
struct LogFiles: Sendable {
    private static let zeroChunkBytes = 1 << 20

    let files: any FileSystem
    let directory: StorePath
    let owner: UUID128
    let sectorPadding: Int
    let temporary: StorePath

    init(_ files: any FileSystem, in directory: StorePath, owner: UUID128, options: LogOptions) {
        precondition([0, 512, 4096].contains(options.sectorPadding), "a sector has 512 or 4096 bytes")
        self.files = files
        self.directory = directory
        self.owner = owner
        sectorPadding = options.sectorPadding
        temporary = options.temporaryDirectory
    }

    func path(_ id: UInt64) -> StorePath { directory.appending("wal-" + id.hex16) }

    /// The id that a file's name gives it; nil for a name that is not ours.
    static func id(of name: String) -> UInt64? {
        name.hasPrefix("wal-") ? UInt64(hex16: name.dropFirst(4)) : nil
    }

    /// The ids of all WAL files in the directory, ascending. Other names are not ours to judge.
    func list() throws(FileError) -> [UInt64] {
        try files.list(directory).compactMap { entry in
            entry.kind == .file ? Self.id(of: entry.name) : nil
        }.sorted()
    }

    func open(_ id: UInt64) throws(StorageError) -> any OpenFile {
        do throws(FileError) { return try files.openFile(path(id), writable: false) } catch {
            throw .file(error)
        }
    }

    func header(_ id: UInt64) -> FileHeader {
        FileHeader(kind: .wal, owner: owner, fileID: id, detail: UInt64(sectorPadding))
    }

    /// Makes an empty file of `bytes` bytes, durable with its name.
    func prepare(_ id: UInt64, bytes: ByteCount) throws(PreparationFailure) -> PreparedLogFile {
        let file: any OpenFile
        do throws(FileError) { file = try write(id, bytes: bytes) } catch {
            guard error.isWantOfSpace else { throw PreparationFailure(error: error, isFatal: true) }
            // What there is of the file takes up space; its id is not used again either way.
            _ = try? files.unlink(path(id))
            throw PreparationFailure(error: error, isFatal: false)
        }
        do throws(FileError) { try files.syncDirectory(directory) } catch {
            throw PreparationFailure(error: error, isFatal: true)
        }
        return PreparedLogFile(id: id, file: file, capacity: bytes)
    }

    private func write(_ id: UInt64, bytes: ByteCount) throws(FileError) -> any OpenFile {
        if let free = try? files.freeBytes(), free < bytes {
            throw FileError("preparation", path(id), .noSpace)
        }
        let file = try files.createFile(path(id))
        var head = ByteBuffer(capacity: Self.zeroChunkBytes)
        header(id).encode(into: &head)
        head.append(repeating: 0, count: Int(min(bytes, ByteCount(Self.zeroChunkBytes))) - head.count)
        try file.write(head.bytes, at: 0)
        try Self.fill(file, from: ByteOffset(head.count), to: bytes)
        try file.sync()
        return file
    }

    /// Writes real zeros: a file that was only allocated would be slower to sync than one that was written.
    static func fill(_ file: any OpenFile, from start: ByteOffset, to end: ByteOffset) throws(FileError) {
        guard start < end else { return }
        var zeros = ByteBuffer(capacity: zeroChunkBytes)
        zeros.append(repeating: 0, count: Int(min(end - start, UInt64(zeroChunkBytes))))
        var at = start
        while at < end {
            let count = Int(min(end - at, UInt64(zeros.count)))
            try file.write(zeros.bytes.slice(0, count), at: at)
            at += UInt64(count)
        }
    }

    /// Starts a file whose first records are known: `link`, then what `content` encodes.
    ///
    /// If power fails before this returns, the file is either there with all of it or not there. Since it is
    /// not there before it is durable, each of its records may say that everything below it is.
    func start(
        _ id: UInt64, next: SequenceNumber, link: LinkRecord, bytes: ByteCount,
        content: (inout LogTail) throws(FileError) -> Void
    ) throws(FileError) -> LogTail {
        let unnamed = temporary.appending("wal-\(owner.hex)-\(id.hex16)")
        let file = try createAnew(unnamed)
        var head = ByteBuffer()
        let header = header(id)
        header.encode(into: &head)
        head.append(repeating: 0, count: Int(header.recordsStart) - head.count)
        try file.write(head.bytes, at: 0)
        var tail = LogTail(file, header: header, capacity: bytes, next: next)
        tail.encode(link)
        tail.presumeDurable()
        try content(&tail)
        try tail.finishStart()
        try files.link(unnamed, to: path(id))
        try files.syncDirectory(directory)
        // A name that stays behind in tmp/ does no harm and goes with the next open.
        _ = try? files.unlink(unnamed)
        tail.move(to: try files.openFile(path(id), writable: true))
        return tail
    }

    /// A name in tmp/ may be left from an open that did not get to its end.
    private func createAnew(_ path: StorePath) throws(FileError) -> any OpenFile {
        do throws(FileError) {
            return try files.createFile(path)
        } catch {
            guard error.code == .exists else { throw error }
        }
        try files.unlink(path)
        return try files.createFile(path)
    }
}

/// A file that holds its header and zeros, and waits to be linked to.
struct PreparedLogFile: Sendable {
    let id: UInt64
    let file: any OpenFile
    let capacity: ByteCount
}

/// Why there is no next file.
struct PreparationFailure: Error {
    let error: FileError
    /// Not for want of space: something that should have become durable did not.
    let isFatal: Bool
}

extension FileError {
    /// The disk, a quota or the process's descriptors are used up: worth another try later.
    var isWantOfSpace: Bool { [.noSpace, .quota, .tooManyFiles].contains(code) }
}

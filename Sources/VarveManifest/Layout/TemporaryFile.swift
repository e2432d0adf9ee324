import VarveBytes
import VarveFiles

/// A file that is written under `tmp/` and gets its name only when all of it is durable.
///
/// The temporary name ends with a random number, so two writers never share one, not even when the lock failed
/// to keep them apart. Nothing under `tmp/` is ever read; it is emptied when a store is opened for writing.
struct TemporaryFile {
    let path: StorePath
    let file: any OpenFile

    /// Makes an empty file that is to be called `name`.
    static func create(for name: FileName, in environment: Environment) throws(FileError) -> TemporaryFile {
        let path = StoreLayout.temporary.appending("\(name).\(environment.random.next().hex16)")
        return TemporaryFile(path: path, file: try environment.files.createFile(path))
    }

    /// A file with these bytes, synced. A failure removes what was written of it.
    static func write(
        _ bytes: RawSpan, for name: FileName, in environment: Environment
    ) throws(FileError) -> TemporaryFile {
        let staged = try create(for: name, in: environment)
        do throws(FileError) {
            try staged.file.write(bytes, at: 0)
            try staged.file.sync()
        } catch {
            staged.discard(in: environment)
            throw error
        }
        return staged
    }

    /// Gives the file its name. The name is durable once its directory is synced.
    func link(to path: StorePath, in environment: Environment) throws(PublishFailure) {
        do throws(FileError) {
            try environment.files.link(self.path, to: path)
        } catch {
            throw error.code == .exists ? .fenced(found: path) : .storage(.file(error))
        }
    }

    /// Removes the temporary name. What it cannot remove goes when the store is next opened.
    func discard(in environment: Environment) {
        try? environment.files.unlink(path)
    }
}

extension FileSystem {
    /// All bytes of a file of at most `limit` bytes.
    func readWhole(_ path: StorePath, limit: Int) throws(StorageError) -> ByteBuffer {
        let file: any OpenFile
        let size: UInt64
        do throws(FileError) {
            file = try openFile(path, writable: false)
            size = try file.size()
        } catch {
            throw .file(error)
        }
        guard size <= UInt64(limit) else {
            throw .damaged(
                Damage(path, at: UInt64(limit), "a file of \(size) bytes, expected at most \(limit)"))
        }
        var buffer = ByteBuffer(capacity: Int(size))
        do throws(FileError) {
            while buffer.count < Int(size) {
                let before = buffer.count
                try buffer.append(upTo: Int(size) - before) { room throws(FileError) in
                    try file.read(at: UInt64(before), into: &room)
                }
                if buffer.count == before { break }
            }
        } catch {
            throw .file(error)
        }
        return buffer
    }

    /// The files of ours in a directory, sorted by name; other names are passed over.
    func listOurs(_ directory: StorePath) throws(FileError) -> [FileName] {
        try list(directory).compactMap { $0.kind == .file ? FileName(parsing: $0.name) : nil }
    }
}

extension StorageError {
    /// What reading one copy ended in, if another copy may stand in for it: damage, or an unreadable disk. Any
    /// other failure, a newer format above all, is the caller's to report.
    func damageOfCopy(_ path: StorePath) -> Damage? {
        switch self {
        case .damaged(let damage): damage.isNewerFormat ? nil : damage
        case .file(let error): error.code == .io ? Damage(path, at: 0, "the file cannot be read") : nil
        }
    }
}

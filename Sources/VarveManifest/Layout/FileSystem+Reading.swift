import VarveBytes
import VarveFiles

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

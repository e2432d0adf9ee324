import VarveBytes

extension FileSystem {
    /// Removes a file, or a directory with all that lies below it; what is absent is removed already. The names
    /// are gone for good after the directory that held the path is synced.
    package func removeTree(_ path: StorePath) throws(FileError) {
        do throws(FileError) {
            try unlink(path)
            return
        } catch {
            if error.code == .notFound { return }
            // Linux says "is a directory", others "not permitted".
            guard error.code == .notRegular || error.code == .permission else { throw error }
        }
        for entry in try list(path) { try removeTree(path.appending(entry.name)) }
        try removeDirectory(path)
    }

    /// Whether anything has this name.
    package func exists(_ path: StorePath) throws(FileError) -> Bool {
        try list(path.parent).contains { $0.name == path.name }
    }

    /// All of a file's bytes, for files that are small; larger ones than `limit` are refused.
    package func readAll(_ path: StorePath, limit: Int) throws(FileError) -> [UInt8] {
        let file = try openFile(path, writable: false)
        let size = try file.size()
        guard size <= UInt64(limit) else { throw FileError("read", path, .tooLarge) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var target = bytes.mutableRawSpan
        let count = try file.read(at: 0, into: &target)
        if count < bytes.count { bytes.removeLast(bytes.count - count) }
        return bytes
    }
}

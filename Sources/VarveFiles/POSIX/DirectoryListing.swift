#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads the names of an open directory.
enum DirectoryListing {
    /// Consumes the descriptor; the stream that reads it closes it.
    static func read(_ directory: consuming Descriptor) throws(Errno) -> [DirectoryEntry] {
        let number = directory.release()
        guard let stream = unsafe fdopendir(number) else {
            let error = Errno.current
            try? SystemCall.close(number)
            throw error
        }
        defer { unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                let error = Errno.current
                guard error.number == 0 else { throw error }
                break
            }
            // SAFETY: the entry is valid until the next call, and its name ends with a zero byte.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: UInt8.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let kind = unsafe entry.pointee.d_type
            entries.append(DirectoryEntry(name: name, kind: Self.kind(kind, of: name, in: number)))
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// The kind of an entry; some file systems leave it out of the listing.
    private static func kind(_ code: UInt8, of name: String, in number: Int32) -> DirectoryEntry.Kind {
        switch Int(code) {
        case Int(DT_REG): return .file
        case Int(DT_DIR): return .directory
        case Int(DT_UNKNOWN): break
        default: return .other
        }
        var status = stat()
        guard unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }
}

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file of the user's, outside any store: read only, wherever it lies.
package enum InputFile {
    /// Tells one file from another that has come to have its name.
    package struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    /// Opens a regular file for reading; links on the way to it are followed.
    package static func open(_ path: String) throws(FileError) -> any OpenFile {
        try openIdentified(path).file
    }

    /// The same, and which file it is.
    package static func openIdentified(
        _ path: String
    ) throws(FileError) -> (file: any OpenFile, identity: Identity) {
        do throws(Errno) {
            let file = try SystemCall.openInput(path)
            let status = try SystemCall.status(of: file.number)
            guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(number: ENODEV) }
            let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            return (POSIXFile(file, path: StorePath.outside(path)), identity)
        } catch { throw FileError("open", StorePath.outside(path), error) }
    }

    /// The paths of regular files in the same directory whose names begin with the name of this one and go on, as those
    /// of files that were renamed to make room for it; the one that was written to last comes first.
    package static func successors(of path: String) throws(FileError) -> [String] {
        let end = path.lastIndex(of: "/")
        let (folder, name) = (
            end.map { String(path[..<$0]) } ?? ".", end.map { path[path.index(after: $0)...] } ?? path[...]
        )
        do throws(Errno) {
            let directory = try SystemCall.openInput(folder.isEmpty ? "/" : folder)
            var found: [(path: String, modified: Int64, nanoseconds: Int64)] = []
            for entry in try DirectoryListing.read(directory)
            where entry.kind == .file && entry.name.hasPrefix(name) && entry.name.utf8.count > name.utf8.count
            {
                let path = folder + "/" + entry.name
                guard let file = try? SystemCall.openInput(path),
                    let status = try? SystemCall.status(of: file.number)
                else { continue }
                found.append((path, Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec)))
            }
            // Names count down as in name.1, name.2 where the clock is too coarse to tell.
            return found.sorted { one, other in
                (other.modified, other.nanoseconds, one.path) < (one.modified, one.nanoseconds, other.path)
            }.map(\.path)
        } catch { throw FileError("list", StorePath.outside(folder), error) }
    }
}

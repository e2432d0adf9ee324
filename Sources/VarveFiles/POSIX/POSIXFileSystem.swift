import VarveBytes

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A directory of the system as the root of a store.
///
/// The root is opened once, and every path is walked from there one directory at a time without following
/// links, so no link below the root can lead a call out of it. Files are made with mode 0600 and directories
/// with 0700 whatever the umask. A root that anyone may write to is refused, and so is a root or a file that
/// belongs to another user. For Linux, on a local file system.
@safe package final class POSIXFileSystem: FileSystem {
    private let root: Descriptor

    /// - Parameters:
    ///   - path: The root. The user's own words: links on the way to it are followed.
    ///   - create: Makes the last directory of the path if there is none, durably.
    package init(root path: String, create: Bool) throws(FileError) {
        if create { try Self.makeRoot(path) }
        do throws(Errno) {
            root = try SystemCall.openRoot(path)
            try Self.checkRoot(root)
        } catch {
            throw FileError("open", .root, error)
        }
    }

    /// The name of a root that is there already is synced too: whoever made it may have crashed before that.
    private static func makeRoot(_ path: String) throws(FileError) {
        var isNew = true
        do throws(Errno) {
            try SystemCall.makeRoot(path)
            try SystemCall.setMode(0o700, of: SystemCall.openRoot(path))
        } catch {
            guard error.number == EEXIST else { throw FileError("create", .root, error) }
            isNew = false
        }
        do throws(Errno) {
            try SystemCall.sync(directory: SystemCall.openRoot(path + "/.."))
        } catch {
            // A parent that we may not read is not ours to sync: another made the root in it for us.
            guard !isNew && error.number == EACCES else { throw FileError("create", .root, error) }
        }
    }

    private static func checkRoot(_ directory: borrowing Descriptor) throws(Errno) {
        let status = try SystemCall.status(of: directory.number)
        guard status.st_mode & 0o002 == 0, isOurs(status) else { throw Errno(number: EPERM) }
    }

    /// What root owns is trusted as well: root needs no file of ours to do harm.
    private static func isOurs(_ status: stat) -> Bool { status.st_uid == geteuid() || status.st_uid == 0 }

    // MARK: Files

    package func createFile(_ path: StorePath) throws(FileError) -> any OpenFile {
        do throws(Errno) {
            let file = try SystemCall.openFile(
                path.name, in: openParent(of: path), flags: O_RDWR | O_CREAT | O_EXCL)
            try SystemCall.setMode(0o600, of: file)
            return POSIXFile(file, path: path)
        } catch {
            throw FileError("create", path, error)
        }
    }

    package func openFile(_ path: StorePath, writable: Bool) throws(FileError) -> any OpenFile {
        try open(path, flags: writable ? O_RDWR : O_RDONLY, "open")
    }

    private func open(
        _ path: StorePath, flags: Int32, _ operation: StaticString
    ) throws(FileError) -> POSIXFile {
        do throws(Errno) {
            let file = try SystemCall.openFile(path.name, in: openParent(of: path), flags: flags)
            let status = try SystemCall.status(of: file.number)
            guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(number: ENODEV) }
            guard Self.isOurs(status) else { throw Errno(number: EPERM) }
            return POSIXFile(file, path: path)
        } catch {
            throw FileError(operation, path, error)
        }
    }

    package func lock(_ path: StorePath) throws(FileError) -> any FileLock {
        let file = try open(path, flags: O_RDWR | O_CREAT, "lock")
        do throws(Errno) {
            try SystemCall.lock(file.number)
        } catch {
            let isHeld = error.number == EAGAIN || error.number == EACCES
            throw isHeld ? FileError("lock", path, .locked) : FileError("lock", path, error)
        }
        return POSIXFileLock(file)
    }

    // MARK: Names

    package func createDirectory(_ path: StorePath) throws(FileError) {
        do throws(Errno) {
            let parent = try openParent(of: path)
            try SystemCall.makeDirectory(path.name, in: parent)
            try SystemCall.setMode(0o700, of: SystemCall.openDirectory(path.name, in: parent))
        } catch {
            throw FileError("create", path, error)
        }
    }

    package func link(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        do throws(Errno) {
            try SystemCall.link(
                path.name, in: openParent(of: path), to: newPath.name, in: openParent(of: newPath))
        } catch {
            throw FileError("link", newPath, error)
        }
    }

    /// The check that the new name is free is not one with the renaming: one writer is what the store's lock
    /// is for.
    package func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        do throws(Errno) {
            let parent = try openParent(of: path)
            let newParent = try openParent(of: newPath)
            try Self.expectFree(newPath.name, in: newParent)
            try SystemCall.rename(path.name, in: parent, to: newPath.name, in: newParent)
        } catch {
            throw FileError("rename", newPath, error)
        }
    }

    private static func expectFree(_ name: String, in directory: borrowing Descriptor) throws(Errno) {
        do throws(Errno) {
            _ = try SystemCall.status(of: name, in: directory)
        } catch {
            guard error.number == ENOENT else { throw error }
            return
        }
        throw Errno(number: EEXIST)
    }

    package func unlink(_ path: StorePath) throws(FileError) {
        do throws(Errno) {
            try SystemCall.unlink(path.name, in: openParent(of: path))
        } catch {
            throw FileError("unlink", path, error)
        }
    }

    package func removeDirectory(_ path: StorePath) throws(FileError) {
        do throws(Errno) {
            try SystemCall.removeDirectory(path.name, in: openParent(of: path))
        } catch {
            throw FileError("remove", path, error)
        }
    }

    package func list(_ path: StorePath) throws(FileError) -> [DirectoryEntry] {
        do throws(Errno) {
            return try DirectoryListing.read(openDirectory(path))
        } catch {
            throw FileError("list", path, error)
        }
    }

    package func syncDirectory(_ path: StorePath) throws(FileError) {
        do throws(Errno) {
            try SystemCall.sync(directory: openDirectory(path))
        } catch {
            throw FileError("sync", path, error)
        }
    }

    // MARK: Space

    /// What an unprivileged user may still write: the blocks kept back for root do not count.
    package func freeBytes() throws(FileError) -> UInt64 {
        do throws(Errno) {
            let status = try SystemCall.spaceStatus(of: root)
            let (bytes, isOver) = UInt64(status.f_bavail).multipliedReportingOverflow(
                by: UInt64(status.f_frsize))
            return isOver ? .max : bytes
        } catch {
            throw FileError("free space", .root, error)
        }
    }

    // MARK: Walking

    private func openParent(of path: StorePath) throws(Errno) -> Descriptor {
        try openDirectory(path.parent)
    }

    private func openDirectory(_ path: StorePath) throws(Errno) -> Descriptor {
        var directory = try SystemCall.openDirectory(".", in: root)
        for name in path.text.split(separator: "/") {
            directory = try SystemCall.openDirectory(String(name), in: directory)
        }
        return directory
    }
}

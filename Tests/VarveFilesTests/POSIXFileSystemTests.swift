import Glibc
import Testing
import VarveBytes
import VarveSimulation

@testable import VarveFiles

@Suite struct `The system's file system` {
    private let root: TemporaryRoot
    private var files: POSIXFileSystem { root.files }

    init() throws { root = try TemporaryRoot() }

    @Test func `what was written is read back, across the file's end`() throws {
        let file = try files.createFile("a")
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try file.write(bytes.rawSpan, at: 5)
        #expect(try file.size() == 10_005)
        var target = [UInt8](repeating: 0xEE, count: 20_000)
        var span = target.mutableRawSpan
        let count = try file.read(at: 0, into: &span)
        #expect(count == 10_005)
        #expect(Array(target[0..<5]) == [0, 0, 0, 0, 0])
        #expect(Array(target[5..<10_005]) == bytes)
        #expect(target[10_005] == 0xEE, "bytes past the end are left alone")
    }

    @Test func `a read past any file's end finds no bytes`() throws {
        let file = try files.createFile("a")
        try file.write([1, 2, 3].rawSpan, at: 0)
        for offset: UInt64 in [3, 4, 1 << 62, 1 << 63, .max - 1, .max] {
            var target: [UInt8] = [9, 9, 9, 9]
            var span = target.mutableRawSpan
            #expect(try file.read(at: offset, into: &span) == 0, "at \(offset)")
        }
    }

    @Test func `a write that no file can hold is an error`() throws {
        let file = try files.createFile("a")
        for offset: UInt64 in [1 << 62, 1 << 63, .max] {
            #expect(throws: FileError("write", "a", .other(EFBIG))) {
                try file.write([1].rawSpan, at: offset)
            }
        }
    }

    @Test func `a new file has mode 0600 and a new directory 0700, whatever the umask`() throws {
        // Root alone may open a directory of mode 0000 to set it right.
        guard geteuid() == 0 else { return }
        let before = umask(0o777)
        defer { umask(before) }
        try files.createDirectory("d")
        _ = try files.createFile("d/f")
        #expect(try mode(of: "d") == 0o700)
        #expect(try mode(of: "d/f") == 0o600)
    }

    @Test func `names are never overwritten`() throws {
        _ = try files.createFile("a")
        _ = try files.createFile("b")
        try files.createDirectory("d")
        #expect(throws: FileError("create", "a", .exists)) { _ = try files.createFile("a") }
        #expect(throws: FileError("create", "d", .exists)) { try files.createDirectory("d") }
        #expect(throws: FileError("link", "b", .exists)) { try files.link("a", to: "b") }
        #expect(throws: FileError("rename", "b", .exists)) { try files.rename("a", to: "b") }
        #expect(throws: FileError("rename", "d", .exists)) { try files.rename("a", to: "d") }
    }

    @Test func `absent names, wrong kinds and full directories are told apart`() throws {
        _ = try files.createFile("f")
        try files.createDirectory("d")
        try files.createDirectory("d/e")
        #expect(throws: FileError("open", "x", .notFound)) { _ = try files.openFile("x", writable: false) }
        #expect(throws: FileError("open", "f/x", .notRegular)) {
            _ = try files.openFile("f/x", writable: false)
        }
        #expect(throws: FileError("open", "d", .notRegular)) { _ = try files.openFile("d", writable: false) }
        #expect(throws: FileError("open", "d", .notRegular)) { _ = try files.openFile("d", writable: true) }
        #expect(throws: FileError("unlink", "d", .notRegular)) { try files.unlink("d") }
        #expect(throws: FileError("remove", "d", .notEmpty)) { try files.removeDirectory("d") }
        #expect(throws: FileError("remove", "f", .notRegular)) { try files.removeDirectory("f") }
    }

    @Test func `a symbolic link is refused, in the last place and on the way`() throws {
        try files.createDirectory("d")
        _ = try files.createFile("d/f")
        #expect(unsafe symlink("d", root.path + "/l") == 0)
        #expect(unsafe symlink("f", root.path + "/d/l") == 0)
        #expect(throws: FileError("open", "d/l", .notRegular)) {
            _ = try files.openFile("d/l", writable: false)
        }
        #expect(throws: FileError("open", "l/f", .notRegular)) {
            _ = try files.openFile("l/f", writable: false)
        }
        #expect(throws: FileError("list", "l", .notRegular)) { _ = try files.list("l") }
        #expect(throws: FileError("lock", "d/l", .notRegular)) { _ = try files.lock("d/l") }
        #expect(throws: FileError("create", "d/l", .exists)) { _ = try files.createFile("d/l") }
        #expect(
            try files.list(.root) == [
                DirectoryEntry(name: "d", kind: .directory), DirectoryEntry(name: "l", kind: .other),
            ])
    }

    @Test func `a pipe in a file's place is refused at once`() throws {
        #expect(unsafe mkfifo(root.path + "/pipe", 0o600) == 0)
        #expect(throws: FileError("open", "pipe", .notRegular)) {
            _ = try files.openFile("pipe", writable: false)
        }
        #expect(throws: FileError("open", "pipe", .notRegular)) {
            _ = try files.openFile("pipe", writable: true)
        }
    }

    @Test func `a root that anyone may write to is refused`() throws {
        #expect(unsafe chmod(root.path, 0o777) == 0)
        #expect(throws: FileError("open", .root, .permission)) {
            _ = try POSIXFileSystem(root: root.path, create: false)
        }
    }

    @Test func `a root or a file of another user is refused`() throws {
        guard geteuid() == 0 else { return }
        _ = try files.createFile("f")
        #expect(unsafe chown(root.path + "/f", 1, 1) == 0)
        #expect(throws: FileError("open", "f", .permission)) { _ = try files.openFile("f", writable: false) }
        #expect(unsafe chown(root.path, 1, 1) == 0)
        #expect(throws: FileError("open", .root, .permission)) {
            _ = try POSIXFileSystem(root: root.path, create: false)
        }
    }

    @Test func `a root is made if that is asked for, and only then`() throws {
        let path = root.path + "/new"
        #expect(throws: FileError("open", .root, .notFound)) {
            _ = try POSIXFileSystem(root: path, create: false)
        }
        _ = try POSIXFileSystem(root: path, create: true).createFile("a")
        let again = try POSIXFileSystem(root: path, create: true)
        #expect(try again.list(.root) == [DirectoryEntry(name: "a", kind: .file)])
        #expect(try mode(of: "new") == 0o700)
    }

    @Test func `a lock excludes every other until it is released or dropped`() throws {
        let other = try POSIXFileSystem(root: root.path, create: false)
        do {
            let lock = try files.lock("LOCK")
            try lock.describeHolder("somebody else, at some length")
            try lock.describeHolder("process 1")
            #expect(try String(decoding: files.readAll("LOCK", limit: 100), as: UTF8.self) == "process 1")
            #expect(throws: FileError("lock", "LOCK", .locked)) { _ = try files.lock("LOCK") }
            #expect(throws: FileError("lock", "LOCK", .locked)) { _ = try other.lock("LOCK") }
            lock.release()
            let second = try other.lock("LOCK")
            #expect(throws: FileError("lock", "LOCK", .locked)) { _ = try files.lock("LOCK") }
            _ = second
        }
        _ = try files.lock("LOCK")
    }

    @Test func `a closed file refuses every call, and closing twice is fine`() throws {
        let file = try files.createFile("a")
        try file.close()
        try file.close()
        #expect(throws: FileError("write", "a", .other(EBADF))) { try file.write([1].rawSpan, at: 0) }
        #expect(throws: FileError("sync", "a", .other(EBADF))) { try file.syncData() }
        #expect(throws: FileError("size", "a", .other(EBADF))) { _ = try file.size() }
    }

    @Test func `a file opened for reading is not written to`() throws {
        try files.createFile("a").close()
        let file = try files.openFile("a", writable: false)
        #expect(throws: FileError("write", "a", .other(EBADF))) { try file.write([1].rawSpan, at: 0) }
        #expect(throws: FileError("truncate", "a", .other(EINVAL))) { try file.truncate(to: 0) }
    }

    @Test func `free space is what the system says`() throws {
        let free = try files.freeBytes()
        var status = statvfs()
        #expect(unsafe statvfs(root.path, &status) == 0)
        let expected = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        #expect(free > 0)
        #expect(max(free, expected) - min(free, expected) < 1 << 32, "apart by what others wrote meanwhile")
    }

    @Test func `open files do not pile up`() throws {
        let before = descriptorCount()
        for number in 0..<50 {
            let path = StorePath.root.appending("f\(number)")
            let file = try files.createFile(path)
            try file.write([1].rawSpan, at: 0)
            #expect(throws: FileError.self) { _ = try files.createFile(path) }
            #expect(throws: FileError.self) { _ = try files.openFile("absent/f", writable: false) }
            _ = try files.list(.root)
            try files.syncDirectory(.root)
        }
        #expect(descriptorCount() < before + 25, "other tests run beside this one")
    }

    @Test func `a name that is not UTF-8 is listed, and harms nothing`() throws {
        let name: [CChar] =
            (root.path + "/x").utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xFF), 0]
        let number = unsafe creat(name, 0o600)
        #expect(number >= 0)
        close(number)
        #expect(try files.list(.root) == [DirectoryEntry(name: "x\u{FFFD}", kind: .file)])
        #expect(unsafe unlink(name) == 0)
    }

    @Test func `a tree is removed with all that is in it, and removing what is absent is fine`() throws {
        try files.createDirectory("d")
        try files.createDirectory("d/e")
        _ = try files.createFile("d/e/f")
        _ = try files.createFile("d/g")
        #expect(unsafe symlink("/etc", root.path + "/d/l") == 0)
        try files.removeTree("d")
        try files.removeTree("d")
        #expect(try files.list(.root).isEmpty)
    }

    private func mode(of name: String) throws -> mode_t {
        var status = stat()
        #expect(unsafe lstat(root.path + "/" + name, &status) == 0)
        return status.st_mode & 0o7777
    }

    private func descriptorCount() -> Int { (0..<1_024).count { fcntl(Int32($0), F_GETFD) >= 0 } }
}

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One function for each system call that the store makes on files: it retries `EINTR` where that is right and
/// throws what `errno` says. Nothing else in the tree calls the C library about files.
///
/// Names are single names in an open directory, never paths: no call can be led out of the store by a symbolic
/// link in the middle.
enum SystemCall {
    /// `F_OFD_SETLK` of Linux, which the C library's headers show to GNU sources only.
    private static let setOpenFileLock: Int32 = 37

    /// Opens the directory at a path of the host's own file system, links followed: the user named it.
    static func openRoot(_ path: String) throws(Errno) -> Descriptor {
        try Descriptor(retrying { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    static func openInput(_ path: String) throws(Errno) -> Descriptor {
        Descriptor(try retrying { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
    }

    static func makeRoot(_ path: String) throws(Errno) {
        _ = try retrying { unsafe mkdir(path, 0o700) }
    }

    static func openDirectory(_ name: String, in directory: borrowing Descriptor) throws(Errno) -> Descriptor
    {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let parent = directory.number
        return try Descriptor(retrying { unsafe openat(parent, name, flags) })
    }

    /// Opens a file; `O_NONBLOCK` so that a pipe or a device in the file's place cannot block the open.
    static func openFile(
        _ name: String, in directory: borrowing Descriptor, flags: Int32
    ) throws(Errno) -> Descriptor {
        let all = flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let parent = directory.number
        return try Descriptor(retrying { unsafe openat(parent, name, all, 0o600) })
    }

    /// Sets the mode that `umask` may have cut down.
    static func setMode(_ mode: mode_t, of file: borrowing Descriptor) throws(Errno) {
        let number = file.number
        _ = try retrying { fchmod(number, mode) }
    }

    static func status(of number: Int32) throws(Errno) -> stat {
        var status = stat()
        _ = try retrying { unsafe fstat(number, &status) }
        return status
    }

    /// The status of a name itself, not of what a symbolic link points to.
    static func status(of name: String, in directory: borrowing Descriptor) throws(Errno) -> stat {
        var status = stat()
        let parent = directory.number
        _ = try retrying { unsafe fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) }
        return status
    }

    /// Closes a descriptor, which is gone whatever the answer: Linux frees it before it reports `EINTR`.
    static func close(_ number: Int32) throws(Errno) {
        guard closeDescriptor(number) != 0 else { return }
        let error = Errno.current
        if error.number != EINTR { throw error }
    }

    static func makeDirectory(_ name: String, in directory: borrowing Descriptor) throws(Errno) {
        let parent = directory.number
        _ = try retrying { unsafe mkdirat(parent, name, 0o700) }
    }

    static func link(
        _ name: String, in directory: borrowing Descriptor, to newName: String,
        in newDirectory: borrowing Descriptor
    ) throws(Errno) {
        let (from, to) = (directory.number, newDirectory.number)
        _ = try retrying { unsafe linkat(from, name, to, newName, 0) }
    }

    static func rename(
        _ name: String, in directory: borrowing Descriptor, to newName: String,
        in newDirectory: borrowing Descriptor
    ) throws(Errno) {
        let (from, to) = (directory.number, newDirectory.number)
        _ = try retrying { unsafe renameat(from, name, to, newName) }
    }

    static func unlink(_ name: String, in directory: borrowing Descriptor) throws(Errno) {
        let parent = directory.number
        _ = try retrying { unsafe unlinkat(parent, name, 0) }
    }

    static func removeDirectory(_ name: String, in directory: borrowing Descriptor) throws(Errno) {
        let parent = directory.number
        _ = try retrying { unsafe unlinkat(parent, name, AT_REMOVEDIR) }
    }

    /// Reads once; may return fewer bytes than asked for.
    static func read(_ file: Int32, at offset: off_t, into target: inout MutableRawSpan) throws(Errno) -> Int
    {
        // SAFETY: the system writes at most the span's length, and the span outlives the call.
        try retrying {
            unsafe target.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, offset) }
        }
    }

    /// Writes once; may write fewer bytes than asked for.
    static func write(_ file: Int32, _ bytes: RawSpan, at offset: off_t) throws(Errno) -> Int {
        // SAFETY: the system reads at most the span's length, and the span outlives the call.
        try retrying {
            unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, offset) }
        }
    }

    /// A failed sync is never repeated, so `EINTR` is an error like any other here.
    static func syncData(_ file: Int32) throws(Errno) {
        if fdatasync(file) != 0 { throw .current }
    }

    static func sync(_ file: Int32) throws(Errno) {
        if fsync(file) != 0 { throw .current }
    }

    static func sync(directory: borrowing Descriptor) throws(Errno) {
        if fsync(directory.number) != 0 { throw .current }
    }

    static func truncate(_ file: Int32, to size: off_t) throws(Errno) {
        _ = try retrying { ftruncate(file, size) }
    }

    static func advise(_ file: Int32, _ advice: Int32, offset: off_t, count: off_t) {
        _ = posix_fadvise(file, offset, count, advice)
    }

    static func spaceStatus(of directory: borrowing Descriptor) throws(Errno) -> statvfs {
        var status = statvfs()
        let number = directory.number
        _ = try retrying { unsafe fstatvfs(number, &status) }
        return status
    }

    /// Takes the lock of the open file description for writing, without waiting. It goes with the descriptor,
    /// not with the process: two opens in one process exclude each other as well.
    static func lock(_ file: Int32) throws(Errno) {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        _ = try retrying { unsafe fcntl(file, setOpenFileLock, &range) }
    }

    /// Calls until the answer is not `EINTR`, and throws what `errno` says of a negative one.
    static func retrying<Answer: SignedInteger>(_ call: () -> Answer) throws(Errno) -> Answer {
        while true {
            let answer = call()
            if answer >= 0 { return answer }
            let error = Errno.current
            if error.number != EINTR { throw error }
        }
    }
}

/// The C function, out of the shadow of the one above with the same name.
private func closeDescriptor(_ number: Int32) -> Int32 { close(number) }

/// What the system said, as a number.
struct Errno: Error, Equatable {
    let number: Int32

    static var current: Errno { Errno(number: errno) }
}

/// An open descriptor with one owner; dropping it closes it.
///
/// Pass the descriptor and not its number: a temporary is dropped, and closed, once its number has been read.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { try? SystemCall.close(number) }

    /// Gives the number away to an owner of another kind.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}

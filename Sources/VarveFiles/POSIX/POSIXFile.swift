import Synchronization
import VarveBytes

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An open file of the system.
///
/// Reads and writes name their offset, so threads may share it. Closing it while a call runs on another thread
/// is a mistake of the caller: whoever closes by hand is the only user. Dropping the last reference closes too.
final class POSIXFile: OpenFile {
    let path: StorePath
    private let descriptor: Atomic<Int32>

    init(_ descriptor: consuming Descriptor, path: StorePath) {
        self.path = path
        self.descriptor = Atomic(descriptor.release())
    }

    deinit {
        let number = descriptor.exchange(-1, ordering: .relaxed)
        if number >= 0 { try? SystemCall.close(number) }
    }

    var number: Int32 { descriptor.load(ordering: .relaxed) }

    func read(at offset: UInt64, into target: inout MutableRawSpan) throws(FileError) -> Int {
        // No file reaches so far: what lies there is the end.
        guard let start = off_t(exactly: offset) else { return 0 }
        let wanted = target.byteCount
        do throws(Errno) {
            return try Transfer.read(wanted, from: start) { (done, position) throws(Errno) in
                var rest = target._mutatingExtracting(done..<wanted)
                return try SystemCall.read(number, at: position, into: &rest)
            }
        } catch {
            throw FileError("read", path, error)
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(FileError) {
        let total = bytes.byteCount
        do throws(Errno) {
            guard let start = off_t(exactly: offset), off_t(total) <= off_t.max - start else {
                throw Errno(number: EFBIG)
            }
            try Transfer.write(total, from: start) { (done, position) throws(Errno) in
                try SystemCall.write(number, bytes.slice(done, total - done), at: position)
            }
        } catch {
            throw FileError("write", path, error)
        }
    }

    func syncData() throws(FileError) {
        do throws(Errno) { try SystemCall.syncData(number) } catch { throw FileError("sync", path, error) }
    }

    func sync() throws(FileError) {
        do throws(Errno) { try SystemCall.sync(number) } catch { throw FileError("sync", path, error) }
    }

    func size() throws(FileError) -> UInt64 {
        do throws(Errno) {
            return UInt64(clamping: try SystemCall.status(of: number).st_size)
        } catch {
            throw FileError("size", path, error)
        }
    }

    func truncate(to size: UInt64) throws(FileError) {
        do throws(Errno) {
            guard let size = off_t(exactly: size) else { throw Errno(number: EFBIG) }
            try SystemCall.truncate(number, to: size)
        } catch {
            throw FileError("truncate", path, error)
        }
    }

    func advise(_ advice: ReadAdvice, offset: UInt64, count: UInt64) {
        guard let offset = off_t(exactly: offset), let count = off_t(exactly: count) else { return }
        let code =
            switch advice {
            case .sequential: POSIX_FADV_SEQUENTIAL
            case .willNeed: POSIX_FADV_WILLNEED
            case .dontNeed: POSIX_FADV_DONTNEED
            }
        SystemCall.advise(number, Int32(code), offset: offset, count: count)
    }

    /// Closing what is closed is fine.
    func close() throws(FileError) {
        let number = descriptor.exchange(-1, ordering: .relaxed)
        guard number >= 0 else { return }
        do throws(Errno) { try SystemCall.close(number) } catch { throw FileError("close", path, error) }
    }
}

/// The advisory lock of a store: an open file description that holds it.
final class POSIXFileLock: FileLock {
    private let file: POSIXFile

    init(_ file: POSIXFile) { self.file = file }

    func describeHolder(_ text: String) throws(FileError) {
        try file.truncate(to: 0)
        try file.write(Array(text.utf8).rawSpan, at: 0)
    }

    /// The lock goes with the description; nothing was written that a failed close could lose.
    func release() { try? file.close() }
}

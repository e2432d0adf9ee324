import Synchronization
import VarveBytes
import VarveFiles

/// An open file of the simulated disk. It outlives the file's names, as on a real one.
final class SimulatedFile: OpenFile, FileLock {
    let path: StorePath
    private let disk: SimulatedDisk
    private let number: Int
    private let isWritable: Bool
    private let holdsLock: Bool
    private let isClosed = Atomic(false)

    /// No file system has larger files than this: ext4's limit.
    private static let sizeMax: UInt64 = 1 << 44

    init(disk: SimulatedDisk, number: Int, path: StorePath, isWritable: Bool, holdsLock: Bool = false) {
        self.disk = disk
        self.number = number
        self.path = path
        self.isWritable = isWritable
        self.holdsLock = holdsLock
    }

    deinit { release() }

    func read(at offset: UInt64, into target: inout MutableRawSpan) throws(FileError) -> Int {
        if target.byteCount == 0 { return 0 }
        let (content, limit) = try disk.content(of: number, path, isClosed: isClosed.load(ordering: .relaxed))
        guard let limit else { return content.read(at: offset, into: &target) }
        var part = target._mutatingExtracting(0..<min(limit, target.byteCount))
        return content.read(at: offset, into: &part)
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(FileError) {
        if bytes.byteCount == 0 { return }
        guard offset <= Self.sizeMax, UInt64(bytes.byteCount) <= Self.sizeMax - offset else {
            throw FileError("write", path, .other(ErrorNumber.tooBig))
        }
        guard isWritable else { throw FileError("write", path, .other(ErrorNumber.badDescriptor)) }
        try expectOpen("write")
        try disk.write(bytes, at: offset, file: number, path)
    }

    func syncData() throws(FileError) {
        try expectOpen("sync")
        try disk.sync(number, .data, path)
    }

    func sync() throws(FileError) {
        try expectOpen("sync")
        try disk.sync(number, .full, path)
    }

    func size() throws(FileError) -> UInt64 {
        try expectOpen("size")
        return try disk.size(of: number, path)
    }

    func truncate(to size: UInt64) throws(FileError) {
        guard size <= Self.sizeMax else { throw FileError("truncate", path, .other(ErrorNumber.tooBig)) }
        try expectOpen("truncate")
        guard isWritable else { throw FileError("truncate", path, .other(ErrorNumber.invalid)) }
        try disk.truncate(number, to: size, path)
    }

    func advise(_ advice: ReadAdvice, offset: UInt64, count: UInt64) {}

    func close() throws(FileError) { release() }

    func describeHolder(_ text: String) throws(FileError) {
        try truncate(to: 0)
        try write(Array(text.utf8).rawSpan, at: 0)
    }

    func release() {
        if isClosed.exchange(true, ordering: .relaxed) { return }
        disk.close(number, holdsLock: holdsLock)
    }

    private func expectOpen(_ operation: StaticString) throws(FileError) {
        guard !isClosed.load(ordering: .relaxed) else {
            throw FileError(operation, path, .other(ErrorNumber.badDescriptor))
        }
    }
}

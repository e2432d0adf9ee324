import VarveBytes
package import VarveFiles

/// Records every call on another file system, one line each, for golden transcripts: the order of writes and
/// syncs becomes something that can be read and reviewed.
///
/// ```
/// create tmp/manifest-0000000000000002
/// write tmp/manifest-0000000000000002 0+412
/// sync tmp/manifest-0000000000000002
/// link manifest-0000000000000002 from tmp/manifest-0000000000000002
/// sync-directory .
/// ```
/// A call that fails says so at the end of its line. Reads are left out unless asked for.
package final class TracingFileSystem: FileSystem {
    private let base: any FileSystem
    private let recorder: Recorder

    package init(_ base: any FileSystem, includingReads: Bool = false) {
        self.base = base
        recorder = Recorder(includesReads: includingReads)
    }

    /// The lines so far.
    package var lines: [String] { recorder.lines.withLock { $0 } }

    /// The lines since the last call of this.
    package func takeLines() -> [String] {
        recorder.lines.withLock { lines in
            let taken = lines
            lines = []
            return taken
        }
    }

    package func createDirectory(_ path: StorePath) throws(FileError) {
        try recorder.record("create-directory \(path)") { () throws(FileError) in
            try base.createDirectory(path)
        }
    }

    package func createFile(_ path: StorePath) throws(FileError) -> any OpenFile {
        let file = try recorder.record("create \(path)") { () throws(FileError) in try base.createFile(path) }
        return TracingFile(file, recorder)
    }

    package func openFile(_ path: StorePath, writable: Bool) throws(FileError) -> any OpenFile {
        let line = "open \(path)\(writable ? " writable" : "")"
        let file = try recorder.recordRead(line) { () throws(FileError) in
            try base.openFile(path, writable: writable)
        }
        return TracingFile(file, recorder)
    }

    package func link(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        try recorder.record("link \(newPath) from \(path)") { () throws(FileError) in
            try base.link(path, to: newPath)
        }
    }

    package func rename(_ path: StorePath, to newPath: StorePath) throws(FileError) {
        try recorder.record("rename \(path) to \(newPath)") { () throws(FileError) in
            try base.rename(path, to: newPath)
        }
    }

    package func unlink(_ path: StorePath) throws(FileError) {
        try recorder.record("unlink \(path)") { () throws(FileError) in try base.unlink(path) }
    }

    package func removeDirectory(_ path: StorePath) throws(FileError) {
        try recorder.record("remove-directory \(path)") { () throws(FileError) in
            try base.removeDirectory(path)
        }
    }

    package func list(_ path: StorePath) throws(FileError) -> [DirectoryEntry] {
        try recorder.recordRead("list \(path)") { () throws(FileError) in try base.list(path) }
    }

    package func syncDirectory(_ path: StorePath) throws(FileError) {
        try recorder.record("sync-directory \(path)") { () throws(FileError) in try base.syncDirectory(path) }
    }

    package func freeBytes() throws(FileError) -> UInt64 {
        try recorder.recordRead("free-bytes") { () throws(FileError) in try base.freeBytes() }
    }

    package func lock(_ path: StorePath) throws(FileError) -> any FileLock {
        try recorder.record("lock \(path)") { () throws(FileError) in try base.lock(path) }
    }
}

/// Where the lines of a tracing file system gather.
private final class Recorder: Sendable {
    let lines = Locked<[String]>([])
    let includesReads: Bool

    init(includesReads: Bool) { self.includesReads = includesReads }

    func record<Answer>(
        _ line: String, _ call: () throws(FileError) -> Answer
    ) throws(FileError) -> Answer {
        do throws(FileError) {
            let answer = try call()
            append(line)
            return answer
        } catch {
            append("\(line) -> \(error.code)")
            throw error
        }
    }

    func recordRead<Answer>(
        _ line: @autoclosure () -> String, _ call: () throws(FileError) -> Answer
    ) throws(FileError) -> Answer {
        includesReads ? try record(line(), call) : try call()
    }

    private func append(_ line: String) { lines.withLock { $0.append(line) } }
}

/// An open file of a tracing file system.
private final class TracingFile: OpenFile {
    private let base: any OpenFile
    private let recorder: Recorder

    init(_ base: any OpenFile, _ recorder: Recorder) {
        self.base = base
        self.recorder = recorder
    }

    var path: StorePath { base.path }

    func read(at offset: UInt64, into target: inout MutableRawSpan) throws(FileError) -> Int {
        let line = "read \(path) \(offset)+\(target.byteCount)"
        guard recorder.includesReads else { return try base.read(at: offset, into: &target) }
        let outcome: Result<Int, FileError>
        do throws(FileError) {
            outcome = .success(try base.read(at: offset, into: &target))
        } catch {
            outcome = .failure(error)
        }
        return try recorder.record(line) { () throws(FileError) in try outcome.get() }
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(FileError) {
        try recorder.record("write \(path) \(offset)+\(bytes.byteCount)") { () throws(FileError) in
            try base.write(bytes, at: offset)
        }
    }

    func syncData() throws(FileError) {
        try recorder.record("sync-data \(path)") { () throws(FileError) in try base.syncData() }
    }

    func sync() throws(FileError) {
        try recorder.record("sync \(path)") { () throws(FileError) in try base.sync() }
    }

    func size() throws(FileError) -> UInt64 {
        try recorder.recordRead("size \(path)") { () throws(FileError) in try base.size() }
    }

    func truncate(to size: UInt64) throws(FileError) {
        try recorder.record("truncate \(path) to \(size)") { () throws(FileError) in
            try base.truncate(to: size)
        }
    }

    func advise(_ advice: ReadAdvice, offset: UInt64, count: UInt64) {
        base.advise(advice, offset: offset, count: count)
    }

    func close() throws(FileError) { try base.close() }
}

import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@Suite struct `A transcript of file operations` {
    private func script(_ files: any FileSystem) throws {
        let lock = try files.lock("LOCK")
        try files.createDirectory("tmp")
        let file = try files.createFile("tmp/a")
        try file.write([1, 2, 3].rawSpan, at: 4)
        try file.syncData()
        try file.truncate(to: 2)
        try file.sync()
        try files.link("tmp/a", to: "a")
        try files.unlink("tmp/a")
        #expect(throws: FileError.self) { try files.link("a", to: "a") }
        #expect(throws: FileError.self) { _ = try files.openFile("b", writable: false) }
        try files.rename("a", to: "c")
        let reader = try files.openFile("c", writable: false)
        var bytes: [UInt8] = [9, 9, 9]
        var target = bytes.mutableRawSpan
        #expect(try reader.read(at: 0, into: &target) == 2)
        #expect(try reader.size() == 2)
        #expect(try files.list("tmp").isEmpty)
        try files.removeDirectory("tmp")
        try files.syncDirectory(.root)
        _ = try files.freeBytes()
        lock.release()
    }

    private static let changes = [
        "lock LOCK", "create-directory tmp", "create tmp/a", "write tmp/a 4+3", "sync-data tmp/a",
        "truncate tmp/a to 2", "sync tmp/a", "link a from tmp/a", "unlink tmp/a", "link a from a -> exists",
        "rename a to c", "remove-directory tmp", "sync-directory .",
    ]

    @Test func `has a line for each change, and says what failed`() throws {
        let files = TracingFileSystem(SimulatedDisk())
        try script(files)
        #expect(files.lines == Self.changes)
        #expect(files.takeLines() == Self.changes)
        #expect(files.takeLines().isEmpty)
    }

    @Test func `has the reads too if that is asked for`() throws {
        let files = TracingFileSystem(SimulatedDisk(), includingReads: true)
        try script(files)
        let reads = files.lines.filter { !Self.changes.contains($0) }
        #expect(
            reads == ["open b -> notFound", "open c", "read c 0+3", "size c", "list tmp", "free-bytes"])
    }

    @Test func `is the same on the system's disk`() throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let files = TracingFileSystem(root.files)
        try script(files)
        #expect(files.lines == Self.changes)
    }
}

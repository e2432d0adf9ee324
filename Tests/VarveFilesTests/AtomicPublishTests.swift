import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@Suite struct `Publishing a file` {
    private let disk = SimulatedDisk()
    private let content: [UInt8] = Array("a manifest, all of it".utf8)

    init() throws {
        try disk.createDirectory("tmp")
        try disk.createDirectory("shard")
        try disk.syncDirectory(.root)
    }

    @Test func `writes under another name, syncs, links and cleans up, in this order`() throws {
        let traced = TracingFileSystem(disk)
        try AtomicPublish(files: traced).publish("shard/manifest-1", bytes: content.rawSpan)
        #expect(
            traced.lines == [
                "create tmp/shard.manifest-1",
                "write tmp/shard.manifest-1 0+21",
                "sync tmp/shard.manifest-1",
                "link shard/manifest-1 from tmp/shard.manifest-1",
                "unlink tmp/shard.manifest-1",
            ])
        #expect(disk.bytes(of: "shard/manifest-1") == content)
        #expect(disk.bytes(of: "tmp/shard.manifest-1") == nil)
    }

    @Test func `leaves the whole file or no file, wherever power fails`() throws {
        let start = disk.copy()
        var seen: Set<Bool> = []
        for stop in 0..<7 {
            let disk = start.copy()
            disk.crashAfter(operation: stop)
            let publish = AtomicPublish(files: disk)
            try? publish.publish("shard/manifest-1", bytes: content.rawSpan)
            try? disk.syncDirectory("shard")
            for survivor in disk.crashStates() {
                let found = survivor.bytes(of: "shard/manifest-1")
                #expect(found == nil || found == content, "after \(stop) operations")
                if stop == 6 { #expect(found == content, "the directory was synced") }
                seen.insert(found != nil)
            }
        }
        #expect(seen == [true, false])
    }

    @Test(arguments: [SyncKind.full, .directory]) func `needs its sync`(kind: SyncKind) throws {
        disk.ignoreSyncs { ignored, _ in ignored == kind }
        try AtomicPublish(files: disk).publish("shard/manifest-1", bytes: content.rawSpan)
        try disk.syncDirectory("shard")
        let isWhole = disk.crashStates().allSatisfy { $0.bytes(of: "shard/manifest-1") == content }
        #expect(!isWhole)
    }

    @Test(arguments: 1...4) func `leaves nothing behind when a call fails`(call: Int) throws {
        disk.setFaults(.failing(call: call, with: .noSpace))
        #expect(throws: FileError.self) {
            try AtomicPublish(files: disk).publish("shard/manifest-1", bytes: content.rawSpan)
        }
        #expect(disk.snapshot().isEmpty)
    }

    @Test func `overwrites no name, but what an earlier attempt left in tmp`() throws {
        let publish = AtomicPublish(files: disk)
        try disk.createFile("tmp/shard.manifest-1").write([1, 2, 3].rawSpan, at: 0)
        try publish.publish("shard/manifest-1", bytes: content.rawSpan)
        #expect(throws: FileError("link", "shard/manifest-1", .exists)) {
            try publish.publish("shard/manifest-1", bytes: [1].rawSpan)
        }
        #expect(disk.snapshot() == [FileImage(path: "shard/manifest-1", bytes: content)])
    }
}

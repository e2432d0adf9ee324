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

    private func publish(on files: any FileSystem) -> AtomicPublish {
        let clock = SimulatedClock()
        return AtomicPublish(
            in: Environment(
                files: files, clock: clock, random: SeededRandom(seed: 1),
                scheduler: SeededScheduler(seed: 1, clock: clock)))
    }

    @Test func `writes under another name, syncs, links and cleans up, in this order`() throws {
        let traced = TracingFileSystem(disk)
        try publish(on: traced).publish("shard/manifest-1", bytes: content.rawSpan)
        #expect(
            traced.lines == [
                "create tmp/manifest-1.910a2dec89025cc1",
                "write tmp/manifest-1.910a2dec89025cc1 0+21",
                "sync tmp/manifest-1.910a2dec89025cc1",
                "link shard/manifest-1 from tmp/manifest-1.910a2dec89025cc1",
                "unlink tmp/manifest-1.910a2dec89025cc1",
            ])
        #expect(disk.bytes(of: "shard/manifest-1") == content)
        #expect(disk.snapshot().count == 1)
    }

    @Test func `leaves the whole file or no file, wherever power fails`() throws {
        let start = disk.copy()
        var seen: Set<Bool> = []
        for stop in 0..<7 {
            let disk = start.copy()
            disk.crashAfter(operation: stop)
            try? publish(on: disk).publish("shard/manifest-1", bytes: content.rawSpan)
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
        try publish(on: disk).publish("shard/manifest-1", bytes: content.rawSpan)
        try disk.syncDirectory("shard")
        let isWhole = disk.crashStates().allSatisfy { $0.bytes(of: "shard/manifest-1") == content }
        #expect(!isWhole)
    }

    @Test(arguments: 1...4) func `leaves nothing behind when a call fails`(call: Int) throws {
        disk.setFaults(.failing(call: call, with: .noSpace))
        #expect(throws: FileError.self) {
            try publish(on: disk).publish("shard/manifest-1", bytes: content.rawSpan)
        }
        #expect(disk.snapshot().isEmpty)
    }

    @Test func `overwrites no name`() throws {
        let publish = publish(on: disk)
        try publish.publish("shard/manifest-1", bytes: content.rawSpan)
        #expect(throws: FileError("link", "shard/manifest-1", .exists)) {
            try publish.publish("shard/manifest-1", bytes: [1].rawSpan)
        }
        #expect(disk.snapshot() == [FileImage(path: "shard/manifest-1", bytes: content)])
    }

    @Test func `links several files only when all of them are whole`() throws {
        let traced = TracingFileSystem(disk)
        let publish = publish(on: traced)
        let staged = [
            try publish.stage(for: "shard/seg-1", bytes: content.rawSpan),
            try publish.stage(for: "shard/dels-1", bytes: content.rawSpan),
        ]
        for file in staged { try file.link() }
        for file in staged { file.discard() }
        let verbs = traced.lines.map { $0.prefix { $0 != " " } }
        let once: [Substring] = ["create", "write", "sync"]
        #expect(verbs == once + once + ["link", "link", "unlink", "unlink"])
    }
}

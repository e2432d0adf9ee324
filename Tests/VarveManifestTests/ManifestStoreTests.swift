import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// A shard's directory on a simulated disk, and its manifests.
private struct Shard {
    static let layout = StoreLayout.shard(0, of: .example)
    let world: World
    let store: ManifestStore

    init(_ disk: SimulatedDisk? = nil, files: (any FileSystem)? = nil, seed: UInt64 = 1) throws {
        let made = try disk ?? Self.emptyDisk()
        world = World(made, seed: seed, files: files)
        store = ManifestStore(Self.layout, shard: uuid(9), environment: world.environment)
    }

    static func emptyDisk() throws -> SimulatedDisk {
        try World.disk(with: ["tmp", "indices", layout.directory.parent, layout.directory])
    }

    /// Publishes generations 1 to `count`; each says so in its epoch.
    func publish(through count: UInt64) throws {
        var manifest = Manifest(writerEpoch: 1, committedAt: 100)
        for generation in 1...count {
            if generation > 1 { manifest = manifest.successor(committedAt: 100) }
            manifest.writerEpoch = generation
            try store.publish(manifest)
        }
    }

    var names: [String] {
        get throws { try world.disk.list(Self.layout.directory).map(\.name) }
    }
}

@Suite struct `Publishing manifests` {
    @Test func `a shard without a manifest has none`() throws {
        #expect(try Shard().store.load() == nil)
    }

    @Test func `the last two generations are kept and the newest is loaded`() throws {
        let shard = try Shard()
        try shard.publish(through: 5)
        #expect(try shard.names == ["manifest-0000000000000004", "manifest-0000000000000005"])
        let loaded = try #require(try shard.store.load())
        #expect(loaded.manifest.generation == 5)
        #expect(loaded.damage.isEmpty)
        #expect(try shard.world.disk.list("tmp").isEmpty)
    }

    @Test func `each operation of a publish, in order`() throws {
        let disk = try Shard.emptyDisk()
        let trace = TracingFileSystem(disk)
        let shard = try Shard(disk, files: trace)
        try shard.publish(through: 2)
        _ = trace.takeLines()
        try shard.store.publish(try #require(try shard.store.load()).successor(committedAt: 100))
        #expect(
            trace.transcript(calling: Shard.layout.directory, "D") == """
                create tmp/manifest-3
                write tmp/manifest-3
                sync tmp/manifest-3
                link D/manifest-3 from tmp/manifest-3
                sync-directory D
                unlink D/manifest-1
                unlink tmp/manifest-3
                """)
    }

    @Test func `a manifest that breaks a rule is not written`() throws {
        let shard = try Shard()
        var manifest = Manifest(writerEpoch: 1, committedAt: 0)
        manifest.generation = 0
        #expect(throws: PublishFailure.self) { try shard.store.publish(manifest) }
        #expect(try shard.names.isEmpty)
        #expect(try shard.world.disk.list("tmp").isEmpty)
    }

    @Test func `a writer whose generation is taken is fenced`() throws {
        let shard = try Shard()
        try shard.publish(through: 2)
        let mine = try #require(try shard.store.load()).successor(committedAt: 1)
        let other = try Shard(shard.world.disk, seed: 2)
        try other.store.publish(try #require(try other.store.load()).successor(committedAt: 2))
        #expect(throws: PublishFailure.fenced(found: Shard.layout.manifest(3))) {
            try shard.store.publish(mine)
        }
        #expect(try #require(try shard.store.load()).manifest.committedAt == 2)
    }

    @Test func `a writer whose generation's name was used and removed is fenced all the same`() throws {
        let shard = try Shard()
        try shard.publish(through: 2)
        let mine = try #require(try shard.store.load()).successor(committedAt: 1)
        let other = try Shard(shard.world.disk, seed: 2)
        for _ in 0..<4 {
            try other.store.publish(try #require(try other.store.load()).successor(committedAt: 2))
        }
        #expect(throws: PublishFailure.fenced(found: Shard.layout.manifest(6))) {
            try shard.store.publish(mine)
        }
        #expect(try #require(try shard.store.load()).manifest.generation == 6)
    }
}

@Suite struct `Damaged manifests` {
    @Test func `the previous generation stands in for a damaged one, whatever the bit`() throws {
        let shard = try Shard()
        try shard.publish(through: 2)
        let path = Shard.layout.manifest(2)
        let bytes = try #require(shard.world.disk.bytes(of: path))
        try withEveryBitFlip(bytes) { flipped, bit in
            shard.world.disk.replace(path, with: flipped)
            let loaded = try #require(try shard.store.load())
            #expect(loaded.manifest.generation == 1, "bit \(bit)")
            #expect(loaded.damage.map(\.path) == [path], "bit \(bit)")
        }
    }

    @Test func `the previous generation stands in for one that is cut or unreadable`() throws {
        let shard = try Shard()
        try shard.publish(through: 2)
        let path = Shard.layout.manifest(2)
        let bytes = try #require(shard.world.disk.bytes(of: path))
        shard.world.disk.setFaults(.failing(call: 1, of: [.read], with: .io))
        #expect(try #require(try shard.store.load()).manifest.generation == 1)
        for count in 0..<bytes.count {
            shard.world.disk.replace(path, with: Array(bytes.prefix(count)))
            #expect(try #require(try shard.store.load()).manifest.generation == 1, "cut at \(count)")
        }
    }

    @Test func `two damaged generations are an error`() throws {
        let shard = try Shard()
        try shard.publish(through: 2)
        for generation in 1...2 as ClosedRange<UInt64> {
            shard.world.disk.flipBit(3, ofByte: 80, in: Shard.layout.manifest(generation))
        }
        #expect(throws: StorageError.self) { try shard.store.load() }
    }

    @Test func `a newest generation in a newer format refuses the shard`() throws {
        let shard = try Shard()
        try shard.publish(through: 1)
        var header = FileHeader(kind: .manifest, owner: uuid(9), fileID: 2, detail: 1)
        header.incompatible = 4
        var bytes = ByteBuffer()
        header.encode(into: &bytes)
        shard.world.disk.replace(Shard.layout.manifest(2), with: bytes.array())
        do {
            _ = try shard.store.load()
            Issue.record("an older generation was loaded")
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            #expect(damage.isNewerFormat)
        }
    }

    @Test func `a manifest of another shard is damage`() throws {
        let shard = try Shard()
        try shard.publish(through: 1)
        let foreign = Manifest(writerEpoch: 1, committedAt: 0).successor(committedAt: 0).encode(
            shard: uuid(10))
        shard.world.disk.replace(Shard.layout.manifest(2), with: foreign.array())
        #expect(try #require(try shard.store.load()).manifest.generation == 1)
    }

    @Test func `the next generation is numbered above the damaged one, which is put aside with the reason`()
        throws
    {
        let shard = try Shard()
        try shard.publish(through: 3)
        shard.world.disk.flipBit(0, ofByte: 90, in: Shard.layout.manifest(3))
        let next = try #require(try shard.store.load()).successor(committedAt: 5)
        #expect(next.generation == 4)
        #expect(next.previousGeneration == 2)
        try shard.store.publish(next)
        #expect(
            try shard.names == ["manifest-0000000000000002", "manifest-0000000000000004", "quarantine"])
        let aside = try shard.world.disk.list(Shard.layout.quarantine).map(\.name)
        #expect(aside == ["manifest-0000000000000003", "manifest-0000000000000003.why.json"])
        let why = try #require(
            shard.world.disk.bytes(
                of: Shard.layout.quarantine.appending("manifest-0000000000000003.why.json")))
        #expect(String(validating: why.rawSpan)?.contains("checksum") == true)
        shard.world.disk.flipBit(0, ofByte: 90, in: Shard.layout.manifest(4))
        #expect(try #require(try shard.store.load()).manifest.generation == 2)
    }

    @Test func `names that are not ours are left alone`() throws {
        let shard = try Shard()
        let strange = [
            "manifest-5", "manifest-000000000000000A", "manifest-0000000000000001.old",
            "manifest-ffffffffffffffff",
        ]
        for name in strange { shard.world.disk.replace(Shard.layout.directory.appending(name), with: [1]) }
        try shard.publish(through: 3)
        #expect(try shard.names.filter(strange.contains) == strange.sorted())
    }
}

@Suite struct `Manifests and power loss` {
    @Test func `after a crash at any operation the last acknowledged generation or its successor is whole`()
        throws
    {
        var operation = 0
        while true {
            let disk = try Shard.emptyDisk()
            let shard = try Shard(disk)
            try shard.publish(through: 3)
            let before = disk.operationCount
            disk.crashAfter(operation: before + operation, writing: 100)
            var acknowledged: UInt64 = 3
            var manifest = try #require(try shard.store.load()).manifest
            do {
                while acknowledged < 5 {
                    manifest = manifest.successor(committedAt: 0)
                    try shard.store.publish(manifest)
                    acknowledged += 1
                }
            } catch {}
            for (number, survivor) in disk.crashStates(seed: UInt64(operation)).enumerated() {
                let loaded = try #require(
                    try Shard(survivor).store.load(), "operation \(operation), state \(number)")
                #expect(loaded.damage.isEmpty)
                #expect(
                    (acknowledged...acknowledged + 1).contains(loaded.manifest.generation),
                    "operation \(operation), state \(number)")
                let previous = try Shard(survivor).store.read(loaded.manifest.previousGeneration)
                #expect(previous.generation == loaded.manifest.generation - 1)
                try Shard(survivor, seed: 7).store.publish(loaded.successor(committedAt: 1))
            }
            if acknowledged == 5 { return }
            operation += 1
        }
    }

    @Test(arguments: [FaultPlan.Repetition.once, .fromThenOn])
    func `whatever call fails, a publish that returns is durable`(_ repetition: FaultPlan.Repetition) throws {
        for call in 1...40 {
            let disk = try Shard.emptyDisk()
            let shard = try Shard(disk)
            try shard.publish(through: 3)
            let next = try #require(try shard.store.load()).successor(committedAt: 0)
            disk.setFaults(.failing(call: call, with: .io, repetition))
            let isAcknowledged = (try? shard.store.publish(next)) != nil
            disk.setFaults(.none)
            for survivor in disk.crashStates(seed: 1) {
                let loaded = try #require(try Shard(survivor).store.load())
                #expect(isAcknowledged ? loaded.manifest.generation == 4 : loaded.manifest.generation >= 3)
            }
        }
    }

    @Test(arguments: [SyncKind.full, .directory])
    func `without either sync an acknowledged generation can be lost`(_ kind: SyncKind) throws {
        let disk = try Shard.emptyDisk()
        let shard = try Shard(disk)
        try shard.publish(through: 1)
        disk.ignoreSyncs { ignored, _ in ignored == kind }
        try shard.store.publish(try #require(try shard.store.load()).successor(committedAt: 0))
        let isLost = try disk.crashStates().contains { survivor in
            try Shard(survivor).store.load()?.manifest.generation != 2
        }
        #expect(isLost)
    }
}

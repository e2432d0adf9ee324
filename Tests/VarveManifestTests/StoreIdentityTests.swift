import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

@Suite struct `Identity of a store` {
    private let identity = StoreIdentity(store: .example, createdAt: 1_773_480_413_000)

    @Test func `the page's example is the file it describes`() throws {
        let bytes = identity.encode().array()
        let page = try FormatPage("store.md")
        #expect(
            page.examples.first == Array(bytes.prefix(64)),
            "the page should say\n\(hexDump(Array(bytes.prefix(64))))")
        #expect(Array(bytes.suffix(64)) == Array(bytes.prefix(64)))
        #expect(bytes.count == 4160)
        #expect(bytes[64..<4096].allSatisfy { $0 == 0 })
    }

    @Test func `either page is enough`() throws {
        var bytes = identity.encode().array()
        let (whole, damage) = try StoreIdentity.decode(bytes.rawSpan)
        #expect(whole == identity)
        #expect(damage == nil)
        bytes[20] ^= 1
        #expect(try StoreIdentity.decode(bytes.rawSpan).damage?.offset == 56)
        #expect(try StoreIdentity.decode(bytes.rawSpan).identity == identity)
        bytes[4100] ^= 1
        #expect(throws: FormatError.self) { try StoreIdentity.decode(bytes.rawSpan) }
    }

    @Test func `any bit flipped or any end cut leaves the identity, or is refused`() throws {
        let bytes = identity.encode().array()
        withEveryBitFlip(bytes) { flipped, bit in
            let found = try? StoreIdentity.decode(flipped.rawSpan)
            #expect(found?.identity == identity, "bit \(bit)")
            #expect(found?.damage != nil, "bit \(bit)")
        }
        for count in 0..<bytes.count {
            let found = try? StoreIdentity.decode(Array(bytes.prefix(count)).rawSpan)
            #expect(count < 4096 ? found == nil : found?.identity == identity, "cut at \(count)")
        }
    }
}

@Suite struct `Making and opening a store` {
    private func open(_ disk: SimulatedDisk, seed: UInt64 = 5) throws -> StoreMetadata {
        try StoreMetadata.open(in: World(disk, seed: seed).environment, options: RegistryFixture.small)
    }

    @Test func `a directory without a store is not one`() throws {
        #expect(throws: StoreIdentityError.notAStore) { try open(SimulatedDisk()) }
        let disk = try World.disk(with: ["tmp", "indices"])
        disk.replace("readme.txt", with: [1])
        #expect(throws: StoreIdentityError.notAStore) { try open(disk) }
        disk.replace("STORE", with: Array(repeating: 0x20, count: 5000))
        #expect(throws: StoreIdentityError.self) { try open(disk) }
    }

    @Test func `a store is made once and opened again`() throws {
        let world = World()
        let made = try StoreMetadata.create(in: world.environment)
        try made.registry.close()
        #expect(throws: StoreIdentityError.exists) { try StoreMetadata.create(in: world.environment) }
        let opened = try open(world.disk)
        #expect(opened.identity == made.identity)
        #expect(opened.catalog == made.catalog)
        #expect(opened.damage.isEmpty)
        #expect(opened.identity.createdAt == world.clock.wallMilliseconds)
    }

    @Test func `a newer format is said to be one`() throws {
        let world = World()
        _ = try StoreMetadata.create(in: world.environment)
        var header = FileHeader(kind: .store, owner: .example, fileID: 0)
        header.incompatible = 1
        var page = ByteBuffer()
        header.encode(into: &page)
        for at in [0, 4096] as [UInt64] { world.disk.overwrite(page.array(), at: at, in: "STORE") }
        do throws(StoreIdentityError) {
            _ = try StoreMetadata.open(in: world.environment)
            Issue.record("it was opened")
        } catch {
            guard case .newerFormat = error else { throw error }
        }
    }

    @Test func `each of the store's files may be lost or emptied, and the store opens complete`() throws {
        let world = World()
        let made = try StoreMetadata.create(in: world.environment)
        var catalog = made.catalog.successor(committedAt: 1)
        catalog.set(IndexEntry(name: "readings", uuid: uuid(1), shards: [uuid(2)], createdAt: 0))
        try made.catalogs.publish(catalog)
        let pit = PITRecord(id: uuid(3), createdAt: 0, keepAlive: 1, lastAccess: 0, pins: [])
        try made.registry.waitUntilDurable(try made.registry.append([.create(pit)]))
        let files = world.disk.snapshot().map(\.path)
        #expect(files.count == 7)
        for path in files {
            for damage in 0..<3 {
                let disk = world.disk.copy()
                switch damage {
                case 0: disk.remove(path)
                case 1: disk.resize(path, to: 0)
                default: disk.zeroSector(0, of: path)
                }
                let opened = try open(disk)
                #expect(opened.identity.store == made.identity.store, "\(path) \(damage)")
                #expect(opened.catalog.indices == catalog.indices, "\(path) \(damage)")
                #expect(opened.registry.find(uuid(3)) == pit, "\(path) \(damage)")
                let isNewest = !path.name.contains("catalog-0000000000000001")
                #expect(
                    opened.damage.isEmpty == (!isNewest || damage == 0 && path != "STORE"),
                    "\(path) \(damage)")
                #expect(try StoreIdentity.load(from: disk).isDerived == false)
            }
        }
    }

    @Test func `what is missing for good is an error, not an empty store`() throws {
        let world = World()
        let made = try StoreMetadata.create(in: world.environment)
        try made.registry.close()
        let noRegistry = world.disk.copy()
        noRegistry.remove("pits-0000000000000001.a")
        noRegistry.remove("pits-0000000000000001.b")
        #expect(throws: StoreIdentityError.self) { try open(noRegistry) }
        let noCatalog = world.disk.copy()
        noCatalog.remove("catalog-0000000000000001.a")
        noCatalog.remove("catalog-0000000000000001.b")
        try noCatalog.createDirectory(StoreLayout.index(uuid(1)))
        #expect(throws: StoreIdentityError.self) { try open(noCatalog) }
    }

    @Test func `a crash while the store is made leaves no store, or one that opens`() throws {
        var operation = 0
        while true {
            let world = World()
            world.disk.crashAfter(operation: operation, writing: 30)
            let isMade =
                (try? StoreMetadata.create(in: world.environment, options: RegistryFixture.small)) != nil
            for survivor in world.disk.crashStates(limit: 100, seed: UInt64(operation)) {
                let identity: StoreIdentity
                do {
                    identity = try open(survivor).identity
                } catch StoreIdentityError.notAStore {
                    #expect(!isMade)
                    let environment = World(survivor, seed: 9).environment
                    identity = try StoreMetadata.create(in: environment, options: RegistryFixture.small)
                        .identity
                }
                for last in survivor.crashStates(limit: 10) {
                    #expect(try open(last, seed: 6).identity.store == identity.store)
                }
            }
            if isMade { return }
            operation += 1
        }
    }

    @Test(arguments: [SyncKind.full, .directory])
    func `without either sync a store that was made can be lost`(_ kind: SyncKind) throws {
        let world = World()
        world.disk.ignoreSyncs { ignored, _ in ignored == kind }
        _ = try StoreIdentity.create(in: world.environment)
        let isLost = world.disk.crashStates(limit: 300).contains { survivor in
            (try? StoreIdentity.load(from: survivor)) == nil
        }
        #expect(isLost)
    }
}

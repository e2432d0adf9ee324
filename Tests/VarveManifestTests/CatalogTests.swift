import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

extension Catalog {
    /// The catalog of the page's example.
    static var example: Catalog {
        var catalog = Catalog(committedAt: 1_773_480_413_000)
        catalog.generation = 3
        catalog.previousGeneration = 2
        catalog.settings.set("pit.max", to: "100000")
        catalog.set(
            IndexEntry(
                name: "readings", uuid: uuid(1), shards: [uuid(2), uuid(3)], createdAt: 1_773_480_400_000,
                settings: [Setting("refresh", "1s")], mapping: Array("{}".utf8)))
        catalog.setAlias("all", to: Array("readings".utf8))
        return catalog
    }
}

@Suite struct `Content of a catalog` {
    @Test func `indices, aliases and settings are found by name and kept in order`() {
        var catalog = Catalog.example
        catalog.set(IndexEntry(name: "a", uuid: uuid(7), shards: [uuid(8)], createdAt: 0))
        catalog.set(IndexEntry(name: "z", uuid: uuid(9), shards: [uuid(10)], createdAt: 0))
        #expect(catalog.indices.map(\.name) == ["a", "readings", "z"])
        #expect(catalog.index(named: "z")?.uuid == uuid(9))
        catalog.set(IndexEntry(name: "z", uuid: uuid(11), shards: [uuid(10)], state: .closed, createdAt: 0))
        #expect(catalog.index(named: "z")?.state == .closed)
        #expect(catalog.removeIndex(named: "a")?.name == "a")
        #expect(catalog.removeIndex(named: "a") == nil)
        #expect(catalog.index(named: "b") == nil)
        catalog.setAlias("all", to: nil)
        #expect(catalog.alias(named: "all") == nil)
        #expect(catalog.index(named: "readings")?.setting("refresh") == "1s")
        #expect(catalog.brokenRule == nil)
    }

    @Test func `what breaks a rule is named`() {
        func rule(_ change: (inout Catalog) -> Void) -> String? {
            var catalog = Catalog.example
            change(&catalog)
            return catalog.brokenRule
        }
        #expect(rule { _ in } == nil)
        #expect(rule { $0.generation = 2 } != nil)
        #expect(rule { $0.indices[0].name = "" } != nil)
        #expect(rule { $0.indices[0].name = String(repeating: "x", count: 256) } != nil)
        #expect(rule { $0.indices[0].shards = [] } != nil)
        #expect(rule { $0.indices[0].shards = [uuid(2), uuid(2)] } != nil)
        #expect(rule { $0.indices.append($0.indices[0]) } != nil)
        #expect(rule { $0.settings = [Setting("b", ""), Setting("a", "")] } != nil)
        #expect(rule { $0.aliases = [Alias(name: "", content: [])] } != nil)
    }
}

@Suite struct `Bytes of a catalog` {
    private let bytes = Catalog.example.encode(store: .example).array()

    private func decode(_ bytes: [UInt8]) throws(FormatError) -> Catalog {
        try Catalog(decoding: bytes.rawSpan, store: .example, generation: 3)
    }

    @Test func `the page's example is the catalog it describes`() throws {
        let page = try FormatPage("catalog.md")
        #expect(page.examples.first == bytes, "the page should say\n\(hexDump(bytes))")
    }

    @Test func `a catalog comes back as it was`() throws {
        #expect(try decode(bytes) == .example)
        var large = Catalog(committedAt: 1)
        for number in 0..<300 as Range<UInt64> {
            large.set(
                IndexEntry(
                    name: "index-\(number)", uuid: uuid(1000 + number), shards: [uuid(5000 + number)],
                    state: number % 2 == 0 ? .open : .closed, createdAt: Int64(number),
                    settings: [Setting("k", String(number))], mapping: Array(repeating: 7, count: Int(number))
                ))
        }
        large.unknown = [UnknownSection(kind: 0x9000, bytes: [5])]
        let encoded = large.encode(store: uuid(0))
        #expect(try Catalog(decoding: encoded.bytes, store: uuid(0), generation: 1) == large)
    }

    @Test func `a catalog cut anywhere or with any bit flipped is refused`() {
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self, "cut at \(count)") { try decode(Array(bytes.prefix(count))) }
        }
        withEveryBitFlip(bytes) { flipped, bit in
            #expect(throws: FormatError.self, "bit \(bit)") { try decode(flipped) }
        }
    }

    @Test func `damage behind a right checksum is an error or a sound catalog, never a trap`() {
        let header = FileHeader(kind: .catalog, owner: .example, fileID: 3, detail: 2)
        for at in 64..<(bytes.count - 16) {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, bytes[at] ^ 1] {
                var forged = bytes
                forged[at] = value
                forged.reseal(header)
                guard let catalog = try? decode(forged) else { continue }
                #expect(catalog.brokenRule == nil, "byte \(at)")
            }
        }
    }
}

/// The catalogs of a store on a simulated disk.
private struct Fixture {
    let world: World
    let store: CatalogStore

    init(_ disk: SimulatedDisk? = nil, files: (any FileSystem)? = nil, seed: UInt64 = 1) throws {
        world = World(try disk ?? World.disk(with: ["tmp"]), seed: seed, files: files)
        store = CatalogStore(store: .example, environment: world.environment)
    }

    func publish(through count: UInt64) throws {
        var catalog = Catalog(committedAt: 0)
        for generation in 1...count {
            if generation > 1 { catalog = catalog.successor(committedAt: Int64(generation)) }
            try store.publish(catalog)
        }
    }

    static func path(_ generation: UInt64, _ copy: FileCopy) -> StorePath {
        StoreLayout.path(.catalog(generation: generation, copy: copy))
    }

    var names: [String] {
        get throws { try world.disk.list(.root).map(\.name).filter { $0 != "tmp" } }
    }
}

@Suite struct `Publishing catalogs` {
    @Test func `two copies of the last two generations are kept`() throws {
        let fixture = try Fixture()
        #expect(try fixture.store.load() == nil)
        #expect(try fixture.store.loadForWriting() == nil)
        try fixture.publish(through: 4)
        #expect(
            try fixture.names == [
                "catalog-0000000000000003.a", "catalog-0000000000000003.b", "catalog-0000000000000004.a",
                "catalog-0000000000000004.b",
            ])
        #expect(try #require(try fixture.store.load()).catalog.committedAt == 4)
        #expect(try fixture.world.disk.list("tmp").isEmpty)
    }

    @Test func `each operation of a publish, in order`() throws {
        let trace = TracingFileSystem(try World.disk(with: ["tmp"]))
        let environment = Environment(
            files: trace, clock: SimulatedClock(), random: SeededRandom(seed: 1),
            scheduler: SeededScheduler(seed: 1, clock: SimulatedClock()))
        try CatalogStore(store: .example, environment: environment).publish(Catalog(committedAt: 0))
        #expect(
            trace.transcript() == """
                create tmp/catalog-1.a
                write tmp/catalog-1.a
                sync tmp/catalog-1.a
                create tmp/catalog-1.b
                write tmp/catalog-1.b
                sync tmp/catalog-1.b
                link catalog-1.a from tmp/catalog-1.a
                link catalog-1.b from tmp/catalog-1.b
                sync-directory .
                unlink tmp/catalog-1.a
                unlink tmp/catalog-1.b
                """)
    }

    @Test func `a second writer is fenced`() throws {
        let fixture = try Fixture()
        try fixture.publish(through: 1)
        let mine = try #require(try fixture.store.load()).catalog.successor(committedAt: 0)
        try Fixture(fixture.world.disk, seed: 2).store.publish(mine)
        #expect(throws: PublishFailure.fenced(found: Fixture.path(2, .a))) { try fixture.store.publish(mine) }
    }

    @Test func `a damaged copy is healed by a new generation with the same content`() throws {
        for copy in FileCopy.allCases {
            let fixture = try Fixture()
            try fixture.publish(through: 2)
            fixture.world.disk.flipBit(1, ofByte: 70, in: Fixture.path(2, copy))
            let before = fixture.world.disk.snapshot()
            #expect(try #require(try fixture.store.load()).damage.map(\.path) == [Fixture.path(2, copy)])
            #expect(fixture.world.disk.snapshot() == before)
            let loaded = try #require(try fixture.store.loadForWriting())
            #expect(loaded.damage.count == 1)
            #expect(loaded.catalog.generation == 3)
            fixture.world.disk.flipBit(1, ofByte: 70, in: Fixture.path(3, copy))
            #expect(try #require(try fixture.store.load()).catalog == loaded.catalog)
        }
    }

    @Test func `damage to both copies never brings an older catalog back`() throws {
        let fixture = try Fixture()
        try fixture.publish(through: 2)
        fixture.world.disk.flipBit(1, ofByte: 70, in: Fixture.path(2, .a))
        fixture.world.disk.resize(Fixture.path(2, .b), to: 90)
        #expect(throws: StorageError.self) { try fixture.store.load() }
        fixture.world.disk.remove(Fixture.path(2, .b))
        #expect(throws: StorageError.self) { try fixture.store.load() }
    }

    @Test func `two valid copies that differ are an error`() throws {
        let fixture = try Fixture()
        try fixture.publish(through: 1)
        let other = Catalog(committedAt: 77).encode(store: .example)
        fixture.world.disk.replace(Fixture.path(1, .b), with: other.array())
        #expect(throws: StorageError.self) { try fixture.store.load() }
    }
}

@Suite struct `Catalogs and power loss` {
    @Test func `after a crash at any operation the last acknowledged catalog or its successor is whole`()
        throws
    {
        var operation = 0
        while true {
            let disk = try World.disk(with: ["tmp"])
            let fixture = try Fixture(disk)
            try fixture.publish(through: 2)
            disk.crashAfter(operation: disk.operationCount + operation, writing: 70)
            var acknowledged: Int64 = 2
            var catalog = try #require(try fixture.store.load()).catalog
            do {
                while acknowledged < 4 {
                    catalog = catalog.successor(committedAt: acknowledged + 1)
                    try fixture.store.publish(catalog)
                    acknowledged += 1
                }
            } catch {}
            for (number, survivor) in disk.crashStates(limit: 600, seed: UInt64(operation)).enumerated() {
                let reopened = try Fixture(survivor, seed: 3)
                let found = try #require(try reopened.store.load(), "operation \(operation), state \(number)")
                #expect(found.damage.isEmpty)
                #expect((acknowledged...acknowledged + 1).contains(found.catalog.committedAt))
                let opened = try #require(try reopened.store.loadForWriting())
                #expect(try #require(try reopened.store.load()).isWhole)
                for again in survivor.crashStates(limit: 40) {
                    let last = try #require(try Fixture(again, seed: 4).store.load())
                    #expect(last.catalog.generation == opened.catalog.generation)
                }
            }
            if acknowledged == 4 { return }
            operation += 1
        }
    }

    @Test(arguments: [FaultPlan.Repetition.once, .fromThenOn])
    func `whatever call fails, a publish that returns is durable`(_ repetition: FaultPlan.Repetition) throws {
        for call in 1...40 {
            let fixture = try Fixture()
            try fixture.publish(through: 2)
            let next = try #require(try fixture.store.load()).catalog.successor(committedAt: 3)
            fixture.world.disk.setFaults(.failing(call: call, with: .io, repetition))
            let isAcknowledged = (try? fixture.store.publish(next)) != nil
            fixture.world.disk.setFaults(.none)
            for survivor in fixture.world.disk.crashStates(limit: 300, seed: 1) {
                let found = try #require(try Fixture(survivor).store.load()).catalog
                #expect(found.committedAt == 3 || !isAcknowledged && found.committedAt == 2)
            }
        }
    }

    @Test(arguments: [SyncKind.full, .directory])
    func `without either sync an acknowledged catalog can be lost`(_ kind: SyncKind) throws {
        let fixture = try Fixture()
        try fixture.publish(through: 1)
        fixture.world.disk.ignoreSyncs { ignored, _ in ignored == kind }
        try fixture.store.publish(try #require(try fixture.store.load()).catalog.successor(committedAt: 2))
        let isLost = fixture.world.disk.crashStates(limit: 300).contains { survivor in
            (try? Fixture(survivor).store.load()?.catalog.generation) != 2
        }
        #expect(isLost)
    }

    @Test func `a catalog found with its names not yet durable is made so before it is used`() throws {
        let fixture = try Fixture()
        try fixture.publish(through: 1)
        let disk = fixture.world.disk
        disk.setFaults(.failing(call: 1, of: [.syncDirectory], with: .io))
        let next = try #require(try fixture.store.load()).catalog.successor(committedAt: 2)
        #expect(throws: PublishFailure.self) { try fixture.store.publish(next) }
        disk.setFaults(.none)
        let killed = disk.afterKill()
        let found = try #require(try Fixture(killed, seed: 2).store.loadForWriting())
        for survivor in killed.crashStates() {
            #expect(try #require(try Fixture(survivor).store.load()).catalog == found.catalog)
        }
    }
}

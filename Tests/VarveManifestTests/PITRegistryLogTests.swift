import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

/// A registry on a simulated disk.
struct RegistryFixture {
    let world: World
    let log: PITRegistryLog
    let report: RegistryReport?

    /// Options that make every write small, so that all states after a crash can be listed.
    static var small: PITRegistryOptions {
        var options = PITRegistryOptions()
        options.preallocatedBytes = 0
        options.generationBytesMin = 1 << 30
        return options
    }

    init(
        _ disk: SimulatedDisk? = nil, seed: UInt64 = 1, options: PITRegistryOptions = small,
        files: (any FileSystem)? = nil
    ) throws {
        world = World(try disk ?? World.disk(with: ["tmp"]), seed: seed, files: files)
        let opened = try PITRegistryLog.open(
            store: .example, environment: world.environment, options: options)
        report = opened?.report
        log =
            try opened?.log
            ?? PITRegistryLog.create(store: .example, environment: world.environment, options: options)
    }

    func make(_ number: UInt64, label: String = "") throws {
        try log.waitUntilDurable(try log.append([.create(Self.record(number, label: label))]))
    }

    static func record(_ number: UInt64, label: String = "") -> PITRecord {
        PITRecord(
            id: uuid(number), createdAt: 1_773_480_413_000, keepAlive: 300_000, lastAccess: 1_773_480_413_000,
            label: label,
            pins: [
                PITPin(
                    target: PITTarget(index: uuid(1), shard: uuid(2)), sequenceNumber: SequenceNumber(number))
            ])
    }

    /// The numbers of the records that a directory holds.
    static func numbers(on disk: SimulatedDisk) throws -> [UInt64] {
        guard let found = try PITRegistryLog.read(store: .example, files: disk) else { return [] }
        return found.records.map { $0.id.high - uuid(0).high }.sorted()
    }

    var numbers: [UInt64] { log.records.map { $0.id.high - uuid(0).high }.sorted() }

    static func path(_ generation: UInt64, _ copy: FileCopy) -> StorePath {
        StoreLayout.path(.registry(generation: generation, copy: copy))
    }
}

@Suite struct `Registry of points in time` {
    @Test func `a registry that was never made is none`() throws {
        let world = World(try World.disk(with: ["tmp"]))
        #expect(try PITRegistryLog.read(store: .example, files: world.disk) == nil)
        #expect(try PITRegistryLog.open(store: .example, environment: world.environment) == nil)
    }

    @Test func `what was acknowledged is there after closing and opening`() throws {
        let fixture = try RegistryFixture()
        for number in 0..<5 as Range<UInt64> { try fixture.make(number, label: "nightly") }
        let touch = PITChange.touch(id: uuid(2), keepAlive: 5, lastAccess: 6)
        try fixture.log.waitUntilDurable(
            try fixture.log.append([.delete(id: uuid(3)), touch, .heartbeat(77)]))
        try fixture.log.close()
        let reopened = try RegistryFixture(fixture.world.disk, seed: 2)
        #expect(reopened.numbers == [0, 1, 2, 4])
        #expect(reopened.log.find(uuid(1)) == RegistryFixture.record(1, label: "nightly"))
        #expect(reopened.log.find(uuid(2))?.keepAlive == 5)
        #expect(reopened.log.find(uuid(2))?.lastAccess == 6)
        #expect(reopened.log.heartbeat == fixture.world.clock.wallMilliseconds)
        #expect(reopened.report == RegistryReport(generation: 1))
        #expect(reopened.log.generation == 2)
    }

    @Test func `the page's example is the file it describes`() throws {
        let fixture = try RegistryFixture()
        try fixture.log.waitUntilDurable(try fixture.log.append([.create(.example)]))
        let page = try FormatPage("pit-registry.md")
        for copy in FileCopy.allCases {
            let bytes = try #require(fixture.world.disk.bytes(of: RegistryFixture.path(1, copy)))
            #expect(page.examples.first == bytes, "the page should say\n\(hexDump(bytes))")
        }
    }

    @Test func `each operation of a durable create, in order`() throws {
        let disk = try World.disk(with: ["tmp"])
        let trace = TracingFileSystem(disk)
        let fixture = try RegistryFixture(disk, files: trace)
        #expect(
            trace.transcript() == """
                create tmp/pits-1.a
                create tmp/pits-1.b
                write tmp/pits-1.a
                write tmp/pits-1.a
                sync tmp/pits-1.a
                write tmp/pits-1.b
                write tmp/pits-1.b
                sync tmp/pits-1.b
                link pits-1.a from tmp/pits-1.a
                link pits-1.b from tmp/pits-1.b
                sync-directory .
                unlink tmp/pits-1.a
                unlink tmp/pits-1.b
                """)
        _ = trace.takeLines()
        try fixture.make(1)
        for copy in ["a", "b"] {
            let own = trace.transcript().split(separator: "\n").filter { $0.hasSuffix(".\(copy)") }
            #expect(own == ["write pits-1.\(copy)", "sync-data pits-1.\(copy)"])
        }
    }

    @Test func `appends that wait share one sync of each copy`() throws {
        let disk = try World.disk(with: ["tmp"])
        let trace = TracingFileSystem(disk)
        let fixture = try RegistryFixture(disk, files: trace)
        _ = trace.takeLines()
        let done = Locked<[UInt64]>([])
        for number in 0..<100 as Range<UInt64> {
            let ticket = try fixture.log.append([.create(RegistryFixture.record(number))])
            fixture.log.whenDurable(ticket) { outcome in
                if case .success = outcome { done.withLock { $0.append(number) } }
            }
        }
        #expect(fixture.numbers.isEmpty)
        fixture.world.scheduler.runUntilIdle()
        #expect(done.withLock { $0 } == Array(0..<100))
        #expect(fixture.numbers == Array(0..<100))
        #expect(trace.lines.filter { $0.hasPrefix("sync-data") }.count == 4)
    }

    @Test func `a create is durable only when both copies are`() throws {
        let fixture = try RegistryFixture()
        let isDone = Locked(false)
        let ticket = try fixture.log.append([.create(RegistryFixture.record(1))])
        fixture.log.whenDurable(ticket) { _ in isDone.withLock { $0 = true } }
        while !isDone.withLock({ $0 }) {
            let durable = try FileCopy.allCases.allSatisfy { copy in
                let alone = fixture.world.disk.copy()
                alone.remove(RegistryFixture.path(1, copy.other))
                return try alone.crashStates().allSatisfy { try RegistryFixture.numbers(on: $0) == [1] }
            }
            #expect(!durable)
            #expect(fixture.world.scheduler.runOneStep())
        }
        for copy in FileCopy.allCases {
            let alone = fixture.world.disk.copy()
            alone.remove(RegistryFixture.path(1, copy.other))
            #expect(try RegistryFixture.numbers(on: alone) == [1])
        }
    }

    @Test func `an idle log proves with one more record that the last one is durable`() throws {
        let fixture = try RegistryFixture()
        try fixture.make(1)
        let length = fixture.log.byteCount
        fixture.world.scheduler.advance(byMilliseconds: 199)
        #expect(fixture.log.byteCount == length)
        fixture.world.scheduler.advance(byMilliseconds: 2)
        #expect(fixture.log.byteCount > length)
        #expect(fixture.log.heartbeat == fixture.world.clock.wallMilliseconds - 1)
        let marked = fixture.log.byteCount
        fixture.world.scheduler.advance(byMilliseconds: 10_000)
        #expect(fixture.log.byteCount == marked)
        for copy in FileCopy.allCases {
            fixture.world.disk.flipBit(0, ofByte: length - 8, in: RegistryFixture.path(1, copy))
        }
        #expect(throws: StorageError.self) { try RegistryFixture.numbers(on: fixture.world.disk) }
    }

    @Test func `too much at once or too much waiting is rejected and leaves the rest alone`() throws {
        var options = RegistryFixture.small
        options.pendingChangesMax = 10
        let fixture = try RegistryFixture(options: options)
        _ = try fixture.log.append([.create(RegistryFixture.record(0))])
        let nine = try fixture.log.append((1...9).map { .create(RegistryFixture.record($0)) })
        #expect(throws: PITRegistryFailure.self) {
            try fixture.log.append((10...11).map { .create(RegistryFixture.record($0)) })
        }
        let label = String(repeating: "x", count: 256)
        options.pendingBytesMax = 200
        try fixture.log.waitUntilDurable(nine)
        #expect(fixture.numbers == Array(0...9))
        let tight = try RegistryFixture(fixture.world.disk, seed: 2, options: options)
        #expect(throws: PITRegistryFailure.self) {
            try tight.log.append([.create(RegistryFixture.record(12, label: label))])
        }
    }

    @Test func `a closed registry takes nothing, and closing again changes nothing`() throws {
        let fixture = try RegistryFixture()
        _ = try fixture.log.append([.create(RegistryFixture.record(1))])
        try fixture.log.close()
        #expect(fixture.numbers == [1])
        #expect(throws: PITRegistryFailure.closed) { try fixture.log.append([.delete(id: uuid(1))]) }
        let files = fixture.world.disk.snapshot()
        try fixture.log.close()
        #expect(fixture.world.disk.snapshot() == files)
    }

    @Test func `reading changes nothing`() throws {
        let fixture = try RegistryFixture()
        try fixture.make(1)
        let operations = fixture.world.disk.operationCount
        #expect(try RegistryFixture.numbers(on: fixture.world.disk) == [1])
        #expect(fixture.world.disk.operationCount == operations)
    }

    @Test func `a second writer is noticed when a generation is made`() throws {
        let fixture = try RegistryFixture()
        try fixture.make(1)
        let second = try RegistryFixture(fixture.world.disk, seed: 2)
        #expect(second.log.generation == 2)
        let third = World(fixture.world.disk, seed: 3)
        fixture.world.disk.remove(RegistryFixture.path(2, .b))
        _ = third
        var options = RegistryFixture.small
        options.generationBytesMin = 100
        let stale = try RegistryFixture(fixture.world.disk, seed: 4, options: options)
        _ = try RegistryFixture(fixture.world.disk, seed: 5)
        #expect(throws: PITRegistryFailure.self) {
            for number in 10..<40 as Range<UInt64> {
                try stale.make(number)
                try stale.log.waitUntilDurable(try stale.log.append([.delete(id: uuid(number))]))
            }
        }
        guard case .poisoned(.fenced) = stale.log.failure else {
            Issue.record("\(String(describing: stale.log.failure))")
            return
        }
    }
}

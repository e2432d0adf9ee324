import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

@Suite struct `Registry and power loss` {
    /// Options under which a generation ends after a few changes.
    private static var restless: PITRegistryOptions {
        var options = RegistryFixture.small
        options.generationBytesMin = 700
        options.baseRecordBytes = 100
        return options
    }

    /// One change after another until the disk stops; true if it did not.
    private func run(_ fixture: RegistryFixture, _ oracle: RegistryOracle, seed: UInt64, changes: Int) -> Bool
    {
        var random = SplitMix64(seed: seed)
        for _ in 0..<changes {
            guard oracle.append([RegistryOracle.change(&random)], to: fixture.log) else { return false }
            fixture.world.scheduler.runUntilIdle()
        }
        return oracle.failed == 0
    }

    @Test(arguments: [(false, 0), (true, 0), (true, 1)] as [(Bool, UInt64)])
    func `after a crash at any operation what was acknowledged is there`(isRestless: Bool, seed: UInt64)
        throws
    {
        let options = isRestless ? Self.restless : RegistryFixture.small
        var operation = 0
        while true {
            let fixture = try RegistryFixture(seed: seed, options: options)
            let disk = fixture.world.disk
            disk.crashAfter(operation: disk.operationCount + operation, writing: 60)
            let oracle = RegistryOracle()
            let isWhole = run(fixture, oracle, seed: seed, changes: isRestless ? 24 : 6)
            for (number, survivor) in disk.crashStates(limit: 200, seed: UInt64(operation)).enumerated() {
                #expect(try oracle.allows(survivor), "operation \(operation), state \(number)")
                let reopened = try RegistryFixture(survivor, seed: 9, options: options)
                #expect(oracle.allows(reopened.log.records))
                #expect(reopened.report?.damage == [])
            }
            if isWhole { return }
            operation += 1
        }
    }

    @Test func `a crash while the registry is opened loses nothing, to depth three`() throws {
        let fixture = try RegistryFixture()
        let oracle = RegistryOracle()
        #expect(run(fixture, oracle, seed: 3, changes: 8))
        func descend(_ disk: SimulatedDisk, depth: Int) throws {
            var operation = 0
            while true {
                let attempt = disk.copy()
                attempt.crashAfter(operation: attempt.operationCount + operation, writing: 60)
                let isOpen = (try? RegistryFixture(attempt, seed: UInt64(10 + depth))) != nil
                for survivor in attempt.crashStates(limit: depth == 1 ? 24 : 4, seed: UInt64(operation)) {
                    #expect(try oracle.allows(survivor), "depth \(depth), operation \(operation)")
                    if depth < 3 { try descend(survivor, depth: depth + 1) }
                }
                if isOpen { return }
                operation += depth == 1 ? 1 : 3
            }
        }
        try descend(fixture.world.disk, depth: 1)
    }

    @Test(arguments: 0..<60)
    func `in any order of the threads, at any moment, what was acknowledged is there`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed &+ 77)
        var diskOptions = DiskOptions()
        if random.chance(1, in: 3) { diskOptions.sectorDamage = .writtenBytes }
        var options = random.chance(1, in: 2) ? Self.restless : RegistryFixture.small
        options.preallocatedBytes = [0, 0, 1024, 5000][random.next(below: 4)]
        options.groupChangesMax = 1 + random.next(below: 5)
        let disk = try World.disk(with: ["tmp"], options: diskOptions)
        let fixture = try RegistryFixture(disk, seed: seed, options: options)
        let oracle = RegistryOracle()
        let stop = disk.operationCount + random.next(below: 90)
        disk.crashAfter(operation: stop, writing: random.next(below: 200))
        while !disk.hasCrashed && oracle.appended < 60 {
            for _ in 0..<random.next(below: 4) {
                oracle.append(
                    (0..<1 + random.next(below: 2)).map { _ in RegistryOracle.change(&random) },
                    to: fixture.log)
            }
            for _ in 0..<random.next(below: 6) { fixture.world.scheduler.runOneStep() }
            if random.chance(1, in: 10) { fixture.world.scheduler.advance(byMilliseconds: 250) }
        }
        for (number, survivor) in disk.crashStates(limit: 60, seed: seed).enumerated() {
            #expect(try oracle.allows(survivor), "state \(number)")
            let reopened = try RegistryFixture(survivor, seed: 9, options: options)
            #expect(oracle.allows(reopened.log.records), "state \(number)")
        }
    }

    @Test(arguments: [FileError.Code.io, .noSpace], [FaultPlan.Repetition.once, .fromThenOn])
    func `whatever call fails, what was acknowledged is there, and a poisoned log takes nothing`(
        code: FileError.Code, repetition: FaultPlan.Repetition
    ) throws {
        var call = 1
        while true {
            let fixture = try RegistryFixture(options: Self.restless)
            let disk = fixture.world.disk
            let before = disk.callCount
            disk.setFaults(.failing(call: call, with: code, repetition))
            let oracle = RegistryOracle()
            _ = run(fixture, oracle, seed: 2, changes: 24)
            let calls = disk.callCount - before
            if fixture.log.failure != nil {
                #expect(!oracle.append([.heartbeat(1)], to: fixture.log))
                #expect(throws: PITRegistryFailure.self) { try fixture.log.append([]) }
            }
            disk.setFaults(.none)
            for survivor in disk.crashStates(limit: 40, seed: UInt64(call)) {
                #expect(try oracle.allows(survivor), "call \(call)")
            }
            if calls < call { return }
            call += 1
        }
    }

    @Test(arguments: SyncFailure.allCases)
    func `a failed sync is never taken for a good one`(_ failure: SyncFailure) throws {
        for call in 1...30 {
            let fixture = try RegistryFixture(options: Self.restless)
            let disk = fixture.world.disk
            disk.setFaults(
                FaultPlan().adding(call: call, of: [.sync, .syncData], .failedSync(failure)))
            let oracle = RegistryOracle()
            _ = run(fixture, oracle, seed: 4, changes: 20)
            disk.setFaults(.none)
            // A sync that reports its failure late has acknowledged what it lost: that is the disk's lie, and only
            // the copies together can make up for it.
            for survivor in disk.crashStates(limit: 20, seed: UInt64(call)) {
                let isLegal = (try? oracle.allows(survivor)) ?? false
                #expect(isLegal || failure == .latent, "call \(call)")
            }
        }
    }

    @Test(arguments: [("pits-0000000000000001.a", SyncKind.data), ("pits-0000000000000001.b", .data)])
    func `without the sync of either copy, that copy can lack what was acknowledged`(
        name: String, kind: SyncKind
    ) throws {
        let fixture = try RegistryFixture()
        let disk = fixture.world.disk
        disk.ignoreSyncs { $0 == kind && $1.name == name }
        try fixture.make(1)
        let other = name.hasSuffix("a") ? RegistryFixture.path(1, .b) : RegistryFixture.path(1, .a)
        disk.remove(other)
        #expect(try disk.crashStates().contains { try RegistryFixture.numbers(on: $0) != [1] })
    }

    @Test(arguments: [(SyncKind.full, "tmp"), (.directory, "")])
    func `without either sync of a new generation, what was acknowledged can be lost`(
        kind: SyncKind, directory: String
    ) throws {
        let fixture = try RegistryFixture()
        try fixture.make(1)
        let disk = fixture.world.disk
        disk.ignoreSyncs { ignored, path in ignored == kind && path.text.hasPrefix(directory) }
        let next = try RegistryFixture(disk, seed: 2)
        // The sync of a change would make up for the one of the file that is missing.
        if kind == .directory { try next.make(2) }
        let isLost = disk.crashStates(limit: 500).contains { survivor in
            (try? RegistryFixture.numbers(on: survivor)) != next.numbers
        }
        #expect(isLost)
    }
}

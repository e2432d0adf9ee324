import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log after a crash` {
    /// Groups of one and of many, an idle time, rotations asked for and by size, a large record, removal.
    static func everything(_ world: LogWorld, _ journal: Journal) throws {
        let log = try world.create()
        journal.state.withLock { $0.isCreated = true }
        for _ in 0..<2 { try journal.append(log) }
        world.scheduler.runUntilIdle()
        try journal.append(log, operations: 3, bytes: 700)
        world.scheduler.advance(byMilliseconds: 300)
        try log.rotate()
        try journal.append(log, bytes: 600)
        try journal.checkpoint(log)
        world.scheduler.runUntilIdle()
        try journal.append(log, bytes: 17_000)
        try journal.append(log, bytes: 3000)
        world.scheduler.runUntilIdle()
        try log.rotate()
        journal.forget(log)
        try journal.append(log)
        try log.close()
    }

    private func expectNoProblem(_ check: CrashCheck, states: Int) {
        for problem in check.problems.prefix(5) { Issue.record("\(problem)") }
        #expect(check.problems.isEmpty && check.states >= states, "\(check.states) states")
    }

    @Test func `every acknowledged record survives, whatever the disk keeps, to the third crash`() throws {
        var check = CrashCheck()
        check.limits = [Int.max, 5, 3]
        check.strides = [1, 6, 15]
        try check.run(Self.everything)
        expectNoProblem(check, states: 10_000)
    }

    @Test func `a sector that was being written may hold anything where it was written`() throws {
        var check = CrashCheck()
        check.disk = DiskOptions(sectorBytes: 4096, sectorDamage: .writtenBytes)
        try check.run(Self.everything)
        expectNoProblem(check, states: 500)
    }

    @Test func `no sector that was being written takes others with it where groups are padded`() throws {
        var check = CrashCheck()
        check.disk = DiskOptions(sectorBytes: 512, sectorDamage: .wholeSector)
        check.options.sectorPadding = 512
        try check.run(Self.everything)
        expectNoProblem(check, states: 500)

        check = CrashCheck()
        check.disk = DiskOptions(sectorBytes: 512, sectorDamage: .wholeSector)
        check.stopsAtFirstProblem = true
        try check.run(Self.everything)
        #expect(!check.problems.isEmpty, "without padding such a disk takes acknowledged records with it")
    }

    @Test func `what a log with interval syncs keeps is a prefix`() throws {
        var check = CrashCheck()
        check.options.syncing = .interval(nanoseconds: 50_000_000, bytes: 20_000)
        try check.run(Self.everything)
        expectNoProblem(check, states: 500)
    }

    @Test func `a log that goes idle loses nothing to its smaller file`() throws {
        var check = CrashCheck()
        check.options.openingFileBytes = 8 << 10
        check.limits = [Int.max, 5]
        check.strides = [1, 6]
        try check.run { world, journal in
            let log = try world.create()
            journal.state.withLock { $0.isCreated = true }
            for bytes in [6_000, 6_000, 600] {
                try journal.append(log, bytes: bytes)
                world.scheduler.runUntilIdle()
            }
            try log.rotate(isIdle: true)
            journal.forget(log)
            try journal.append(log, bytes: 600)
            world.scheduler.runUntilIdle()
            try log.rotate(isIdle: true)
            try journal.append(log)
            try log.close()
        }
        expectNoProblem(check, states: 200)
    }

    @Test func `names that an earlier opening left in the cache are durable before a file builds on them`()
        throws
    {
        let world = try LogWorld()
        let journal = Journal()
        let log = try world.create()
        journal.state.withLock { $0.isCreated = true }
        try journal.append(log)
        world.scheduler.runUntilIdle()
        // The first opening dies when its file has its name, the second when its own has.
        let first = world.disk.afterKill()
        try killOpening(first, journal.value, after: "link")
        let second = first.afterKill()
        try killOpening(second, journal.value, after: "link")
        for survivor in second.crashStates() {
            try CrashCheck.open(try LogWorld(survivor), Journal(journal.value))
        }
    }

    /// Opens the log and stops the disk right after the first operation that begins with `verb`.
    private func killOpening(_ disk: SimulatedDisk, _ journal: Journal.State, after verb: String) throws {
        let tracing = TracingFileSystem(disk.copy())
        let rehearsal = try LogWorld(disk.copy(), files: tracing)
        try CrashCheck.open(rehearsal, Journal(journal))
        let operations = tracing.takeLines()
        let position = try #require(operations.firstIndex { $0.hasPrefix(verb) })
        disk.crashAfter(operation: disk.operationCount + position + 1)
        #expect(throws: (any Error).self) { try CrashCheck.open(LogWorld(disk), Journal(journal)) }
    }
}

@Suite struct `Syncs of the log` {
    /// A log that was killed is opened, written and opened again.
    private func reopening(_ world: LogWorld, _ journal: Journal) throws {
        let log = try world.create()
        journal.state.withLock { $0.isCreated = true }
        try journal.append(log, bytes: 600)
        world.scheduler.runUntilIdle()
        for _ in 0..<2 { try CrashCheck.open(LogWorld(world.disk, files: world.files), journal) }
    }

    @Test func `of writing, each is needed`() throws {
        let unnoticed = try unnoticed(`Log after a crash`.everything) { _, _ in true }
        #expect(unnoticed == [])
    }

    @Test func `of opening, each is needed`() throws {
        // But for the one that makes durable the names which a cut-short opening left: that has its own test.
        let unnoticed = try unnoticed(reopening) { before, sync in
            sync.hasPrefix("sync tmp/") || before.hasPrefix("link")
        }
        #expect(unnoticed == [])
    }

    /// The syncs of a script without which no acknowledged record is lost and every survivor opens.
    private func unnoticed(
        _ script: (LogWorld, Journal) throws -> Void,
        where isOfInterest: (_ before: String, _ sync: String) -> Bool
    ) throws -> [String] {
        let disk = SimulatedDisk()
        let tracing = TracingFileSystem(disk)
        try LogWorld.prepare(tracing)
        _ = tracing.takeLines()
        try script(try LogWorld(disk, files: tracing), Journal())
        let lines = tracing.takeLines()
        let syncs = zip([""] + lines, lines).filter { $0.1.hasPrefix("sync") }
        return try syncs.enumerated().filter { number, sync in
            try isOfInterest(sync.0, sync.1) && !isNoticed(without: number, script, padding: 0)
                && !isNoticed(without: number, script, padding: 512)
        }.map { "\($0): \($1.1)" }
    }

    private func isNoticed(
        without sync: Int, _ script: (LogWorld, Journal) throws -> Void, padding: Int
    ) throws -> Bool {
        var check = CrashCheck()
        check.options.sectorPadding = padding
        check.droppedSync = sync
        check.limits = [40]
        check.stopsAtFirstProblem = true
        try check.run(script)
        return !check.problems.isEmpty
    }
}

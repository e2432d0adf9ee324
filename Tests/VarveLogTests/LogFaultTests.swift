import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log when I/O fails` {
    private func isWAL(_ path: StorePath) -> Bool { path.name.hasPrefix("wal-") }

    @Test(arguments: [FaultPlan.Call.write, .syncData])
    func `a failed write or sync poisons the log for good`(call: FaultPlan.Call) throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        world.scheduler.runUntilIdle()
        world.disk.setFaults(.failing(call: 1, of: [call], with: .io))
        let outcomes = (0..<2).map { _ in Outcome() }
        for (at, outcome) in outcomes.enumerated() {
            log.whenAcknowledged(try log.append(batch: UInt64(1 + at))) { outcome.set($0) }
        }
        world.scheduler.runUntilIdle()
        let operation: StaticString = call == .write ? "write" : "sync"
        let failure = LogFailure.poisoned(.file(FileError(operation, LogWorld.path(1), .io)))
        #expect(outcomes.allSatisfy { $0.failure == failure } && log.failure == failure)
        world.disk.setFaults(.none)
        #expect(throws: failure) { try log.append(batch: 3) }
        #expect(throws: failure) { try log.rotate() }
        #expect(throws: failure) { try log.waitForRoom(operations: 1, payloadBytes: 1) }
        #expect(throws: failure) { try log.close() }
        #expect(log.durableSequenceNumber == SequenceNumber(rawValue: 0), "what was durable stays so")
        #expect(world.scheduler.liveNames == [])
    }

    @Test(arguments: SyncFailure.allCases)
    func `nothing that a failed sync left behind is acknowledged, whatever the disk keeps`(
        failure: SyncFailure
    ) throws {
        for sync in 1...6 {
            let world = try LogWorld()
            let journal = Journal()
            let log = try world.create()
            journal.state.withLock { $0.isCreated = true }
            world.disk.setFaults(FaultPlan().adding(call: sync, of: [.syncData], .failedSync(failure)))
            for _ in 0..<8 {
                do { try journal.append(log, bytes: 3000) } catch { break }
                world.scheduler.runUntilIdle()
            }
            world.disk.setFaults(.none)
            world.disk.crash()
            for survivor in world.disk.crashStates(limit: 60) {
                do { try CrashCheck.open(try LogWorld(survivor), Journal(journal.value)) } catch {
                    // An error that the disk tells only at the next sync comes too late for what was promised;
                    // that the promise is broken is found.
                    guard failure == .latent else { throw error }
                }
            }
        }
    }

    @Test func `each call fails once and no promise is broken`() throws {
        let rehearsal = try LogWorld()
        let before = rehearsal.disk.callCount
        try script(rehearsal, Journal())
        let calls = rehearsal.disk.callCount - before
        #expect(calls > 60)
        for call in 1...calls {
            for code in [FileError.Code.io, .noSpace] {
                let world = try LogWorld()
                let journal = Journal()
                world.disk.setFaults(.failing(call: call, with: code))
                do { try script(world, journal) } catch {
                    #expect(error is LogFailure || error is StorageError, "call \(call): \(error)")
                }
                world.disk.setFaults(.none)
                world.disk.crash()
                for survivor in world.disk.crashStates(limit: 8, seed: UInt64(call))
                where journal.value.isCreated {
                    do { try CrashCheck.open(try LogWorld(survivor), Journal(journal.value)) } catch {
                        Issue.record("call \(call) failed with \(code): \(error)")
                    }
                }
            }
        }
    }

    /// Writing, rotating, idling, and opening what was killed.
    private func script(_ world: LogWorld, _ journal: Journal) throws {
        let log = try world.create()
        journal.state.withLock { $0.isCreated = true }
        try journal.append(log)
        world.scheduler.advance(byMilliseconds: 300)
        for _ in 0..<7 { try journal.append(log, bytes: 4000) }
        world.scheduler.runUntilIdle()
        try log.rotate()
        try journal.append(log, bytes: 20_000)
        world.scheduler.runUntilIdle()
        try CrashCheck.open(world, journal)
    }
}

@Suite struct `Log without space` {
    @Test func `a file that cannot be prepared stops appends that need it and nothing else`() throws {
        let world = try LogWorld()
        let log = try world.create()
        world.disk.setCapacity(bytes: 20_000)
        try log.append(batch: 0, bytes: 8000)
        try log.waitUntilDurable(log.lastTicket)
        world.scheduler.runUntilIdle()
        #expect {
            try log.append(batch: 1, bytes: 12_000)
        } throws: { error in
            if case .noSpace = error as? LogFailure { true } else { false }
        }
        #expect(log.failure == nil)
        try log.append(batch: 1, bytes: 4000)
        try log.waitUntilDurable(log.lastTicket)

        world.disk.setCapacity(bytes: .max)
        world.scheduler.advance(byMilliseconds: 500)
        try log.append(batch: 2, bytes: 12_000)
        try log.close()
        let expected = [batch(0, bytes: 8000), batch(1, bytes: 4000), batch(2, bytes: 12_000)]
        #expect(try world.read().found == expected)
    }

    @Test func `what was accepted before space ran out is answered and written when there is some`() throws {
        let world = try LogWorld()
        let log = try world.create()
        world.disk.setCapacity(bytes: 20_000)
        let outcomes = (0..<3).map { _ in Outcome() }
        for (number, outcome) in outcomes.enumerated() {
            log.whenAcknowledged(try log.append(batch: UInt64(number), bytes: 7000)) { outcome.set($0) }
        }
        world.scheduler.runUntilIdle()
        #expect(outcomes[0].isSuccess && outcomes[1].isSuccess)
        guard case .noSpace = outcomes[2].failure else {
            Issue.record("\(String(describing: outcomes[2].value)) is not for want of space")
            return
        }
        #expect(log.failure == outcomes[2].failure)
        let failure = try #require(outcomes[2].failure)
        #expect(throws: failure) { try log.append(batch: 3) }
        #expect(throws: failure) { try log.waitUntilDurable(log.lastTicket) }

        world.disk.setCapacity(bytes: .max)
        world.scheduler.advance(byMilliseconds: 600)
        #expect(log.failure == nil)
        try log.waitUntilDurable(log.lastTicket)
        try log.append(batch: 3)
        try log.close()
        let expected = (0..<3).map { batch($0, bytes: 7000) } + [batch(3)]
        #expect(try world.read().found == expected)
    }

    @Test func `a record larger than any file waits for space too`() throws {
        let world = try LogWorld()
        let log = try world.create()
        world.disk.setCapacity(bytes: 20_000)
        let outcome = Outcome()
        log.whenAcknowledged(try log.append(batch: 0, bytes: 30_000)) { outcome.set($0) }
        world.scheduler.runUntilIdle()
        #expect(outcome.failure != nil && log.failure == outcome.failure)
        world.disk.setCapacity(bytes: .max)
        world.scheduler.advance(byMilliseconds: 600)
        try log.append(batch: 1)
        try log.close()
        #expect(try world.read().found == [batch(0, bytes: 30_000), batch(1)])
    }

    @Test func `rotating and closing without space say so`() throws {
        let world = try LogWorld()
        let log = try world.create()
        world.disk.setCapacity(bytes: 20_000)
        try log.append(batch: 0)
        func isWantOfSpace(_ error: any Error) -> Bool {
            if case .noSpace = error as? LogFailure { true } else { false }
        }
        #expect { try log.rotate() } throws: { isWantOfSpace($0) }
        try log.append(batch: 1)
        try log.waitUntilDurable(log.lastTicket)
        for number in 2..<UInt64(5) { _ = try? log.append(batch: number, bytes: 7000) }
        try log.close()
        #expect(try world.read().found.prefix(2) == [batch(0), batch(1)])
    }

    @Test func `a log that closes with records it has no room for is as after a crash`() throws {
        let world = try LogWorld()
        let log = try world.create()
        world.disk.setCapacity(bytes: 20_000)
        for number in 0..<UInt64(3) { try log.append(batch: number, bytes: 7000) }
        #expect(throws: LogFailure.self) { try log.close() }
        #expect(world.scheduler.liveNames == [])
        world.disk.setCapacity(bytes: .max)
        let (_, report, found) = try world.recover()
        #expect(found == (0..<2).map { batch($0, bytes: 7000) } && report.gap?.lowerBound.rawValue == 2)
    }

    @Test func `no space for opening leaves the log as it was`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        world.scheduler.advance(byMilliseconds: 300)
        let disk = world.disk.afterKill()
        let killed = try LogWorld(disk)
        disk.setCapacity(bytes: 0)
        #expect(throws: StorageError.self) { try killed.recover() }
        disk.setCapacity(bytes: .max)
        #expect(try killed.recover().found == [batch(0)])
    }
}

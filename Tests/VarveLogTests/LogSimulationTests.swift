import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// Long lives of a log: many openings, each ended in order, by a kill or by a power loss, all from one seed.
@Suite struct `Log in simulation` {
    @Test(arguments: 0..<UInt64(60))
    func `no promise is broken in twelve lives`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var disk = SimulatedDisk(options: DiskOptions(sectorBytes: random.chance(1, in: 2) ? 512 : 4096))
        try LogWorld.prepare(disk)
        let journal = Journal()
        for life in 0..<12 {
            let options = self.options(&random)
            let world = try LogWorld(disk, options: options, seed: random.next())
            let isCutShort = random.chance(2, in: 3)
            if isCutShort { disk.crashAfter(operation: disk.operationCount + random.next(below: 60)) }
            do {
                let log = try journal.value.isCreated ? CrashCheck.recover(world, journal) : world.create()
                journal.state.withLock { $0.isCreated = true }
                for _ in 0..<random.next(below: 30) { try act(log, world, journal, &random) }
                if random.chance(1, in: 2) { try log.close() }
            } catch {
                guard disk.hasCrashed else {
                    Issue.record("life \(life): \(error)")
                    return
                }
            }
            disk = next(disk, &random)
        }
        // A first file that was never durable leaves nothing to open.
        if journal.value.isCreated { try CrashCheck.open(LogWorld(disk), journal) }
    }

    private func options(_ random: inout SplitMix64) -> LogOptions {
        var options = LogOptions.small
        options.openingFileBytes = 4096 << random.next(below: 3)
        if random.chance(1, in: 3) { options.syncing = .interval(nanoseconds: 50_000_000, bytes: 5000) }
        if random.chance(1, in: 4) { options.sectorPadding = 512 }
        return options
    }

    private func act(
        _ log: LogWriter, _ world: LogWorld, _ journal: Journal, _ random: inout SplitMix64
    ) throws {
        switch random.next(below: 12) {
        case 0: world.scheduler.advance(byMilliseconds: UInt64(random.next(below: 300)))
        case 1: try log.rotate()
        case 2: try journal.checkpoint(log)
        case 3:
            try log.rotate()
            journal.forget(log)
        case 4...6: world.scheduler.runUntilIdle()
        case 7: try journal.append(log, bytes: 1 + random.next(below: 20_000))
        default:
            try journal.append(log, operations: 1 + random.next(below: 5), bytes: 1 + random.next(below: 900))
        }
    }

    /// The disk of the next life: after a kill, or after a power loss.
    private func next(_ disk: SimulatedDisk, _ random: inout SplitMix64) -> SimulatedDisk {
        disk.crash()
        if random.chance(1, in: 3) { return disk.afterKill() }
        let survivors = Array(disk.crashStates(limit: 8, seed: random.next()))
        return survivors[random.next(below: survivors.count)]
    }
}

@Suite struct `Hostile log files` {
    /// A file with these records, each whole by its checksums: type, flags, operations, first number, payload.
    private func file(
        _ records: [(UInt8, UInt8, UInt16, UInt64, [UInt64])], id: UInt64 = 1
    ) -> [UInt8] {
        let header = FileHeader(kind: .wal, owner: LogWorld.owner, fileID: id)
        var buffer = ByteBuffer()
        header.encode(into: &buffer)
        var chain: UInt64 = 0
        for (type, flags, operations, first, words) in records {
            let frame = RecordFrame(
                type: type, flags: flags, operationCount: operations, first: first,
                durableEnd: UInt64(buffer.count), previous: chain)
            var payload = ByteBuffer()
            for word in words { payload.append(word) }
            chain = frame.encode(
                payload: payload.bytes, at: UInt64(buffer.count), seed: header.seed, into: &buffer)
        }
        return buffer.bytes.copyBytes()
    }

    private func outcome(_ records: [(UInt8, UInt8, UInt16, UInt64, [UInt64])]) throws -> String {
        let world = try LogWorld()
        world.disk.replace(LogWorld.path(1), with: file(records))
        _ = try LogFileReader.read(LogWorld.path(1), in: world.disk) { _ in }
        do { return "\(try world.recover().found.count) records" } catch {
            guard case .damaged(let damage) = error as? StorageError else { return "\(error)" }
            return damage.isNewerFormat ? "newer: \(damage.rule)" : damage.rule
        }
    }

    private let link: (UInt8, UInt8, UInt16, UInt64, [UInt64]) = (5, 0, 0, 0, [0, 0, 0, 1])

    @Test func `whole records that break a rule are refused by name`() throws {
        let last = UInt64.max
        #expect(try outcome([link, (1, 2, 3, 0, []), (2, 0, 0, 3, [])]) == "2 records")
        #expect(try outcome([(1, 2, 1, 0, [])]) == "a first record of type 1, expected a link")
        #expect(try outcome([(5, 0, 0, 0, [0, 0, 0])]) == "8 bytes expected, 0 left")
        #expect(
            try outcome([(5, 0, 0, 0, [0, 64, 0, 1])])
                == "a link to file 0000000000000000 that ends at byte 64")
        #expect(try outcome([link, link]) == "a link stands first in its file, and only there")
        #expect(try outcome([link, (1, 2, 1, 5, [])]) == "a record with number 5, expected 0")
        #expect(try outcome([link, (1, 2, 0, 0, [])]) == "0 operations in a record of type batch")
        #expect(try outcome([link, (2, 0, 1, 0, [])]) == "1 operations in a record of type checkpoint")
        #expect(try outcome([link, (7, 0, 0, 0, [0])]) == "a gap from 0 to 0")
        #expect(try outcome([link, (7, 0, 0, 0, [last])]) == "a gap from 0 to infinity")
        #expect(try outcome([link, (7, 0, 0, 0, [])]) == "8 bytes expected, 0 left")
        #expect(try outcome([link, (4, 0, 0, 0, [0, 9, 0])]) == "a seal over 9 records, found 1")
        #expect(try outcome([link, (4, 0, 0, 0, [0, 1, 2])]) == "a seal of kind 2")
        #expect(
            try outcome([link, (4, 0, 0, 0, [0, 1, 1]), (2, 0, 0, 0, [])]) == "a record behind the seal")
        #expect(
            try outcome([(5, 0, 0, last - 1, [0, 0, 0, 1]), (1, 2, 9, last - 1, [])])
                == "numbers beyond the last")
        #expect(
            try outcome([(5, 0, 0, last - 9, [0, 0, 0, 1])])
                == "the log has used up its numbers at \(last - 9)")
    }

    @Test func `what a later release writes is refused or skipped as it asks`() throws {
        #expect(try outcome([link, (9, 0, 0, 0, [])]) == "newer: records of type 9 are unknown")
        #expect(try outcome([link, (1, 3, 1, 0, [])]) == "newer: flags 3 in a record of type batch")
        #expect(try outcome([link, (0x80, 7, 2, 0, [1]), (1, 2, 1, 2, [])]) == "1 records")
    }

    @Test func `skipped records are kept when the tail is written again`() throws {
        let world = try LogWorld()
        world.disk.replace(LogWorld.path(1), with: file([link, (0x81, 7, 2, 0, [42])]))
        _ = try world.recover()
        var kept: [ScannedRecord] = []
        _ = try LogFileReader.read(LogWorld.path(2), in: world.disk) { entry in
            if case .record(let record) = entry, record.type == nil { kept.append(record) }
        }
        #expect(kept.count == 1 && kept[0].frame.type == 0x81 && kept[0].frame.flags == 7)
        let payload = try #require(kept[0].payload)
        let bytes = payload.bytes.copyBytes()
        #expect(bytes == [42, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test(arguments: 0..<UInt64(40))
    func `files of random whole records never stop a reader`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let corners: [UInt64] = [0, 1, 2, 64, 144, .max, .max - 1, 1 << 63, 1 << 20]
        func any() -> UInt64 { corners[random.next(below: corners.count)] }
        for _ in 0..<50 {
            let count = 1 + random.next(below: 5)
            let records = (0..<count).map { at -> (UInt8, UInt8, UInt16, UInt64, [UInt64]) in
                let isLink = at == 0 && random.chance(9, in: 10)
                let type = isLink ? 5 : UInt8(random.next(below: 10))
                return (
                    type, type == 1 ? 2 : 0, type == 1 ? UInt16(random.next(below: 65_536)) : 0,
                    random.chance(1, in: 2) ? 0 : any(),
                    (0..<[4, 3, 1, 0][random.next(below: 4)]).map { _ in any() }
                )
            }
            let world = try LogWorld()
            world.disk.replace(LogWorld.path(1), with: file(records))
            world.disk.replace(LogWorld.path(2), with: file(records.reversed(), id: 2))
            _ = try? world.recover()
            for id in [UInt64(1), 2] {
                _ = try? LogFileReader.read(LogWorld.path(id), in: world.disk) { _ in }
            }
        }
    }
}

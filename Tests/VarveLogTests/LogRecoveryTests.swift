import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log recovery` {
    /// A log of five records in three groups, killed; and where each record ends in its file.
    private func killedLog(watermark: Bool) throws -> (world: LogWorld, ends: [UInt64], linkEnd: UInt64) {
        let world = try LogWorld()
        let log = try world.create()
        for group in [[0, 1], [2], [3, 4]] {
            for number in group { try log.append(batch: UInt64(number), bytes: 30 + number) }
            world.scheduler.runUntilIdle()
        }
        if watermark { world.scheduler.advance(byMilliseconds: 200) }
        var ends: [UInt64] = []
        _ = try LogFileReader.read(LogWorld.path(1), in: world.disk) { entry in
            if case .record(let record) = entry { ends.append(record.offset + UInt64(record.byteCount)) }
        }
        return (world, Array(ends[1...5]), ends[0])
    }

    private let records = (0..<5).map { batch($0, bytes: 30 + Int($0)) }

    @Test(arguments: [false, true])
    func `a log cut at any byte recovers a prefix of what was acknowledged`(zeros: Bool) throws {
        let (world, ends, linkEnd) = try killedLog(watermark: false)
        let whole = try #require(world.disk.bytes(of: LogWorld.path(1)))
        for cut in 0...(ends[4] + 16) {
            let disk = world.disk.copy()
            disk.resize(LogWorld.path(1), to: cut)
            if zeros { disk.resize(LogWorld.path(1), to: 16 << 10) }
            let cutWorld = try LogWorld(disk)
            // Bytes that are zero anyway may be lost to a cut that leaves zeros.
            let left = try #require(disk.bytes(of: LogWorld.path(1)))
            func isWhole(to end: UInt64) -> Bool { left.starts(with: whole.prefix(Int(end))) }
            if !isWhole(to: linkEnd) {
                #expect(throws: StorageError.self, "cut at \(cut)") { try cutWorld.recover() }
                continue
            }
            let expected = Array(records.prefix(ends.count { isWhole(to: $0) }))
            let (log, report, found) = try cutWorld.recover()
            #expect(found == expected, "cut at \(cut)")
            let next = try #require(report.gap).upperBound.rawValue
            try log.append(batch: next)
            try log.close()
            let again = try cutWorld.read().found
            #expect(again.filter { $0.type != .gap } == expected + [batch(next)], "cut at \(cut)")
        }
    }

    @Test func `whichever bit is flipped, what lies below the watermark is found or its damage is`() throws {
        let (world, ends, _) = try killedLog(watermark: true)
        for byte in 0..<(ends[4] + 64) {
            for bit in 0..<8 {
                let disk = world.disk.copy()
                disk.flipBit(bit, ofByte: byte, in: LogWorld.path(1))
                let flipped = try LogWorld(disk)
                guard let found = try? flipped.read().found else { continue }
                #expect(found == records, "bit \(bit) of byte \(byte)")
            }
        }
    }

    @Test func `whichever bit is flipped, at most the last group passes for a torn write`() throws {
        let (world, ends, _) = try killedLog(watermark: false)
        for byte in 0..<(ends[4] + 16) {
            for bit in 0..<8 {
                let disk = world.disk.copy()
                disk.flipBit(bit, ofByte: byte, in: LogWorld.path(1))
                let flipped = try LogWorld(disk)
                guard let found = try? flipped.read().found else { continue }
                #expect(found == Array(records.prefix(found.count)), "bit \(bit) of byte \(byte)")
                #expect(found.count >= 3, "bit \(bit) of byte \(byte)")
            }
        }
    }

    @Test func `damage to acknowledged records is named with its place`() throws {
        let (world, ends, _) = try killedLog(watermark: true)
        world.disk.flipBit(0, ofByte: ends[0] + 60, in: LogWorld.path(1))
        #expect {
            _ = try world.recover()
        } throws: { error in
            guard case .damaged(let damage) = error as? StorageError else { return false }
            return damage.path == LogWorld.path(1) && damage.offset == ends[0]
                && damage.rule.hasSuffix("records were acknowledged up to \(ends[4])")
        }
    }

    @Test func `what is known to be durable stays where it is and the rest is written anew`() throws {
        let (world, ends, _) = try killedLog(watermark: false)
        let before = try #require(world.disk.bytes(of: LogWorld.path(1)))
        let (log, report, found) = try world.recover(epoch: 2)
        #expect(found == records && report.copiedBytes == ends[4] - ends[2])
        #expect(report.verdict == .clean(end: ends[4]) && !report.wasClosed)
        #expect(world.disk.bytes(of: LogWorld.path(1)) == before)
        var summary = try LogFileReader.read(LogWorld.path(3), in: world.disk) { _ in }
        summary.verdict = .clean(end: 0)
        #expect(summary.link?.predecessor == 1 && summary.link?.end == ends[2] && summary.link?.epoch == 2)
        #expect(log.fileIDs == [1, 3])
        #expect(try world.disk.list(LogWorld.directory).map(\.name.count) == [20, 20])
    }

    @Test func `numbers that may have been seen are not used again`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0, operations: 3)
        world.scheduler.runUntilIdle()
        let expected = SequenceNumber(rawValue: 3)..<SequenceNumber(rawValue: 3 + 1 << 20)
        let (second, report, _) = try LogWorld(world.disk.afterKill()).recover()
        #expect(report.gap == expected && report.next == expected.lowerBound)
        #expect(throws: LogFailure.rejected("it begins with number 3, expected 1048579")) {
            try second.append(batch: 3)
        }
        #expect(second.durableSequenceNumber == SequenceNumber(rawValue: 2 + 1 << 20))
    }

    @Test func `a log that was closed goes on with the next number`() throws {
        let world = try LogWorld()
        var next: UInt64 = 0
        var log = try world.create()
        for _ in 0..<4 {
            try log.append(batch: next, operations: 2)
            try log.close()
            next += 2
            let reopened = try world.recover()
            #expect(reopened.report.gap == nil && reopened.report.next.rawValue == next)
            log = reopened.writer
        }
        try log.close()
        #expect(try world.read().found == [0, 2, 4, 6].map { batch($0, operations: 2) })
    }

    @Test func `opening a closed log again and again leaves one empty file`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        try log.close()
        for _ in 0..<5 { try world.recover().writer.close() }
        #expect(try world.disk.list(LogWorld.directory).count == 2)
        #expect(try world.read().found == [batch(0)])
    }

    @Test func `a file that lost its link but not its records is damage`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        try log.rotate()
        try log.append(batch: 1)
        world.scheduler.runUntilIdle()
        let disk = world.disk.afterKill()
        disk.overwrite([0, 0, 0, 0], at: 64, in: LogWorld.path(2))
        #expect {
            _ = try LogWorld(disk).recover()
        } throws: { error in
            guard case .damaged(let damage) = error as? StorageError else { return false }
            return damage.path == LogWorld.path(2)
                && damage.rule == "a record in a file whose link record or header is damaged"
        }
    }

    @Test func `a missing file is damage, one below the lowest needed is not`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for number in 0..<UInt64(3) {
            try log.append(batch: number)
            try log.rotate()
        }
        try log.close()
        let disk = world.disk.copy()
        try disk.unlink(LogWorld.path(2))
        #expect {
            _ = try LogWorld(disk).read()
        } throws: { error in
            guard case .damaged(let damage) = error as? StorageError else { return false }
            return damage.path == LogWorld.path(2)
                && damage.rule == "the file is missing, and a later one follows it"
        }
        #expect(try LogWorld(disk).read(lowest: 3).found == [batch(2)])
        #expect(throws: StorageError.self) { try LogWorld(disk).read(lowest: 9) }
    }

    @Test func `opening removes what the log does not need and nothing else`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for number in 0..<UInt64(3) {
            try log.append(batch: number)
            try log.rotate()
        }
        try log.append(batch: 3)
        world.scheduler.advance(byMilliseconds: 200)
        let disk = world.disk.afterKill()
        _ = try disk.createFile("shard/wal-notours")
        _ = try disk.createFile("shard/manifest-0000000000000001")
        let (_, report, _) = try LogWorld(disk).recover(lowest: 3)
        #expect(report.unneeded == [1, 2, 5] && report.failures == [])
        #expect(
            try disk.list(LogWorld.directory).map(\.name) == [
                "manifest-0000000000000001", "wal-0000000000000003", "wal-0000000000000004",
                "wal-0000000000000006", "wal-notours",
            ])
    }

    @Test func `a last file that holds nothing durable is replaced`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        try log.rotate()
        try log.append(batch: 1)
        world.scheduler.runUntilIdle()
        let killed = try LogWorld(world.disk.afterKill())
        let (second, report, found) = try killed.recover()
        #expect(found == [batch(0), batch(1)] && report.unneeded == [2, 3])
        #expect(second.fileIDs == [1, 4])
        #expect(try LogFileReader.read(LogWorld.path(4), in: killed.disk) { _ in }.link?.predecessor == 1)
    }

    @Test func `a file of another owner, a copied one and a newer one are refused`() throws {
        let (world, _, _) = try killedLog(watermark: true)
        let stranger = UUID128(high: 1, low: 2)
        #expect(throws: StorageError.self) {
            try LogRecovery.read(
                in: LogWorld.directory, owner: stranger, lowestFile: 1, files: world.disk, replay: { _ in })
        }
        let copied = world.disk.copy()
        copied.replace(LogWorld.path(9), with: try #require(copied.bytes(of: LogWorld.path(1))))
        #expect(throws: StorageError.self) { try LogWorld(copied).read() }
    }

    @Test func `a log may begin where an earlier one lies`() throws {
        let world = try LogWorld()
        let earlier = try world.create()
        try earlier.append(batch: 0)
        try earlier.close()
        let log = try LogWriter.create(
            in: LogWorld.directory, owner: LogWorld.owner, epoch: 2, first: SequenceNumber(rawValue: 70),
            environment: world.environment, options: world.options)
        try log.append(batch: 70)
        let lowest = log.lowestFileNeeded(after: SequenceNumber(rawValue: 69))
        try log.close()
        #expect(lowest == 2)
        #expect(try world.read(lowest: lowest).found == [batch(70)])
    }

    @Test func `a writer of an older epoch may not open the log`() throws {
        let world = try LogWorld()
        try world.create(epoch: 5).close()
        #expect(throws: StorageError.self) { try world.recover(epoch: 4) }
        _ = try world.recover(epoch: 5)
    }

    @Test func `reading changes nothing`() throws {
        let (world, _, _) = try killedLog(watermark: true)
        let before = world.disk.snapshot()
        let operations = world.disk.operationCount
        #expect(try world.read().found == records)
        #expect(world.disk.snapshot() == before && world.disk.operationCount == operations)
    }

    @Test func `what the owner throws while it applies records comes out`() throws {
        struct Refusal: Error {}
        let (world, _, _) = try killedLog(watermark: true)
        #expect(throws: Refusal.self) {
            try LogRecovery.read(
                in: LogWorld.directory, owner: LogWorld.owner, lowestFile: 1, files: world.disk
            ) { _ in throw Refusal() }
        }
    }
}

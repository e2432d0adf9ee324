import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log writer` {
    @Test func `what was appended is found in order after a close`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for number in 0..<UInt64(5) { try log.append(batch: number) }
        try log.close()
        let (report, found) = try world.read()
        #expect(found == (0..<5).map { batch($0) })
        #expect(report.wasClosed && report.next == SequenceNumber(rawValue: 5))
    }

    @Test func `a record is acknowledged by the step that made it durable`() throws {
        let world = try LogWorld()
        let log = try world.create()
        let outcome = Outcome()
        log.whenAcknowledged(try log.append(batch: 0)) { outcome.set($0) }
        #expect(outcome.value == nil && log.durableSequenceNumber == nil)
        world.scheduler.runUntilIdle()
        #expect(outcome.isSuccess && log.durableSequenceNumber == SequenceNumber(rawValue: 0))
    }

    @Test func `many appends share one write and one sync`() throws {
        let disk = SimulatedDisk()
        try LogWorld.prepare(disk)
        let tracing = TracingFileSystem(disk)
        let world = try LogWorld(disk, files: tracing)
        let log = try world.create()
        _ = tracing.takeLines()
        for number in 0..<UInt64(50) { try log.append(batch: number) }
        try log.waitUntilDurable(log.lastTicket)
        #expect(
            Array(tracing.takeLines().prefix(2)) == [
                "write \(LogWorld.path(1)) 144+4400", "sync-data \(LogWorld.path(1))",
            ])
    }

    @Test func `files fill up and follow one another`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for number in 0..<UInt64(200) {
            try log.append(batch: number, bytes: 400)
            if number % 3 == 0 { world.scheduler.runUntilIdle() }
        }
        try log.waitUntilDurable(log.lastTicket)
        #expect(log.fileIDs.count > 4)
        try log.close()
        #expect(try world.read().found == (0..<200).map { batch($0, bytes: 400) })
    }

    @Test func `a record larger than a file makes its file larger`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0, bytes: 100_000)
        try log.append(batch: 1)
        try log.append(batch: 2, bytes: 50_000)
        try log.waitUntilDurable(log.lastTicket)
        try log.close()
        let expected = [batch(0, bytes: 100_000), batch(1), batch(2, bytes: 50_000)]
        #expect(try world.read().found == expected)
    }

    @Test func `rotating makes everything durable and starts a file`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        try log.rotate()
        #expect(log.fileIDs == [1, 2] && log.durableSequenceNumber == SequenceNumber(rawValue: 0))
        try log.rotate()
        #expect(log.fileIDs == [1, 2], "a file without records is not rotated")
        try log.append(batch: 1)
        try log.close()
        #expect(try world.read().found == [batch(0), batch(1)])
    }

    @Test func `files are needed until all their numbers are flushed`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for file in 0..<UInt64(3) {
            try log.append(batch: 2 * file)
            try log.append(batch: 2 * file + 1)
            try log.rotate()
        }
        func lowest(_ flushed: UInt64?) -> UInt64 {
            log.lowestFileNeeded(after: flushed.map { SequenceNumber(rawValue: $0) })
        }
        #expect([lowest(nil), lowest(0), lowest(1), lowest(2), lowest(3), lowest(5)] == [1, 1, 2, 2, 3, 4])
        #expect(log.removeFiles(below: 3) == [])
        #expect(log.fileIDs == [3, 4])
        #expect(log.removeFiles(below: 100) == [] && log.fileIDs == [4], "the current file stays")
        try log.close()
        #expect(try world.read(lowest: 4).found == [])
    }

    @Test func `a record without operations holds its file until the next number is flushed`() throws {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0)
        try log.rotate()
        try log.append(
            LogRecord(type: .checkpoint, first: SequenceNumber(rawValue: 1), payload: payload(9, 16)))
        try log.rotate()
        try log.append(batch: 1)
        try log.waitUntilDurable(log.lastTicket)
        #expect(log.lowestFileNeeded(after: SequenceNumber(rawValue: 0)) == 2)
        #expect(log.lowestFileNeeded(after: SequenceNumber(rawValue: 1)) == 3)
    }

    @Test func `an idle log says in its file how far it is durable`() throws {
        let world = try LogWorld()
        let log = try world.create()
        let ticket = try log.append(batch: 0)
        try log.waitUntilDurable(ticket)
        world.scheduler.runUntilIdle()
        #expect(try world.types(of: 1) == [.link, .batch])
        world.scheduler.advance(byMilliseconds: 199)
        #expect(try world.types(of: 1) == [.link, .batch])
        world.scheduler.advance(byMilliseconds: 1)
        #expect(try world.types(of: 1) == [.link, .batch, .watermark])
        world.scheduler.advance(byMilliseconds: 10_000)
        #expect(try world.types(of: 1) == [.link, .batch, .watermark], "one is enough")
    }

    @Test func `a log with interval syncs acknowledges what is written and syncs in time`() throws {
        let disk = SimulatedDisk()
        try LogWorld.prepare(disk)
        let tracing = TracingFileSystem(disk)
        var options = LogOptions.small
        options.syncing = .interval(nanoseconds: 5_000_000_000, bytes: 1 << 20)
        let world = try LogWorld(disk, files: tracing, options: options)
        let log = try world.create()
        world.scheduler.runUntilIdle()
        let acknowledged = Outcome()
        let durable = Outcome()
        let ticket = try log.append(batch: 0)
        log.whenAcknowledged(ticket) { acknowledged.set($0) }
        world.scheduler.runUntilIdle()
        #expect(acknowledged.isSuccess && log.durableSequenceNumber == nil)
        world.scheduler.advance(byMilliseconds: 5000)
        #expect(log.durableSequenceNumber == SequenceNumber(rawValue: 0))

        log.whenDurable(try log.append(batch: 1)) { durable.set($0) }
        world.scheduler.runUntilIdle()
        #expect(durable.isSuccess, "whoever needs a sync gets one at once")
    }

    @Test func `an interval log syncs when enough bytes wait`() throws {
        var options = LogOptions.small
        options.syncing = .interval(nanoseconds: 5_000_000_000, bytes: 1000)
        let world = try LogWorld(options: options)
        let log = try world.create()
        try log.append(batch: 0, bytes: 400)
        world.scheduler.runUntilIdle()
        #expect(log.durableSequenceNumber == nil)
        try log.append(batch: 1, bytes: 600)
        world.scheduler.runUntilIdle()
        #expect(log.durableSequenceNumber == SequenceNumber(rawValue: 1))
    }

    @Test func `a log takes no record that is none of its owner's or breaks a rule`() throws {
        let world = try LogWorld()
        let log = try world.create()
        func failure(_ type: RecordType, _ operations: Int, first: UInt64 = 0) -> LogFailure? {
            let record = LogRecord(
                type: type, operationCount: operations, first: SequenceNumber(rawValue: first), payload: nil)
            do throws(LogFailure) { _ = try log.append(record) } catch { return error }
            return nil
        }
        #expect(
            failure(.watermark, 0) == .rejected("records of type watermark are the log's own"))
        #expect(failure(.batch, 0) == .rejected("0 operations in a record of type batch"))
        #expect(failure(.batch, 65_536) == .rejected("65536 operations in a record of type batch"))
        #expect(failure(.checkpoint, 1) == .rejected("1 operations in a record of type checkpoint"))
        #expect(failure(.batch, 1, first: 7) == .rejected("it begins with number 7, expected 0"))
        #expect(failure(.batch, 65_535) == nil)
    }

    @Test func `a payload over the limit is refused before anything is taken`() throws {
        let world = try LogWorld()
        let log = try world.create()
        var buffer = ByteBuffer()
        buffer.append(repeating: 1, count: RecordFrame.payloadBytesMax + 1)
        let record = LogRecord(
            type: .batch, operationCount: 1, first: SequenceNumber(rawValue: 0), payload: SharedBytes(buffer))
        #expect(
            throws: LogFailure.rejected("a payload of 67108865 bytes, the limit is 67108864")
        ) { try log.append(record) }
        #expect(log.lastTicket.number == 0)
    }

    @Test func `closing twice is fine and nothing is taken after it`() throws {
        let world = try LogWorld()
        let log = try world.create()
        let ticket = try log.append(batch: 0)
        try log.close()
        try log.close()
        #expect(throws: LogFailure.closed) { try log.append(batch: 1) }
        #expect(throws: LogFailure.closed) { try log.rotate() }
        #expect(log.failure == .closed)
        try log.waitUntilDurable(ticket)
        #expect(world.scheduler.liveNames == [])
        #expect(try world.disk.list(LogWorld.directory).map(\.name) == ["wal-0000000000000001"])
    }
}

@Suite struct `Back-pressure of the log` {
    @Test func `more bytes than may be pending find no room until a step`() throws {
        var options = LogOptions.small
        options.pendingBytesMax = 1000
        let world = try LogWorld(options: options)
        let log = try world.create()
        try log.append(batch: 0, bytes: 800)
        #expect(!log.hasRoom(operations: 1, payloadBytes: 400))
        #expect(throws: LogFailure.noRoom) { try log.append(batch: 1, bytes: 400) }
        try log.waitForRoom(operations: 1, payloadBytes: 400)
        try log.append(batch: 1, bytes: 400)
        try log.close()
        #expect(try world.read().found == [batch(0, bytes: 800), batch(1, bytes: 400)])
    }

    @Test func `a record larger than all that may be pending is taken alone`() throws {
        var options = LogOptions.small
        options.pendingBytesMax = 1000
        let world = try LogWorld(options: options)
        let log = try world.create()
        try log.append(batch: 0, bytes: 5000)
        try log.waitForRoom(operations: 1, payloadBytes: 5000)
        try log.append(batch: 1, bytes: 5000)
        try log.close()
    }

    @Test(arguments: [false, true])
    func `never more operations than the window are accepted and not durable`(interval: Bool) throws {
        var options = LogOptions.small
        options.undurableOperationsMax = 10
        if interval { options.syncing = .interval(nanoseconds: .max / 2, bytes: 1 << 30) }
        let world = try LogWorld(options: options)
        let log = try world.create()
        var next: UInt64 = 0
        for operations in [4, 4, 3, 10, 1, 9, 2, 7, 3, 10] {
            if !log.hasRoom(operations: operations, payloadBytes: 40) {
                #expect(throws: LogFailure.noRoom) { try log.append(batch: next, operations: operations) }
                try log.waitForRoom(operations: operations, payloadBytes: 40)
            }
            try log.append(batch: next, operations: operations)
            next += UInt64(operations)
            let durable = log.durableSequenceNumber.map { $0.rawValue + 1 } ?? 0
            #expect(next - durable <= 10)
        }
        #expect(throws: LogFailure.rejected("11 operations in a record of type batch")) {
            try log.append(batch: next, operations: 11)
        }
        try log.close()
    }

    @Test func `the window is a million operations unless it is made smaller`() throws {
        let world = try LogWorld()
        let log = try world.create()
        for batch in 0..<UInt64(16) { try log.append(batch: batch * 65_535, operations: 65_535) }
        #expect(log.hasRoom(operations: 16, payloadBytes: 40))
        #expect(!log.hasRoom(operations: 17, payloadBytes: 40))
        try log.append(batch: 16 * 65_535, operations: 16)
        #expect(throws: LogFailure.noRoom) { try log.append(batch: 1 << 20) }
        world.scheduler.runUntilIdle()
        try log.append(batch: 1 << 20)
    }
}

extension LogWorld {
    /// The types of a file's records.
    func types(of id: UInt64) throws -> [RecordType] {
        var types: [RecordType] = []
        _ = try LogFileReader.read(Self.path(id), in: disk) { entry in
            if case .record(let record) = entry, let type = record.type { types.append(type) }
        }
        return types
    }
}

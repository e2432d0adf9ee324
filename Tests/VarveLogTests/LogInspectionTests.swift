import Testing
import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

@Suite struct `Log file reader` {
    /// One line an entry, as a tool would print them.
    private func lines(_ disk: SimulatedDisk, owner: UUID128? = nil) throws -> [String] {
        var lines: [String] = []
        let summary = try LogFileReader.read(LogWorld.path(1), in: disk, owner: owner) { entry in
            switch entry {
            case .record(let record):
                let numbers = record.numbers.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "-"
                let type = record.type.map { "\($0)" } ?? "type \(record.frame.type)"
                lines.append(
                    "\(record.offset)+\(record.byteCount) \(numbers) \(type) \(record.frame.durableEnd) "
                        + "\(record.verdict)")
            case .unreadable(let range, let rule): lines.append("\(range) \(rule)")
            }
        }
        if let problem = summary.headerProblem { lines.append(problem) }
        lines.append("\(summary.verdict)")
        return lines
    }

    private func example() throws -> SimulatedDisk {
        let world = try LogWorld()
        let log = try world.create()
        try log.append(batch: 0, operations: 2)
        world.scheduler.runUntilIdle()
        try log.append(batch: 2)
        try log.append(batch: 3, operations: 3)
        world.scheduler.advance(byMilliseconds: 200)
        return world.disk
    }

    @Test func `each record is shown with its place, numbers and durable end`() throws {
        #expect(
            try lines(example()) == [
                "64+80 - link 64 ok", "144+88 0-1 batch 144 ok", "232+88 2-2 batch 232 ok",
                "320+88 3-5 batch 232 ok", "408+48 - watermark 408 ok", "clean(end: 456)",
            ])
    }

    @Test func `behind damage it goes on at the next whole record`() throws {
        let disk = try example()
        disk.flipBit(1, ofByte: 300, in: LogWorld.path(1))
        let found = try lines(disk)
        #expect(found[2].hasPrefix("232+88 2-2 batch 232 damaged(\"record checksum "))
        #expect(
            found.suffix(3) == [
                "320+88 3-5 batch 232 afterDamage", "408+48 - watermark 408 afterDamage",
                "corrupt(Range(232..<408))",
            ])
    }

    @Test func `what is no record is shown as a range`() throws {
        let disk = try example()
        disk.flipBit(1, ofByte: 233, in: LogWorld.path(1))
        #expect(try lines(disk)[2] == "232..<320 no record begins here")
        disk.resize(LogWorld.path(1), to: 427)
        #expect(
            try lines(disk).suffix(2) == [
                "408..<425 a header has 48 bytes, 19 left", "torn(end: 232, dropped: 193)",
            ])
    }

    @Test func `a torn tail is told from damage`() throws {
        let disk = try example()
        disk.resize(LogWorld.path(1), to: 427)
        #expect(
            try lines(disk).suffix(2) == [
                "408..<425 a header has 48 bytes, 19 left", "torn(end: 408, dropped: 17)",
            ])
    }

    @Test func `without a header the owner's uuid is enough`() throws {
        let disk = try example()
        let whole = try lines(disk)
        disk.flipBit(0, ofByte: 3, in: LogWorld.path(1))
        #expect(throws: StorageError.self) { try lines(disk) }
        #expect(
            try lines(disk, owner: LogWorld.owner) == whole.dropLast() + [
                "the header is damaged", whole[whole.count - 1],
            ])
    }

    @Test func `no flipped bit and no cut stops it`() throws {
        let disk = try example()
        for byte in 0..<UInt64(480) {
            for bit in 0..<8 {
                let flipped = disk.copy()
                flipped.flipBit(bit, ofByte: byte, in: LogWorld.path(1))
                _ = try lines(flipped, owner: LogWorld.owner)
            }
            let cut = disk.copy()
            cut.resize(LogWorld.path(1), to: byte)
            _ = try lines(cut, owner: LogWorld.owner)
        }
    }
}

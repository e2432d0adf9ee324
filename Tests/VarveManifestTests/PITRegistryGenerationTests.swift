import Testing
import VarveBytes
import VarveFiles
import VarveManifest
import VarveSimulation

@Suite struct `Generations of the registry` {
    private func options(_ generationBytesMin: UInt64) -> PITRegistryOptions {
        var options = RegistryFixture.small
        options.generationBytesMin = generationBytesMin
        return options
    }

    @Test func `a log that is long for what it holds goes on in a new generation`() throws {
        let fixture = try RegistryFixture(options: options(4096))
        for number in 0..<400 as Range<UInt64> {
            try fixture.make(number)
            if number >= 5 {
                try fixture.log.waitUntilDurable(try fixture.log.append([.delete(id: uuid(number - 5))]))
            }
        }
        fixture.world.scheduler.runUntilIdle()
        #expect(fixture.log.generation > 5)
        #expect(fixture.log.byteCount < 4096 + 4096)
        #expect(fixture.numbers == Array(395..<400))
        let names = try fixture.world.disk.list(.root).map(\.name).filter { $0 != "tmp" }
        let last = fixture.log.generation
        #expect(
            names
                == [last - 1, last].flatMap { generation in
                    FileCopy.allCases.map { FileName.registry(generation: generation, copy: $0).text }
                })
        #expect(try fixture.world.disk.list("tmp").isEmpty)
        #expect(try RegistryFixture.numbers(on: fixture.world.disk) == Array(395..<400))
    }

    @Test func `a log that is mostly live is left as it is`() throws {
        let fixture = try RegistryFixture(options: options(1000))
        for number in 0..<200 as Range<UInt64> {
            _ = try fixture.log.append([.create(RegistryFixture.record(number))])
        }
        fixture.world.scheduler.runUntilIdle()
        #expect(fixture.log.byteCount > 4000)
        #expect(fixture.log.generation == 1)
    }

    @Test func `what is appended while a generation is written is in it`() throws {
        for seed in 0..<40 as Range<UInt64> {
            var small = options(2000)
            small.baseRecordBytes = 64
            small.groupChangesMax = 2
            let fixture = try RegistryFixture(seed: seed, options: small)
            let oracle = RegistryOracle()
            var random = SplitMix64(seed: seed)
            while fixture.log.generation < 4 {
                oracle.append([RegistryOracle.change(&random)], to: fixture.log)
                for _ in 0..<random.next(below: 4) { fixture.world.scheduler.runOneStep() }
            }
            fixture.world.scheduler.runUntilIdle()
            #expect(oracle.acknowledged == oracle.appended)
            #expect(oracle.allows(fixture.log.records))
            #expect(try oracle.allows(fixture.world.disk))
        }
    }

    @Test func `the order of operations of a new generation`() throws {
        let disk = try World.disk(with: ["tmp"])
        let trace = TracingFileSystem(disk)
        let fixture = try RegistryFixture(disk, options: options(400), files: trace)
        try fixture.make(1)
        try fixture.log.waitUntilDurable(try fixture.log.append([.delete(id: uuid(1))]))
        fixture.world.scheduler.runUntilIdle()
        _ = trace.takeLines()
        while fixture.log.generation == 1 {
            try fixture.log.waitUntilDurable(try fixture.log.append([.delete(id: uuid(2))]))
            fixture.world.scheduler.runUntilIdle()
        }
        #expect(
            trace.transcript().split(separator: "\n").drop { !$0.hasPrefix("create") }.joined(separator: "\n")
                == """
                create tmp/pits-2.a
                create tmp/pits-2.b
                write tmp/pits-2.a
                write tmp/pits-2.b
                sync tmp/pits-2.a
                sync tmp/pits-2.b
                write tmp/pits-2.a
                write tmp/pits-2.a
                sync tmp/pits-2.a
                write tmp/pits-2.b
                write tmp/pits-2.b
                sync tmp/pits-2.b
                link pits-2.a from tmp/pits-2.a
                link pits-2.b from tmp/pits-2.b
                sync-directory .
                unlink tmp/pits-2.a
                unlink tmp/pits-2.b
                """)
    }

    @Test func `want of room puts a generation off and loses nothing`() throws {
        let fixture = try RegistryFixture(options: options(1000))
        fixture.world.disk.setFaults(
            .failing(
                call: 1, of: [.createFile, .write], at: { $0.text.hasPrefix("tmp/") }, with: .noSpace,
                .fromThenOn))
        for number in 0..<60 as Range<UInt64> {
            try fixture.make(number)
            try fixture.log.waitUntilDurable(try fixture.log.append([.delete(id: uuid(number))]))
        }
        fixture.world.scheduler.runUntilIdle()
        #expect(fixture.log.generation == 1)
        #expect(fixture.log.failure == nil)
        fixture.world.disk.setFaults(.none)
        for number in 0..<60 as Range<UInt64> { try fixture.make(number % 2) }
        fixture.world.scheduler.runUntilIdle()
        #expect(fixture.log.generation > 1)
        #expect(fixture.numbers == [0, 1])
        #expect(try fixture.world.disk.list("tmp").isEmpty)
    }

    @Test func `closing drops a generation that is on its way`() throws {
        for steps in 0..<12 {
            var small = options(500)
            small.baseRecordBytes = 64
            let fixture = try RegistryFixture(seed: UInt64(steps), options: small)
            for number in 0..<12 as Range<UInt64> {
                _ = try fixture.log.append([.create(RegistryFixture.record(number % 3))])
                for _ in 0..<steps { fixture.world.scheduler.runOneStep() }
            }
            try fixture.log.close()
            #expect(try RegistryFixture.numbers(on: fixture.world.disk) == [0, 1, 2])
            #expect(try fixture.world.disk.list("tmp").isEmpty)
            #expect(fixture.world.scheduler.liveNames.isEmpty)
        }
    }
}

@Suite struct `Damaged registries` {
    private func filled() throws -> SimulatedDisk {
        let fixture = try RegistryFixture()
        for number in 0..<4 as Range<UInt64> { try fixture.make(number) }
        try fixture.log.close()
        return fixture.world.disk
    }

    @Test func `any bit of one copy may be flipped, and any end cut`() throws {
        let disk = try filled()
        for copy in FileCopy.allCases {
            let path = RegistryFixture.path(1, copy)
            let bytes = try #require(disk.bytes(of: path))
            try withEveryBitFlip(bytes) { (flipped, bit) throws in
                disk.replace(path, with: flipped)
                #expect(try RegistryFixture.numbers(on: disk) == [0, 1, 2, 3], "bit \(bit)")
            }
            for count in 0..<bytes.count {
                disk.replace(path, with: Array(bytes.prefix(count)))
                #expect(try RegistryFixture.numbers(on: disk) == [0, 1, 2, 3], "cut at \(count)")
            }
            disk.replace(path, with: bytes)
        }
    }

    @Test func `one damaged copy is healed by the generation that opening begins`() throws {
        for copy in FileCopy.allCases {
            let disk = try filled()
            disk.flipBit(2, ofByte: 300, in: RegistryFixture.path(1, copy))
            let fixture = try RegistryFixture(disk, seed: 4)
            #expect(fixture.report?.damage.map(\.path) == [RegistryFixture.path(1, copy)])
            disk.remove(RegistryFixture.path(2, copy.other))
            #expect(try RegistryFixture.numbers(on: disk) == [0, 1, 2, 3])
        }
    }

    @Test func `the same byte damaged in both copies is an error or changes nothing acknowledged`() throws {
        let disk = try filled()
        let bytes = try #require(disk.bytes(of: RegistryFixture.path(1, .a)))
        // The last record is the one that marks the others as durable; it may go.
        let marked = bytes.count - 56
        for at in 0..<bytes.count {
            var flipped = bytes
            flipped[at] ^= 0x10
            for copy in FileCopy.allCases { disk.replace(RegistryFixture.path(1, copy), with: flipped) }
            let found = try? RegistryFixture.numbers(on: disk)
            #expect(at < marked ? found == nil : found == [0, 1, 2, 3], "byte \(at)")
        }
    }

    @Test func `an older generation never stands in`() throws {
        let disk = try filled()
        let fixture = try RegistryFixture(disk, seed: 5)
        #expect(fixture.log.generation == 2)
        for copy in FileCopy.allCases { disk.flipBit(0, ofByte: 66, in: RegistryFixture.path(2, copy)) }
        #expect(throws: StorageError.self) { try RegistryFixture.numbers(on: disk) }
        disk.remove(RegistryFixture.path(2, .a))
        #expect(throws: StorageError.self) { try RegistryFixture.numbers(on: disk) }
    }

    @Test func `copies that are sound and differ are an error`() throws {
        let one = try RegistryFixture()
        try one.make(1)
        let two = try RegistryFixture()
        try two.make(2)
        let other = try #require(two.world.disk.bytes(of: RegistryFixture.path(1, .b)))
        one.world.disk.replace(RegistryFixture.path(1, .b), with: other)
        #expect(throws: StorageError.self) { try RegistryFixture.numbers(on: one.world.disk) }
    }

    @Test func `a torn tail is dropped and counted`() throws {
        let fixture = try RegistryFixture()
        try fixture.make(1)
        let length = Int(fixture.log.byteCount)
        try fixture.make(2)
        for copy in FileCopy.allCases {
            fixture.world.disk.resize(RegistryFixture.path(1, copy), to: UInt64(length + 50))
        }
        let reopened = try RegistryFixture(fixture.world.disk, seed: 2)
        #expect(reopened.numbers == [1])
        #expect(reopened.report?.droppedBytes == 50)
    }

    @Test func `an unreadable copy is replaced by the other`() throws {
        let disk = try filled()
        for call in 1...2 {
            disk.setFaults(
                .failing(call: call, of: [.read], at: { $0.name.hasSuffix(".a") }, with: .io, .fromThenOn))
            let found = try #require(try PITRegistryLog.read(store: .example, files: disk))
            #expect(found.records.count == 4)
            #expect(found.report.damage.map(\.path) == [RegistryFixture.path(1, .a)])
        }
    }

    @Test func `a registry of another store is not read`() throws {
        let disk = try filled()
        #expect(throws: StorageError.self) { try PITRegistryLog.read(store: uuid(1), files: disk) }
    }
}

import Testing
import VarveBytes
import VarveFiles

@testable import VarveSimulation

@Suite struct `The simulated disk` {
    @Test func `loses nothing when threads share it`() async throws {
        let disk = SimulatedDisk()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let path = StorePath.root.appending("f\(number)")
                    guard let file = try? disk.createFile(path) else { return }
                    for at in 0..<500 {
                        try? file.write([UInt8(number)].rawSpan, at: UInt64(at))
                        if at % 10 == 0 { try? file.syncData() }
                    }
                    try? disk.syncDirectory(.root)
                }
            }
        }
        #expect(
            disk.snapshot()
                == (0..<8).map { number in
                    FileImage(
                        path: StorePath.root.appending("f\(number)"),
                        bytes: [UInt8](repeating: UInt8(number), count: 500))
                })
    }

    @Test func `frees what nothing refers to, and nothing else`() throws {
        let disk = SimulatedDisk()
        let kept = try disk.createFile("kept")
        try kept.write([7].rawSpan, at: 0)
        try disk.unlink("kept")
        for number in 0..<5_000 {
            let path = StorePath.root.appending("f\(number)")
            try disk.createFile(path).write([1].rawSpan, at: 0)
            if number % 3 != 0 { try disk.unlink(path) }
            if number % 100 == 0 {
                for old in max(0, number - 100)..<number where old % 3 == 0 {
                    try disk.unlink(StorePath.root.appending("f\(old)"))
                }
                try disk.syncDirectory(.root)
            }
        }
        #expect(disk.withState { $0.files.count } < 1_000)
        var byte: [UInt8] = [0]
        var target = byte.mutableRawSpan
        #expect(try kept.read(at: 0, into: &target) == 1)
        #expect(byte == [7], "an open file outlives its names")
        #expect(disk.snapshot().allSatisfy { $0.bytes == [1] })
    }

    @Test func `keeps a dropped file's slot for the states that may bring it back`() throws {
        let disk = SimulatedDisk()
        try disk.createFile("old").write([5].rawSpan, at: 0)
        for image in disk.snapshot() { _ = image }
        let old = try disk.openFile("old", writable: true)
        try old.sync()
        try old.close()
        try disk.syncDirectory(.root)
        try disk.unlink("old")
        for number in 0..<1_000 {
            let path = StorePath.root.appending("f\(number)")
            _ = try disk.createFile(path)
            try disk.unlink(path)
        }
        let survivors = Set(disk.crashStates().map { $0.bytes(of: "old") })
        #expect(survivors == [[5], nil])
    }

    @Test func `gives the same world for the same seed`() throws {
        func run(seed: UInt64) throws -> ([FileImage], [String], UInt64) {
            let world = Simulation(seed: seed)
            let traced = TracingFileSystem(world.disk)
            let works = (0..<4).map { number in
                world.scheduler.schedule("work \(number)") {
                    let path = StorePath.root.appending("f\(world.random.next() % 10)-\(number)")
                    guard let file = try? traced.createFile(path) else { return .done }
                    try? file.write([UInt8(number)].rawSpan, at: world.random.next() % 100)
                    return .again
                }
            }
            for work in works { work.wake() }
            world.scheduler.runUntilIdle()
            let choice = world.disk.crashStates(limit: 5, seed: seed).map { $0.snapshot() }
            return (choice.flatMap(\.self), traced.lines, world.random.next())
        }
        #expect(try run(seed: 11) == run(seed: 11))
        #expect(try run(seed: 11).1 != run(seed: 12).1)
    }

    @Test func `is opened again on a survivor, by a world in which time has gone on`() throws {
        let world = Simulation(seed: 1)
        world.clock.advance(byMilliseconds: 500)
        let file = try world.environment.files.createFile("f")
        try file.sync()
        for survivor in world.disk.crashStates() {
            let next = world.restarted(on: survivor)
            #expect(next.clock.monotonicNanoseconds == world.clock.monotonicNanoseconds)
            _ = try next.environment.files.list(.root)
        }
    }
}

@Suite struct `Sparse bytes` {
    @Test func `agree with an array under random calls`() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<50 {
            var sparse = SparseBytes()
            var plain: [UInt8] = []
            for _ in 0..<60 {
                let offset = random.next(below: 20_000)
                let length = random.next(below: 9_000)
                switch random.next(below: 4) {
                case 0:
                    sparse.resize(to: UInt64(offset))
                    plain =
                        Array(plain.prefix(offset))
                        + [UInt8](repeating: 0, count: max(0, offset - plain.count))
                case 1:
                    sparse.writeZeros(at: UInt64(offset), count: length)
                    put([UInt8](repeating: 0, count: length), at: offset, into: &plain)
                default:
                    let bytes = [UInt8](repeating: UInt8(random.next(below: 3)), count: length)
                    sparse.write(bytes.rawSpan, at: UInt64(offset))
                    put(bytes, at: offset, into: &plain)
                }
                #expect(sparse.bytes == plain)
                #expect(sparse == SparseBytes(plain.rawSpan))
                let end = min(offset + length, plain.count)
                let isZero = offset >= end || plain[offset..<end].allSatisfy { $0 == 0 }
                #expect(sparse.isZero(at: UInt64(offset), count: UInt64(length)) == isZero)
            }
        }
    }

    private func put(_ bytes: [UInt8], at offset: Int, into plain: inout [UInt8]) {
        let end = offset + bytes.count
        if end > plain.count { plain += [UInt8](repeating: 0, count: end - plain.count) }
        plain.replaceSubrange(offset..<end, with: bytes)
    }
}

import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@Suite struct `What a power loss leaves` {
    private let disk = SimulatedDisk()

    /// A durable file "f" of two sectors of ones.
    private func makeFile(_ disk: SimulatedDisk) throws -> any OpenFile {
        let file = try disk.createFile("f")
        try file.write(sector(1).rawSpan, at: 0)
        try file.write(sector(1).rawSpan, at: 512)
        try file.sync()
        try disk.syncDirectory(.root)
        return file
    }

    private func sector(_ value: UInt8) -> [UInt8] { [UInt8](repeating: value, count: 512) }

    /// The contents of "f" in all states, as the first byte of each sector; -1 for no file.
    private func states(_ disk: SimulatedDisk) -> Set<[Int]> {
        Set(
            disk.crashStates().map { survivor in
                guard let bytes = survivor.bytes(of: "f") else { return [-1] }
                return stride(from: 0, to: bytes.count, by: 512).map { Int(bytes[$0]) }
            })
    }

    @Test func `what is synced stays`() throws {
        let file = try makeFile(disk)
        #expect(states(disk) == [[1, 1]])
        #expect(disk.pendingItemCount == 0)
        try file.write(sector(2).rawSpan, at: 0)
        try file.syncData()
        #expect(states(disk) == [[2, 1]])
    }

    @Test func `each unsynced sector is kept or lost by itself`() throws {
        let file = try makeFile(disk)
        try file.write((sector(2) + sector(3)).rawSpan, at: 0)
        #expect(states(disk) == [[1, 1], [2, 1], [1, 3], [2, 3]])
    }

    @Test func `a sector written twice is old, or the first, or the second`() throws {
        let file = try makeFile(disk)
        try file.write(sector(2).rawSpan, at: 0)
        try file.write(sector(3).rawSpan, at: 0)
        #expect(states(disk) == [[1, 1], [2, 1], [3, 1]])
        #expect(disk.crashStates().map { _ in 1 }.count == 3)
    }

    @Test func `a sector that is kept has all that was written to it before`() throws {
        let file = try makeFile(disk)
        try file.write([7].rawSpan, at: 0)
        try file.write([8].rawSpan, at: 1)
        let starts = Set(disk.crashStates().compactMap { $0.bytes(of: "f").map { Array($0[0..<2]) } })
        #expect(starts == [[1, 1], [7, 1], [7, 8]])
    }

    @Test func `a size may grow without data, and data land without its size`() throws {
        let file = try makeFile(disk)
        try file.write(sector(2).rawSpan, at: 1024)
        #expect(states(disk) == [[1, 1], [1, 1, 0], [1, 1, 2]])
    }

    @Test func `a cut and a new size leave no old bytes between them`() throws {
        let file = try makeFile(disk)
        try file.truncate(to: 512)
        try file.truncate(to: 1536)
        #expect(states(disk) == [[1, 1], [1], [1, 0, 0]])
    }

    @Test func `a new file may be absent, empty, or have any part of its bytes`() throws {
        let file = try disk.createFile("f")
        try file.write((sector(1) + sector(2)).rawSpan, at: 0)
        #expect(states(disk) == [[-1], [], [0, 0], [1, 0], [0, 2], [1, 2]])
        try disk.syncDirectory(.root)
        #expect(states(disk) == [[], [0, 0], [1, 0], [0, 2], [1, 2]])
    }

    @Test func `a file that is synced but not its name is there whole or not at all`() throws {
        let file = try disk.createFile("f")
        try file.write(sector(1).rawSpan, at: 0)
        try file.sync()
        #expect(states(disk) == [[-1], [1]])
    }

    @Test func `zeros filled in ahead of use are one item, the size`() throws {
        let file = try disk.createFile("f")
        try disk.syncDirectory(.root)
        try file.write([UInt8](repeating: 0, count: 1 << 20).rawSpan, at: 0)
        #expect(disk.pendingItemCount == 1)
        try file.sync()
        try file.write([5].rawSpan, at: 700)
        #expect(disk.pendingItemCount == 1)
    }

    @Test func `names come and go in any combination`() throws {
        try disk.createDirectory("d")
        try disk.createFile("a").sync()
        try disk.syncDirectory(.root)
        try disk.link("a", to: "d/b")
        try disk.unlink("a")
        #expect(names(disk) == ["a d", "a d d/b", "d", "d d/b"])
        try disk.syncDirectory("d")
        #expect(names(disk) == ["a d d/b", "d d/b"])
        try disk.syncDirectory(.root)
        #expect(names(disk) == ["d d/b"])
    }

    @Test func `a renaming within a directory is whole, between directories in two parts`() throws {
        try disk.createDirectory("d")
        _ = try disk.createFile("a")
        try disk.syncDirectory(.root)
        try disk.rename("a", to: "b")
        #expect(names(disk) == ["a d", "b d"])
        try disk.syncDirectory(.root)
        try disk.rename("b", to: "d/c")
        #expect(names(disk) == ["b d", "b d d/c", "d", "d d/c"])
    }

    @Test func `a directory whose name is lost takes all that is in it along`() throws {
        try disk.createDirectory("d")
        let file = try disk.createFile("d/f")
        try file.write(sector(1).rawSpan, at: 0)
        try file.sync()
        try disk.syncDirectory("d")
        #expect(names(disk) == ["", "d d/f"])
        try disk.syncDirectory(.root)
        #expect(names(disk) == ["d d/f"])
    }

    @Test func `a file whose last name is gone for good is gone`() throws {
        let file = try makeFile(disk)
        try disk.unlink("f")
        #expect(states(disk) == [[1, 1], [-1]])
        try disk.syncDirectory(.root)
        #expect(states(disk) == [[-1]])
        try file.write(sector(4).rawSpan, at: 0)
        #expect(disk.pendingItemCount == 0, "no state has the file")
        #expect(try file.size() == 1024, "who has it open still sees it")
    }

    private func names(_ disk: SimulatedDisk) -> Set<String> {
        Set(disk.crashStates().map { $0.paths.map(\.text).joined(separator: " ") })
    }

    @Test func `twelve items give all combinations, and no two the same`() throws {
        let file = try makeFile(disk)
        try file.truncate(to: 512 * 12)
        try file.sync()
        for at in 0..<12 { try file.write(sector(2).rawSpan, at: UInt64(at * 512)) }
        let states = disk.crashStates().map { $0.bytes(of: "f") ?? [] }
        #expect(states.count == 4096)
        #expect(Set(states.map { XXH64.hash($0.rawSpan) }).count == 4096)
    }

    @Test func `more items give the canonical states and 64 of the seed's choice`() throws {
        let file = try makeFile(disk)
        try file.truncate(to: 512 * 20)
        try file.sync()
        for at in 0..<20 { try file.write(sector(2).rawSpan, at: UInt64(at * 512)) }
        let states = disk.crashStates(seed: 1).map { survivor in
            (survivor.bytes(of: "f") ?? []).enumerated().filter { $0.offset % 512 == 0 }.map {
                $0.element == 2
            }
        }
        #expect(states.count == 2 + 19 + 40 + 64)
        for item in 0..<20 {
            #expect(states.contains((0..<20).map { $0 < item }), "prefix \(item)")
            #expect(states.contains((0..<20).map { $0 != item }), "all but \(item)")
            #expect(states.contains((0..<20).map { $0 == item }), "\(item) alone")
        }
        #expect(states.contains([Bool](repeating: true, count: 20)))
        #expect(images(disk, seed: 1) == images(disk, seed: 1))
        #expect(images(disk, seed: 1) != images(disk, seed: 2))
    }

    @Test func `a limit cuts the list, and the seed says where`() throws {
        let file = try makeFile(disk)
        try file.write((sector(2) + sector(3)).rawSpan, at: 0)
        #expect(disk.crashStates(limit: 3).map { _ in 1 }.count == 3)
        #expect(disk.crashStates(limit: 0).map { _ in 1 }.isEmpty)
        #expect(images(disk, seed: 5, limit: 3) == images(disk, seed: 5, limit: 3))
        let two = disk.crashStates(limit: 2, seed: 9).compactMap { $0.bytes(of: "f") }
        #expect(two == [sector(1) + sector(1), sector(2) + sector(3)], "nothing and everything always come")
    }

    private func images(_ disk: SimulatedDisk, seed: UInt64, limit: Int = .max) -> [[FileImage]] {
        disk.crashStates(limit: limit, seed: seed).map { $0.snapshot() }
    }

    @Test func `a survivor of a crash has nothing pending and can crash again`() throws {
        let file = try makeFile(disk)
        try file.write(sector(2).rawSpan, at: 0)
        for survivor in disk.crashStates() {
            #expect(survivor.pendingItemCount == 0)
            let again = try survivor.openFile("f", writable: true)
            try again.write(sector(9).rawSpan, at: 512)
            #expect(Set(survivor.crashStates().map { $0.bytes(of: "f")?.last }) == [1, 9])
        }
        #expect(states(disk) == [[1, 1], [2, 1]], "the disk itself is as it was")
    }
}

@Suite struct `Damaged sectors` {
    private func states(_ damage: DiskOptions.SectorDamage) throws -> Set<[UInt8]> {
        let disk = SimulatedDisk(options: DiskOptions(sectorDamage: damage))
        let file = try disk.createFile("f")
        try file.write([UInt8](repeating: 1, count: 512).rawSpan, at: 0)
        try file.sync()
        try disk.syncDirectory(.root)
        try file.write([UInt8](repeating: 2, count: 100).rawSpan, at: 300)
        return Set(disk.crashStates().map { $0.bytes(of: "f") ?? [] })
    }

    private func image(_ written: ClosedRange<Int>, _ value: UInt8) -> [UInt8] {
        (0..<512).map { written.contains($0) ? value : 1 }
    }

    @Test func `do not occur unless the options say so`() throws {
        #expect(try states(.never) == [image(300...399, 1), image(300...399, 2)])
    }

    @Test func `have zeros, garbage or half of what was being written, in its place`() throws {
        let found = try states(.writtenBytes)
        #expect(found.count == 6)
        #expect(found.isSuperset(of: [image(300...399, 0), image(300...349, 2), image(350...399, 2)]))
        #expect(found.allSatisfy { $0[0..<300].allSatisfy { $0 == 1 } && $0[400...].allSatisfy { $0 == 1 } })
    }

    @Test func `are damaged whole on a disk without powersafe overwrite`() throws {
        let found = try states(.wholeSector)
        #expect(found.count == 4, "the write lies in one half of the sector: half old is old or new")
        #expect(found.contains([UInt8](repeating: 0, count: 512)))
        #expect(found.contains { $0[0..<300].contains { $0 != 1 && $0 != 0 } }, "garbage")
    }
}

@Suite struct `A crash` {
    private func script(_ disk: SimulatedDisk) throws {
        try disk.createDirectory("d")
        let file = try disk.createFile("d/f")
        try file.write([1, 2, 3].rawSpan, at: 0)
        try file.sync()
        try disk.syncDirectory("d")
        try disk.syncDirectory(.root)
        try file.write([4, 5, 6].rawSpan, at: 3)
    }

    @Test func `stops the disk after any operation`() throws {
        let whole = SimulatedDisk()
        try script(whole)
        #expect(whole.operationCount == 7)
        for stop in 0..<7 {
            let disk = SimulatedDisk()
            disk.crashAfter(operation: stop)
            #expect(throws: FileError.self) { try script(disk) }
            #expect(disk.hasCrashed)
            #expect(disk.operationCount == stop)
            #expect(throws: FileError("list", .root, .io)) { _ = try disk.list(.root) }
            #expect(throws: FileError("free space", .root, .io)) { _ = try disk.freeBytes() }
        }
        let disk = SimulatedDisk()
        disk.crashAfter(operation: 7)
        try script(disk)
        #expect(!disk.hasCrashed)
    }

    @Test func `may come in the middle of a write`() throws {
        let disk = SimulatedDisk()
        disk.crashAfter(operation: 6, writing: 2)
        #expect(throws: FileError("write", "d/f", .io)) { try script(disk) }
        #expect(disk.bytes(of: "d/f") == [1, 2, 3, 4, 5])
    }

    @Test func `of the process alone leaves what is in the cache, and no locks`() throws {
        let disk = SimulatedDisk()
        let lock = try disk.lock("LOCK")
        #expect(throws: FileError("lock", "LOCK", .locked)) { _ = try disk.lock("LOCK") }
        try script(disk)
        disk.crash()
        let next = disk.afterKill()
        #expect(next.bytes(of: "d/f") == [1, 2, 3, 4, 5, 6])
        _ = try next.lock("LOCK")
        #expect(Set(next.crashStates().map { $0.bytes(of: "d/f") ?? [] }).count == 3, "and is still pending")
        lock.release()
    }

    @Test func `can be looked for in a history instead of in many runs`() throws {
        let recorded = SimulatedDisk(options: DiskOptions(keepsHistory: true))
        try script(recorded)
        for stop in 0...recorded.operationCount {
            let stopped = SimulatedDisk()
            stopped.crashAfter(operation: stop)
            try? script(stopped)
            let past = recorded.state(afterOperation: stop)
            #expect(past.hasCrashed)
            #expect(past.snapshot() == stopped.snapshot())
            #expect(past.crashStates().map { $0.snapshot() } == stopped.crashStates().map { $0.snapshot() })
        }
    }
}

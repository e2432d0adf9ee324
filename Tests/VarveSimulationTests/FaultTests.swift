import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@Suite struct `Planned faults` {
    private let disk = SimulatedDisk()

    @Test func `hit the call of their number, once`() throws {
        disk.setFaults(.failing(call: 2, with: .noSpace))
        try disk.createDirectory("a")
        #expect(throws: FileError("create", "b", .noSpace)) { try disk.createDirectory("b") }
        try disk.createDirectory("b")
    }

    @Test func `hit from then on`() throws {
        disk.setFaults(.failing(call: 2, of: [.createFile], with: .tooManyFiles, .fromThenOn))
        try disk.createDirectory("d")
        _ = try disk.createFile("a")
        for _ in 0..<3 {
            #expect(throws: FileError("create", "b", .tooManyFiles)) { _ = try disk.createFile("b") }
        }
        try disk.createDirectory("e")
    }

    @Test func `hit the paths they are meant for`() throws {
        disk.setFaults(.failing(call: 1, of: [.write], at: { $0.name.hasPrefix("wal-") }, with: .io))
        try disk.createFile("seg-1").write([1].rawSpan, at: 0)
        let log = try disk.createFile("wal-1")
        #expect(throws: FileError("write", "wal-1", .io)) { try log.write([1].rawSpan, at: 0) }
        #expect(disk.bytes(of: "wal-1") == [])
    }

    @Test func `cut a read short, or a write`() throws {
        let file = try disk.createFile("f")
        try file.write([1, 2, 3, 4].rawSpan, at: 0)
        disk.setFaults(
            FaultPlan.none.adding(call: 1, of: [.read], .shortRead(2))
                .adding(call: 1, of: [.write], .partialWrite(1, .noSpace)))
        var bytes = [UInt8](repeating: 0, count: 4)
        var target = bytes.mutableRawSpan
        #expect(try file.read(at: 0, into: &target) == 2)
        #expect(bytes == [1, 2, 0, 0])
        #expect(throws: FileError("write", "f", .noSpace)) { try file.write([7, 8].rawSpan, at: 4) }
        #expect(disk.bytes(of: "f") == [1, 2, 3, 4, 7])
    }

    @Test func `a full disk takes what fits and fails`() throws {
        let disk = SimulatedDisk(options: DiskOptions(capacityBytes: 10))
        let file = try disk.createFile("f")
        try file.write([1, 2, 3, 4, 5, 6].rawSpan, at: 0)
        #expect(try disk.freeBytes() == 4)
        #expect(throws: FileError("write", "f", .noSpace)) { try file.write([7, 7, 7, 7, 7].rawSpan, at: 6) }
        #expect(try file.size() == 10)
        try file.write([9].rawSpan, at: 0)
        disk.setCapacity(bytes: 100)
        try file.write([7].rawSpan, at: 10)
    }

    @Test(arguments: SyncFailure.allCases) func `a failed sync keeps what its model says`(
        failure: SyncFailure
    ) throws {
        let file = try disk.createFile("f")
        try file.write([1].rawSpan, at: 0)
        try file.sync()
        try disk.syncDirectory(.root)
        try file.write([2].rawSpan, at: 0)
        disk.setFaults(FaultPlan.none.adding(call: 1, of: [.syncData], .failedSync(failure)))
        if failure == .latent {
            try file.syncData()
            #expect(throws: FileError("sync", "f", .io)) { try file.syncData() }
        } else {
            #expect(throws: FileError("sync", "f", .io)) { try file.syncData() }
        }
        #expect(disk.bytes(of: "f") == (failure == .reverted ? [1] : [2]))
        try file.syncData()
        let survivors = Set(disk.crashStates().map { $0.bytes(of: "f") ?? [] })
        #expect(survivors == (failure == .staysDirty ? [[2]] : [[1]]))
    }

    @Test func `what a failed sync lost is not durable later, what was written since is`() throws {
        let file = try disk.createFile("f")
        try disk.syncDirectory(.root)
        try file.write([UInt8](repeating: 1, count: 1024).rawSpan, at: 0)
        disk.setFaults(FaultPlan.none.adding(call: 1, of: [.sync], .failedSync(.cleanInCache)))
        #expect(throws: FileError.self) { try file.sync() }
        try file.write([2].rawSpan, at: 512)
        try file.sync()
        let survivors = disk.crashStates().map { $0.bytes(of: "f") ?? [] }
        #expect(survivors.count == 1)
        #expect(survivors[0].count == 1024)
        #expect(survivors[0][0..<512].allSatisfy { $0 == 0 })
        #expect(survivors[0][512...].starts(with: [2, 1, 1]), "a sector is written whole")
    }

    @Test(arguments: SyncFailure.allCases) func `a failed directory sync keeps what its model says`(
        failure: SyncFailure
    ) throws {
        _ = try disk.createFile("a")
        disk.setFaults(FaultPlan.none.adding(call: 1, of: [.syncDirectory], .failedSync(failure)))
        if failure == .latent { try disk.syncDirectory(.root) }
        #expect(throws: FileError("sync", .root, .io)) { try disk.syncDirectory(.root) }
        try disk.syncDirectory(.root)
        let names = disk.crashStates().map { $0.paths }
        #expect(names == [failure == .staysDirty ? ["a"] : []])
        #expect(disk.paths == (failure == .reverted ? [] : ["a"]))
    }

    @Test func `a sync that is switched off does nothing and succeeds`() throws {
        disk.ignoreSyncs { kind, path in kind == .data && path.name.hasPrefix("wal-") }
        for name in ["wal-1", "seg-1"] {
            let file = try disk.createFile(StorePath.root.appending(name))
            try disk.syncDirectory(.root)
            try file.write([1].rawSpan, at: 0)
            try file.syncData()
        }
        #expect(disk.pendingItemCount == 2)
        let survivors = disk.crashStates()
        #expect(survivors.allSatisfy { $0.bytes(of: "seg-1") == [1] })
        #expect(!survivors.allSatisfy { $0.bytes(of: "wal-1") == [1] })
    }
}

@Suite struct `Damage from outside` {
    private let disk = SimulatedDisk()

    init() throws {
        let file = try disk.createFile("f")
        try file.write([UInt8](repeating: 0xFF, count: 1500).rawSpan, at: 0)
        try file.sync()
        try disk.syncDirectory(.root)
    }

    @Test func `inverts a bit`() {
        disk.flipBit(3, ofByte: 700, in: "f")
        #expect(disk.bytes(of: "f")?[700] == 0xF7)
        #expect(disk.crashStates().allSatisfy { $0.bytes(of: "f")?[700] == 0xF7 })
        disk.flipBit(3, ofByte: 700, in: "f")
        #expect(disk.bytes(of: "f") == [UInt8](repeating: 0xFF, count: 1500))
    }

    @Test func `zeroes and swaps sectors without making the file longer`() throws {
        disk.zeroSector(2, of: "f")
        let bytes = try #require(disk.bytes(of: "f"))
        #expect(bytes.count == 1500)
        #expect(bytes[0..<1024].allSatisfy { $0 == 0xFF } && bytes[1024...].allSatisfy { $0 == 0 })
        disk.zeroSector(0, of: "f")
        disk.swapSectors(0, 1, of: "f")
        #expect(disk.bytes(of: "f")?.firstIndex(of: 0) == 512)
    }

    @Test func `cuts, replaces and removes files`() throws {
        disk.resize("f", to: 10)
        #expect(disk.bytes(of: "f")?.count == 10)
        disk.replace("f", with: [1, 2])
        disk.replace("g", with: [3])
        #expect(
            disk.snapshot() == [FileImage(path: "f", bytes: [1, 2]), FileImage(path: "g", bytes: [3])])
        disk.remove("f")
        #expect(disk.crashStates().map { $0.paths } == [["g"]])
    }

    @Test func `does not count as an operation, and a copy does not share it`() {
        let before = disk.operationCount
        let copy = disk.copy()
        copy.flipBit(0, ofByte: 0, in: "f")
        #expect(disk.bytes(of: "f")?[0] == 0xFF)
        #expect(copy.bytes(of: "f")?[0] == 0xFE)
        #expect(disk.operationCount == before)
    }
}

import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

/// The same seeded calls on the system's disk and on the simulated one.
@Suite struct `The simulated disk and the real one` {
    @Test(arguments: 0..<40) func `answer the same to the same calls`(seed: Int) throws {
        let root = try TemporaryRoot()
        defer { withExtendedLifetime(root) {} }
        let disk = SimulatedDisk()
        var script = FileScript(seed: UInt64(seed))
        for number in 0..<400 {
            let step = script.nextStep()
            let real = script.run(step, on: root.files, slot: 0)
            let simulated = script.run(step, on: disk, slot: 1)
            try #require(real == simulated, "step \(number) of seed \(seed): \(step)")
        }
        #expect(try tree(of: root.files) == tree(of: disk))
    }

    /// All names and bytes, as lines.
    private func tree(of files: any FileSystem, _ path: StorePath = .root) throws -> [String] {
        try files.list(path).flatMap { entry -> [String] in
            let place = path.appending(entry.name)
            if entry.kind == .directory { return try ["\(place)/"] + tree(of: files, place) }
            let bytes = try files.readAll(place, limit: 1 << 20)
            return ["\(place) \(bytes.count) \(XXH64.hash(bytes.rawSpan).hex16)"]
        }
    }
}

/// Random calls over few names, so that they meet each other.
private struct FileScript {
    enum Step {
        case createDirectory(StorePath), createFile(StorePath), open(StorePath, writable: Bool)
        case link(StorePath, StorePath), rename(StorePath, StorePath), unlink(StorePath)
        case removeDirectory(StorePath), list(StorePath), syncDirectory(StorePath), lock(StorePath), unlock
        case read(offset: UInt64, count: Int), write(offset: UInt64, [UInt8]), sync(isFull: Bool)
        case size, truncate(UInt64), close
    }

    private var random: SplitMix64
    private var open: [[any OpenFile]] = [[], []]
    private var locks: [[any FileLock]] = [[], []]
    /// Which open file the step is about.
    private var choice = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func path() -> StorePath {
        let names = ["a", "b", "c"]
        var path = StorePath.root
        for _ in 0...random.next(below: 3) { path = path.appending(names[random.next(below: 3)]) }
        return path
    }

    private mutating func offset() -> UInt64 {
        if random.chance(1, in: 40) { return 1 << UInt64(20 + random.next(below: 44)) }
        return UInt64(random.next(below: 20_000))
    }

    mutating func nextStep() -> Step {
        choice = random.next(below: 1_000)
        switch random.next(below: 20) {
        case 0, 1: return .createDirectory(path())
        case 2, 3: return .createFile(path())
        case 4, 5: return .open(path(), writable: random.chance(3, in: 4))
        case 6: return .link(path(), path())
        case 7: return .rename(path(), path())
        case 8: return .unlink(path())
        case 9: return .removeDirectory(path())
        case 10: return .list(random.chance(1, in: 5) ? .root : path())
        case 11: return .syncDirectory(path())
        case 12: return random.chance(1, in: 2) ? .lock(path()) : .unlock
        case 13, 14: return .read(offset: offset(), count: random.next(below: 9_000))
        case 15, 16:
            let offset = UInt64(random.next(below: 20_000))
            let value = random.chance(1, in: 3) ? 0 : UInt8(random.next(below: 256))
            return .write(offset: offset, [UInt8](repeating: value, count: random.next(below: 9_000)))
        case 17: return .sync(isFull: random.chance(1, in: 2))
        case 18: return random.chance(1, in: 3) ? .close : .size
        default: return .truncate(UInt64(random.next(below: 20_000)))
        }
    }

    /// What the call answered, as text.
    mutating func run(_ step: Step, on files: any FileSystem, slot: Int) -> String {
        do throws(FileError) {
            return try carryOut(step, on: files, slot)
        } catch {
            return "\(error) \(error.code)"
        }
    }

    private mutating func carryOut(
        _ step: Step, on files: any FileSystem, _ slot: Int
    ) throws(FileError) -> String {
        switch step {
        case .createDirectory(let path): try files.createDirectory(path)
        case .createFile(let path): open[slot].append(try files.createFile(path))
        case .open(let path, let writable):
            open[slot].append(try files.openFile(path, writable: writable))
        case .link(let path, let newPath): try files.link(path, to: newPath)
        case .rename(let path, let newPath): try files.rename(path, to: newPath)
        case .unlink(let path): try files.unlink(path)
        case .removeDirectory(let path): try files.removeDirectory(path)
        case .list(let path):
            return try files.list(path).map { "\($0.name) \($0.kind)" }.joined(separator: ", ")
        case .syncDirectory(let path): try files.syncDirectory(path)
        case .lock(let path): locks[slot].append(try files.lock(path))
        case .unlock: if !locks[slot].isEmpty { locks[slot].removeFirst().release() }
        default:
            if open[slot].isEmpty { return "no file" }
            return try carryOut(step, onFile: choice % open[slot].count, slot)
        }
        return "done"
    }

    private mutating func carryOut(_ step: Step, onFile index: Int, _ slot: Int) throws(FileError) -> String {
        let file = open[slot][index]
        switch step {
        case .read(let offset, let count):
            var bytes = [UInt8](repeating: 0xEE, count: count)
            var target = bytes.mutableRawSpan
            let got = try file.read(at: offset, into: &target)
            return "\(got) \(XXH64.hash(bytes.rawSpan).hex16)"
        case .write(let offset, let bytes): try file.write(bytes.rawSpan, at: offset)
        case .sync(let isFull): if isFull { try file.sync() } else { try file.syncData() }
        case .size: return "\(try file.size())"
        case .truncate(let size): try file.truncate(to: size)
        default:
            try file.close()
            open[slot].remove(at: index)
        }
        return "done"
    }
}

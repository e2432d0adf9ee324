import Testing
import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
import VarveSimulation

/// Stops resets of a stream's pointers after each of their operations, on every disk that may be left.
@Suite struct `A reset that loses power` {
    /// An index with as many shards, each of which reads as many partitions, and which of its shards are reset.
    struct Course: Sendable, CustomTestStringConvertible {
        var shards: Int
        var partitionsEach = 1
        var moved: [Int]
        var durability = StoreOptions.Durability.request
        var testDescription: String {
            "shards \(moved) of \(shards) with \(partitionsEach) partitions each, \(durability)"
        }
    }

    static let courses: [Course] = [
        Course(shards: 1, moved: [0]), Course(shards: 3, moved: [1]), Course(shards: 3, moved: [0, 1, 2]),
        Course(shards: 3, moved: [0, 2]), Course(shards: 3, partitionsEach: 2, moved: [0, 1, 2]),
        Course(shards: 1, moved: [0], durability: .none),
        Course(shards: 3, moved: [0, 1, 2], durability: .none),
        Course(shards: 3, moved: [0, 1, 2], durability: .async(syncInterval: .seconds(10))),
    ]

    static let statesPerPoint = Effort.isFull ? Int.max : 4

    @Test(arguments: courses)
    func `leaves every pointer old or every pointer new, and all that was flushed`(_ course: Course) throws {
        let world = try ResetWorld(course)
        let disk = world.simulation.disk
        let begun = disk.operationCount
        try world.reset()
        let ended = disk.operationCount
        var seen: Set<Bool> = []
        var states = 0
        for point in begun...ended {
            let there = disk.state(afterOperation: point)
            var survivors = there.crashStates(limit: Self.statesPerPoint, seed: UInt64(point)).map { $0 }
            survivors.append(there.afterKill())
            for survivor in survivors {
                states += 1
                let next = try ResetWorld(course, on: world.simulation.restarted(on: survivor))
                let isNew = try next.examine("stopped after \(point) of \(begun)...\(ended), state \(states)")
                if point == ended { #expect(isNew, "an acknowledged reset is gone") }
                seen.insert(isNew)
                // What an open found, or completed, is durable: the next crash finds the same.
                for last in next.simulation.disk.crashStates(limit: 1) {
                    next.stop()
                    let again = try ResetWorld(course, on: world.simulation.restarted(on: last))
                    #expect(try again.examine("opened once more") == isNew)
                    try again.goOn(isNew)
                    again.stop()
                }
            }
        }
        world.stop()
        #expect(seen.count == 2)
        print("\(course.testDescription): \(ended - begun) operations, \(states) states")
    }
}

/// A store whose index reads a stream, and what must be found in it.
private final class ResetWorld {
    static let source = UUID128(high: 0x5eed, low: 9)
    /// Pointers and the documents that lie before them.
    static let history: [(pointer: UInt8, id: String)] = [(1, "flushed"), (2, "logged"), (3, "last")]
    static let target: UInt8 = 9
    private let course: `A reset that loses power`.Course
    let simulation: Simulation
    private let store: StoreEngine
    private let index: IndexEngine

    /// A store that was killed with its first batch flushed and its second in the log, and has applied a third.
    convenience init(_ course: `A reset that loses power`.Course) throws {
        let first = try ResetWorld(course, on: Simulation(seed: 3))
        try first.write(Self.history[0])
        for shard in first.index.shards { try shard.flush() }
        // Without a log, what is not flushed is not there after a kill: it is read from the stream again.
        if course.durability != .none { try first.write(Self.history[1]) }
        let disk = first.simulation.disk.afterKill()
        first.stop()
        disk.keepHistory(true)
        try self.init(course, on: first.simulation.restarted(on: disk))
        if course.durability == .none { try write(Self.history[1]) }
        try write(Self.history[2])
    }

    init(_ course: `A reset that loses power`.Course, on simulation: Simulation) throws {
        self.course = course
        self.simulation = simulation
        var options = Script.options
        options.durability = course.durability
        store = try StoreEngine.open(simulation.environment, options: options)
        index =
            try store.indices.first
            ?? store.createIndex("stream", mapping: ["n": .long], shardCount: course.shards)
        simulation.scheduler.runUntilIdle()
    }

    func stop() {
        simulation.disk.crash()
        try? store.close()
    }

    private func partitions(of shard: Int) -> [UInt32] {
        (0..<course.partitionsEach).map { UInt32(shard + $0 * course.shards) }
    }

    private func checkpoint(_ pointer: UInt8, epoch: UInt64, _ partition: UInt32) -> SourceCheckpoint {
        SourceCheckpoint(
            source: Self.source, partition: partition, epoch: epoch, pointer: [pointer], timestamp: 0)
    }

    /// A batch of each partition, acknowledged.
    private func write(_ batch: (pointer: UInt8, id: String), epoch: UInt64 = 0) throws {
        for shard in index.shards {
            for partition in partitions(of: shard.number) {
                var builder = BatchBuilder(schema: shard.schema)
                try builder.index(
                    id: Array("\(batch.id)-\(partition)".utf8).rawSpan,
                    source: Array(#"{"n":\#(batch.pointer)}"#.utf8).rawSpan)
                let next = checkpoint(batch.pointer, epoch: epoch, partition)
                let before = shard.checkpoint(source: Self.source, partition: partition)
                var results: [OperationResult] = []
                _ = try shard.apply(
                    builder.finish(at: 0, checkpoint: next), checkpoint: next, after: .exactly(before),
                    into: &results)
            }
        }
        simulation.scheduler.runUntilIdle()
    }

    func reset() throws {
        let moves = course.moved.flatMap { shard in
            partitions(of: shard).map { (shard, checkpoint(Self.target, epoch: 1, $0)) }
        }
        try store.resetSources(of: index, moves)
    }

    /// Whether the pointers are the new ones.
    func examine(_ place: String) throws -> Bool {
        guard index.setting("varve.reset") == nil else {
            throw Violation("R1", "\(place): a reset is left half done")
        }
        var epochs: Set<UInt64> = []
        for shard in index.shards {
            for partition in partitions(of: shard.number) {
                guard let found = shard.checkpoint(source: Self.source, partition: partition),
                    let pointer = found.pointer.first
                else { throw Violation("R1", "\(place): partition \(partition) has no pointer") }
                let isNew = found.epoch == 1
                if course.moved.contains(shard.number) { epochs.insert(found.epoch) }
                if isNew != (pointer == Self.target) || isNew && !course.moved.contains(shard.number) {
                    throw Violation("R1", "\(place): a third pointer, \(pointer) in epoch \(found.epoch)")
                }
                if !isNew && course.durability == .request && pointer != 3 {
                    throw Violation(
                        "R1", "\(place): an acknowledged batch is gone, the pointer is \(pointer)")
                }
                try examine(shard, partition, before: isNew ? 3 : pointer, place)
            }
        }
        guard epochs.count == 1, let epoch = epochs.first else {
            throw Violation("R2", "\(place): some pointers are old and some are new")
        }
        return epoch == 1
    }

    /// The documents of a partition are those before its pointer; those of a new pointer are all that there were.
    private func examine(_ shard: Shard, _ partition: UInt32, before pointer: UInt8, _ place: String) throws {
        for batch in Self.history {
            let found = try shard.get(id: Array("\(batch.id)-\(partition)".utf8).rawSpan)
            let isWhole = found.map {
                $0.source == Array(#"{"n":\#(batch.pointer)}"#.utf8) && $0.version == 1
            }
            guard isWhole == (batch.pointer <= pointer ? true : nil) else {
                throw Violation(
                    "R3", "\(place): document \(batch.id) of partition \(partition) with pointer \(pointer)")
            }
        }
    }

    /// The stream goes on from either place.
    func goOn(_ isNew: Bool) throws {
        for shard in index.shards {
            for partition in partitions(of: shard.number) {
                let before = shard.checkpoint(source: Self.source, partition: partition)
                let next = checkpoint(20, epoch: before?.epoch ?? 0, partition)
                var builder = BatchBuilder(schema: shard.schema)
                try builder.index(id: Array("next".utf8).rawSpan, source: Array("{}".utf8).rawSpan)
                var results: [OperationResult] = []
                _ = try shard.apply(
                    builder.finish(at: 0, checkpoint: next), checkpoint: next, after: .exactly(before),
                    into: &results)
            }
        }
        simulation.scheduler.runUntilIdle()
    }
}

import Testing
import VarveFiles
import VarveSimulation

/// Cuts recoveries short, and the recoveries after them.
@Suite struct `A recovery that loses power itself` {
    static let workloads: [[Action]] = [
        [.bulk], [.put, .flush], [.flush, .merge], [.streamBatch, .reset], [.openPointInTime, .delete],
    ]
    /// How many recoveries one after another are cut.
    static let depth = 2
    static let statesPerPoint = Effort.isFull ? 4 : 2

    @Test(arguments: workloads)
    func `leaves what was promised to the next one`(actions: [Action]) throws {
        let base = try Script.prepared()
        let disk = base.disk.copy()
        disk.keepHistory(true)
        let world = Simulation(seed: 2).restarted(on: disk)
        let script = try Script(world, base.journal)
        defer { script.stop() }
        let start = disk.operationCount
        for action in actions { try script.perform(action) }
        let journal = script.journal.withLock { $0 }
        var counts = [Int](repeating: 0, count: Self.depth)
        for point in start...disk.operationCount {
            let states = disk.state(afterOperation: point)
                .crashStates(limit: Self.statesPerPoint, seed: UInt64(point))
            for survivor in states {
                try cut(survivor, Oracle(journal, at: point), world, depth: 0, &counts)
            }
        }
        print("\(actions): recoveries cut at each depth: \(counts)")
        #expect(counts.allSatisfy { $0 > 0 })
    }

    /// Opens the store of a disk that keeps its history, then tries every place where that opening could have ended.
    private func cut(
        _ disk: SimulatedDisk, _ oracle: Oracle, _ world: Simulation, depth: Int, _ counts: inout [Int]
    ) throws {
        disk.keepHistory(true)
        let start = disk.operationCount
        let opened = try Script(world.restarted(on: disk), oracle.journal)
        let end = disk.operationCount
        defer { opened.stop() }
        // Every place at the first depth, and below it, is for the full run.
        let step = Effort.isFull ? [1, 11][depth] : [7, 29][depth]
        for point in stride(from: start + counts[depth] % step, through: end, by: step) {
            let states = disk.state(afterOperation: point)
                .crashStates(limit: Self.statesPerPoint, seed: UInt64(point))
            for survivor in states {
                counts[depth] += 1
                if depth + 1 < Self.depth {
                    try cut(survivor.copy(), oracle, world, depth: depth + 1, &counts)
                }
                var oracle = oracle
                try oracle.check(survivor, in: world)
            }
        }
    }
}

import Foundation
import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveSimulation

/// How many crash states are looked at: all of them with `VARVE_CRASH_STATES=all`.
enum Effort {
    static let isFull = ProcessInfo.processInfo.environment["VARVE_CRASH_STATES"] == "all"
    static let statesPerPoint = isFull ? Int.max : 12
}

/// A workload run once on a disk with a history, and then crashed after each of its operations.
struct Workload: CustomStringConvertible {
    let actions: [Action]
    /// Starts on an empty disk instead of the prepared store: making store and index is part of it.
    var isFromBirth = false
    var description: String { actions.map { "\($0)" }.joined(separator: ", ") }

    struct Tally {
        var workloads = 0
        var points = 0
        var states = 0
    }

    /// - Parameter skips: Leaves out the points before the last action: a shorter workload has them.
    func run(
        on base: Script.Prepared, limit: Int, skips: Bool = true,
        ignoring filter: (@Sendable (SyncKind, StorePath) -> Bool)? = nil, _ tally: inout Tally
    ) throws {
        let disk = isFromBirth ? SimulatedDisk() : base.disk.copy()
        let journal = isFromBirth ? Journal(base: Model()) : base.journal
        disk.keepHistory(true)
        let world = Simulation(seed: 2).restarted(on: disk)
        if let filter, isFromBirth { disk.ignoreSyncs(where: filter) }
        var start = disk.operationCount
        let script = try Script(world, journal)
        defer { script.stop() }
        if let filter { disk.ignoreSyncs(where: filter) }
        if !isFromBirth { start = disk.operationCount }
        for action in actions {
            if skips { start = disk.operationCount }
            try script.perform(action)
        }
        let end = disk.operationCount
        let promised = script.journal.withLock { $0 }
        tally.workloads += 1
        for point in start...end {
            tally.points += 1
            let states = disk.state(afterOperation: point).crashStates(limit: limit, seed: UInt64(point))
            for (number, survivor) in states.enumerated() {
                tally.states += 1
                survivor.ignoreSyncs { _, _ in false }
                var oracle = Oracle(promised, at: point)
                do throws(any Error) {
                    try oracle.check(survivor, in: world, writes: number == 0)
                } catch let violation as Violation {
                    throw Violation(
                        violation.invariant,
                        "[\(self)] stopped after \(point) (\(start)...\(end)), state \(number): "
                            + violation.text)
                }
            }
        }
    }
}

@Suite struct `A store that loses power` {
    static let first: [Action?] = [nil] + Action.allCases.map { $0 }

    @Test(arguments: first)
    func `keeps every promise, wherever a workload of one or two actions is cut`(first: Action?) throws {
        let base = try Script.prepared()
        var tally = Workload.Tally()
        for second in Action.allCases {
            let actions = [first, second].compactMap { $0 }
            #expect(throws: Never.self) {
                try Workload(actions: actions).run(on: base, limit: Effort.statesPerPoint, &tally)
            }
        }
        print(
            "after \(first.map { "\($0)" } ?? "nothing"): \(tally.workloads) workloads, "
                + "\(tally.points) crash points, \(tally.states) states")
    }
}

import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveSimulation

/// Lets each file call of a mixed workload fail once.
@Suite struct `A store whose disk fails a call` {
    static let actions: [Action] = [
        .bulk, .openPointInTime, .streamBatch, .flush, .delete, .extendPointInTime, .put, .flush, .merge,
        .reset, .closePointInTime, .update, .flush, .merge,
    ]
    static let step = Effort.isFull ? 1 : 2
    static let codes: [FileError.Code] = [.io, .noSpace]

    @Test(arguments: codes)
    func `loses nothing that it acknowledged and acknowledges nothing that is lost`(
        code: FileError.Code
    ) throws {
        let base = try Script.prepared()
        let calls = try run(base, .none) { _ in }
        var failures = 0
        var states = 0
        for call in stride(from: 1, through: calls, by: Self.step) {
            _ = try run(base, .failing(call: call, with: code)) { script in
                failures += 1
                let disk = script.simulation.disk
                let journal = script.journal.withLock { $0 }
                disk.setFaults(.none)
                var survivors = disk.crashStates(limit: 3, seed: UInt64(call)).map { $0 }
                survivors.append(disk.afterKill())
                for survivor in survivors {
                    states += 1
                    var oracle = Oracle(journal, at: .max)
                    #expect(throws: Never.self, "call \(call)") {
                        try oracle.check(survivor, in: script.simulation)
                    }
                }
            }
        }
        print("\(code): \(failures) failed calls, \(states) states")
    }

    /// Runs the workload to its end, whatever fails on the way.
    ///
    /// - Returns: How many calls there were.
    private func run(
        _ base: Script.Prepared, _ faults: FaultPlan, _ check: (Script) throws -> Void
    ) throws -> Int {
        let disk = base.disk.copy()
        let script = try Script(Simulation(seed: 2).restarted(on: disk), base.journal)
        defer { script.stop() }
        let before = disk.callCount
        disk.setFaults(faults)
        for action in Self.actions {
            do throws(any Error) { try script.perform(action) } catch let violation as Violation {
                Issue.record("\(violation)")
            } catch {
                // Refused: what was asked for may or may not be there.
            }
        }
        try check(script)
        return disk.callCount - before
    }
}

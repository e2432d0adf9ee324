import Foundation
import Testing
import VarveBytes
import VarveEngine
import VarveFiles
import VarveSimulation

/// Long random lives of one store: work, refused calls, power losses, and on from what was left.
@Suite struct `A store that lives at random` {
    /// Seeds of `VARVE_SEEDS=FIRST-LAST`, or a few.
    static var seeds: ClosedRange<UInt64> {
        let wanted = (ProcessInfo.processInfo.environment["VARVE_SEEDS"] ?? "").split(separator: "-")
        guard wanted.count == 2, let first = UInt64(wanted[0]), let last = UInt64(wanted[1]), first <= last
        else { return 1...12 }
        return first...last
    }

    @Test(arguments: seeds)
    func `keeps its promises through all of it`(seed: UInt64) throws {
        var life = try Life(seed: seed)
        for _ in 0..<400 { try life.step() }
        try life.end()
        #expect(life.crashes > 0)
        print(
            "seed \(seed): \(life.steps) steps, \(life.crashes) crashes, \(life.faults) failed calls, "
                + "\(life.detours) other durabilities, \(life.looks) comparisons, \(life.pinsSeen) points in time compared"
        )
    }
}

/// One store through many processes.
private struct Life {
    static let ids = (0..<16).map { "k\($0)" }
    private(set) var steps = 0
    private(set) var crashes = 0
    private(set) var detours = 0
    private(set) var faults = 0
    private(set) var looks = 0
    private(set) var pinsSeen = 0
    private let seed: UInt64
    private var random: SplitMix64
    private var script: Script
    private var mayFail = false

    init(seed: UInt64) throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        script = try Script(Simulation(seed: seed), Journal(base: Model()))
    }

    mutating func step() throws {
        steps += 1
        script.made = steps
        do throws(any Error) {
            try act()
            script.simulation.scheduler.runUntilIdle()
        } catch let violation as Violation {
            throw Violation(violation.invariant, "seed \(seed), step \(steps): \(violation.text)")
        } catch {
            guard mayFail else { throw Violation("I9", "seed \(seed), step \(steps): refused: \(error)") }
        }
        switch random.next(below: 40) {
        case 0, 1: try crash()
        case 2: try look()
        case 3:
            script.simulation.scheduler.advance(byMilliseconds: UInt64(random.next(below: 400)))
        case 4 where !mayFail:
            mayFail = true
            faults += 1
            let disk = script.simulation.disk
            disk.setFaults(
                .failing(
                    call: disk.callCount + 1 + random.next(below: 60),
                    with: random.next(below: 2) == 0 ? .io : .noSpace))
        default: break
        }
    }

    mutating func end() throws {
        try crash()
        script.stop()
    }

    private mutating func act() throws {
        switch random.next(below: 20) {
        case 0...7: try script.write(writes())
        case 8...10: try script.write(writes(), pointer: pointer())
        case 11, 12: try script.perform(.refresh)
        case 13, 14: try script.perform(.flush)
        case 15: try script.perform(.merge)
        case 16: script.openPointInTime("p\(steps)", keepAlive: 1_000_000 + Int64(random.next(below: 1000)))
        case 17: if let label = pin() { script.closePointInTime(label) }
        case 18: if let label = pin() { script.extendPointInTime(label, to: 2_000_000 + Int64(steps)) }
        default: try script.reset(to: pointer())
        }
    }

    private mutating func writes() -> [(kind: Script.Write, id: String)] {
        (0...random.next(below: 5)).map { _ in
            (random.next(below: 4) == 0 ? .delete : .index, Self.ids[random.next(below: Self.ids.count)])
        }
    }

    private func pointer() -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: steps >> ($0 * 8)) } }

    private mutating func pin() -> String? {
        let open = script.journal.withLock { $0.pinned.filter { $0.closed == nil }.map(\.label) }
        return open.isEmpty ? nil : open[random.next(below: open.count)]
    }

    /// Holds the living store against all that was asked of it.
    private mutating func look() throws {
        if mayFail { return }
        looks += 1
        try script.perform(.refresh)
        var oracle = Oracle(script.journal.withLock { $0 }, at: .max)
        try check { try oracle.examine(script) }
    }

    /// Power goes; the next process starts on one of the disks that may be left.
    private mutating func crash() throws {
        crashes += 1
        let disk = script.simulation.disk
        disk.setFaults(.none)
        let world = script.simulation
        let journal = script.journal.withLock { $0 }
        var survivors = disk.crashStates(limit: 6, seed: random.next()).map { $0 }
        survivors.append(disk.afterKill())
        let survivor = survivors[random.next(below: survivors.count)]
        script.stop()
        mayFail = false
        script = try Script(world.restarted(on: try detour(survivor, world)), journal)
        var oracle = Oracle(journal, at: .max)
        try check { try oracle.examine(script) }
        looks += 1
        var keepAlives: [String: Int64] = [:]
        for summary in script.store.listPointsInTime() { keepAlives[summary.label] = summary.keepAlive }
        pinsSeen += keepAlives.count
        let state = oracle.recovered
        let uncertain = oracle.isUnique ? journal.uncertain : Set(Self.ids)
        script.journal.withLock {
            $0 = $0.rebased(
                on: state, uncertain: uncertain.subtracting(state.documents.keys), keepAlives: keepAlives)
        }
    }

    /// Sometimes the store is opened with another durability first, and dies again before it is written to.
    private mutating func detour(_ disk: SimulatedDisk, _ world: Simulation) throws -> SimulatedDisk {
        let modes: [StoreOptions.Durability] = [.none, .async(syncInterval: .seconds(1))]
        guard let mode = random.next(below: 5) < 2 ? modes[random.next(below: 2)] : nil else { return disk }
        disk.keepHistory(true)
        let start = disk.operationCount
        let other = try Script(world.restarted(on: disk), Journal(base: Model()), durability: mode)
        let end = disk.operationCount
        defer { other.stop() }
        detours += 1
        let states = disk.state(afterOperation: start + random.next(below: end - start + 1))
            .crashStates(limit: 4, seed: random.next()).map { $0 }
        return states[random.next(below: states.count)]
    }

    private func check(_ body: () throws -> Void) throws {
        do { try body() } catch let violation as Violation {
            throw Violation(violation.invariant, "seed \(seed), step \(steps): \(violation.text)")
        }
    }
}

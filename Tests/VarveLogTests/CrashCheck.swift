import VarveBytes
import VarveFiles
import VarveLog
import VarveSimulation

/// Stops a disk after every operation of a script, opens every disk that could be left, and again while that
/// opening is cut short. What is wrong is gathered in `problems`.
struct CrashCheck {
    /// A promise of the log that a survivor does not keep.
    struct Broken: Error, CustomStringConvertible { let description: String }

    var options = LogOptions.small
    var disk = DiskOptions()
    /// States looked at after each crash, at each depth. Of these, three are crashed again.
    var limits = [Int.max]
    /// Only each so-manyth operation is a crash point, at each depth; which ones differs from state to state.
    var strides = [1]
    /// The sync, counted from 0, that the script's disk leaves out.
    var droppedSync: Int?
    var stopsAtFirstProblem = false
    private(set) var states = 0
    private(set) var problems: [String] = []

    mutating func run(_ script: (LogWorld, Journal) throws -> Void) throws {
        let whole = try makeDisk()
        try script(try LogWorld(whole, options: options), Journal())
        let base = try makeDisk().operationCount
        for point in base...whole.operationCount {
            let disk = try makeDisk()
            disk.crashAfter(operation: point)
            let journal = Journal()
            try runUntilCrash(script, disk, journal)
            try checkSurvivors(of: disk, journal.value, depth: 0, "after operation \(point - base)")
            if stopsAtFirstProblem && !problems.isEmpty { return }
        }
    }

    private func makeDisk() throws -> SimulatedDisk {
        let disk = SimulatedDisk(options: self.disk)
        try LogWorld.prepare(disk)
        if let droppedSync {
            let count = Locked(0)
            disk.ignoreSyncs { _, _ in
                count.withLock { count in
                    defer { count += 1 }
                    return count == droppedSync
                }
            }
        }
        return disk
    }

    /// Errors are the crash's doing if there was one.
    private func runUntilCrash(
        _ script: (LogWorld, Journal) throws -> Void, _ disk: SimulatedDisk, _ journal: Journal
    ) throws {
        do {
            try script(try LogWorld(disk, options: options), journal)
        } catch {
            guard disk.hasCrashed else { throw error }
        }
        disk.crash()
    }

    private mutating func checkSurvivors(
        of disk: SimulatedDisk, _ journal: Journal.State, depth: Int, _ place: String
    ) throws {
        guard journal.isCreated else { return }
        let survivors =
            [disk.afterKill()] + Array(disk.crashStates(limit: limits[depth], seed: UInt64(states)))
        for (number, survivor) in survivors.enumerated() {
            states += 1
            survivor.ignoreSyncs { _, _ in false }
            let place = "\(place), state \(number)"
            do { try checkOpening(survivor.copy(), journal) } catch {
                problems.append("\(place): \(error)")
                if stopsAtFirstProblem { return }
                continue
            }
            // The cache as it is, nothing but what is durable, and one between.
            let isCrashedAgain = number < 2 || number == survivors.count / 2
            if isCrashedAgain && depth + 1 < limits.count {
                try crashOpening(survivor, journal, depth, place)
            }
        }
    }

    /// Opens, appends, closes; everything must be there, and no file besides.
    private func checkOpening(_ disk: SimulatedDisk, _ journal: Journal.State) throws {
        let after = Journal(journal)
        let world = try LogWorld(disk, options: options)
        try Self.open(world, after)
        let (report, found) = try world.read(lowest: after.value.lowest)
        let records = found.filter { $0.type != .gap }
        guard records == Array(after.value.appended.dropFirst(after.value.firstIndex)) else {
            throw Broken(description: "after opening and closing \(records) is found")
        }
        let names = try disk.list(LogWorld.directory).map(\.name)
        guard names == report.files.map({ "wal-" + $0.hex16 }) else {
            throw Broken(description: "\(names) are there, the log is in files \(report.files)")
        }
    }

    private mutating func crashOpening(
        _ survivor: SimulatedDisk, _ journal: Journal.State, _ depth: Int, _ place: String
    ) throws {
        let whole = survivor.copy()
        try Self.open(try LogWorld(whole, options: options), Journal(journal))
        let base = survivor.copy().operationCount
        let step = strides[depth + 1]
        for point in stride(from: base + states % step, through: whole.operationCount, by: step) {
            let disk = survivor.copy()
            disk.crashAfter(operation: point)
            let after = Journal(journal)
            try runUntilCrash({ world, journal in try Self.open(world, journal) }, disk, after)
            try checkSurvivors(
                of: disk, after.value, depth: depth + 1, "\(place), reopened until operation \(point - base)")
        }
    }

    /// Recovers, judges what was found and goes on writing.
    static func open(_ world: LogWorld, _ journal: Journal) throws {
        let log = try recover(world, journal)
        try journal.append(log)
        world.scheduler.runUntilIdle()
        try journal.append(log)
        try journal.checkpoint(log)
        try log.close()
    }

    /// Recovers and judges what was found, from which the journal then goes on.
    static func recover(_ world: LogWorld, _ journal: Journal) throws -> LogWriter {
        let before = journal.value
        let (log, report, found) = try world.recover(epoch: before.epoch + 1, lowest: before.lowest)
        try judge(report, found, before)
        let records = found.filter { $0.type != .gap }
        journal.state.withLock { state in
            state.appended = Array(before.appended.prefix(before.firstIndex)) + records
            state.durable = state.appended.count
            state.usedEnd = (report.gap?.upperBound ?? report.next).rawValue
            state.epoch += 1
        }
        return log
    }

    /// The promises: a prefix of what was appended, all of what was acknowledged, consecutive numbers, and none
    /// that was used before.
    private static func judge(
        _ report: LogRecoveryReport, _ found: [Found], _ journal: Journal.State
    ) throws {
        let records = found.filter { $0.type != .gap }
        let expected = journal.appended.dropFirst(journal.firstIndex)
        guard records == Array(expected.prefix(records.count)) else {
            throw Broken(description: "\(records) is not a prefix of \(Array(expected))")
        }
        guard records.count >= journal.durable - journal.firstIndex else {
            throw Broken(description: "\(records.count) records, \(journal.durable) were acknowledged")
        }
        var next = found.first?.first
        for record in found {
            guard record.first == next else {
                throw Broken(description: "\(record) follows number \(next ?? 0)")
            }
            next = record.type == .gap ? record.gapEnd : record.first + UInt64(record.operations)
        }
        guard (report.gap?.upperBound ?? report.next).rawValue >= journal.usedEnd else {
            throw Broken(description: "\(report.next) is used again, \(journal.usedEnd) is free")
        }
    }
}

extension Found {
    /// The number that a gap record ends with.
    var gapEnd: UInt64 {
        payload.enumerated().reduce(0) { $0 | UInt64($1.element) &<< UInt64(8 * $1.offset) }
    }
}

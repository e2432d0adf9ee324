import VarveBytes
import VarveDocument
import VarveEngine
import VarveFiles
import VarveSimulation

/// An operation of a workload.
enum Action: CaseIterable, Sendable {
    case put, update, delete, bulk, refresh, flush, merge, settle
    case openPointInTime, extendPointInTime, closePointInTime, streamBatch, reset
}

/// A promise of the store that it does not keep.
struct Violation: Error, CustomStringConvertible {
    let invariant: String
    let text: String
    var description: String { "\(invariant): \(text)" }

    init(_ invariant: String, _ text: String) {
        self.invariant = invariant
        self.text = text
    }
}

/// Drives a store on a simulated disk, one action after another, and writes down what it was promised.
final class Script {
    enum Write { case index, delete }

    static let source = UUID128(high: 0x5eed, low: 7)
    let simulation: Simulation
    let journal: SharedJournal
    let store: StoreEngine
    let shard: Shard
    /// Operations so far; part of what they write.
    var made = 0

    static var options: StoreOptions {
        var options = StoreOptions()
        options.refreshInterval = nil
        options.mergesInBackground = false
        options.logFileBytes = 16 << 10
        options.cacheBytes = 1 << 20
        options.reserveBytes = 0
        return options
    }

    /// Opens the store of a disk; makes it, and its index, where there is none.
    init(
        _ simulation: Simulation, _ journal: Journal, durability: StoreOptions.Durability = .request
    ) throws {
        self.simulation = simulation
        self.journal = SharedJournal(journal)
        var options = Self.options
        options.durability = durability
        store = try StoreEngine.open(simulation.environment, options: options)
        let index =
            try store.indices.first
            ?? store.createIndex(
                "readings", mapping: ["station": .keyword, "celsius": .double, "note": .text])
        shard = index.shards[0]
        simulation.scheduler.runUntilIdle()
    }

    private var now: Int { simulation.disk.operationCount }

    /// Stops all work of the store without a word to the disk, so that nothing of it stays in memory.
    func stop() {
        simulation.disk.crash()
        try? store.close()
    }

    func perform(_ action: Action) throws {
        made += 1
        switch action {
        case .put: try write([(.index, "n\(made)")])
        case .update: try write([(.index, "a")])
        case .delete: try write([(.delete, "b")])
        case .bulk: try write([(.index, "m\(made)"), (.delete, "d"), (.index, "e"), (.index, "a")])
        case .refresh: try shard.refresh()
        case .flush: try shard.flush()
        case .merge: try shard.merge(toAtMost: 1)
        case .settle: try shard.settle()
        case .openPointInTime: openPointInTime("p\(made)", keepAlive: 600_000)
        case .extendPointInTime: extendPointInTime("base", to: 1_200_000 + Int64(made))
        case .closePointInTime: closePointInTime("base")
        case .streamBatch:
            try write(
                [(.index, "s\(made)"), (.index, "c")], pointer: [UInt8](repeating: UInt8(made), count: 9))
        case .reset: try reset(to: [0xEE, UInt8(made)])
        }
        simulation.scheduler.runUntilIdle()
    }

    func write(_ writes: [(kind: Write, id: String)], pointer: [UInt8]? = nil) throws {
        let past = journal.withLock { $0.model }
        var next = past
        var expected: [Int64] = []
        var builder = BatchBuilder(schema: shard.schema)
        for (at, write) in writes.enumerated() {
            let version = (next.versions[write.id] ?? 0) + 1
            let source =
                #"{"station":"st-\#(write.id)","celsius":\#(version).\#(at + 1),"note":"one \#(made) two"}"#
            next.versions[write.id] = version
            expected.append(version)
            let id = Array(write.id.utf8)
            switch write.kind {
            case .index:
                try builder.index(
                    id: id.rawSpan, source: Array(source.utf8).rawSpan, options: OperationOptions(.resolved))
                next.documents[write.id] = Model.Document(sequence: 0, version: version, source: source)
            case .delete:
                try builder.delete(id: id.rawSpan, options: OperationOptions(.resolved))
                next.documents[write.id] = nil
            }
        }
        let checkpoint = pointer.map {
            SourceCheckpoint(source: Self.source, partition: 0, epoch: 0, pointer: $0, timestamp: 0)
        }
        if let pointer { next.pointer = pointer }
        let submitted = now
        var results: [OperationResult] = []
        let ticket = try shard.apply(
            builder.finish(at: 0, checkpoint: checkpoint), checkpoint: checkpoint, into: &results)
        for (at, write) in writes.enumerated() {
            let sequence = results[at].sequence.rawValue
            next.documents[write.id]?.sequence = sequence
            try check(results[at].version, of: write.id, expected: expected[at], &next)
            if let highest = journal.withLock({ $0.highestSequence }), sequence <= highest {
                throw Violation("I7", "number \(sequence) was given after \(highest)")
            }
            journal.withLock { $0.highestSequence = sequence }
        }
        let step = submit(next, submitted)
        guard let ticket else { return }
        shard.whenAcknowledged(ticket) { [simulation, journal] outcome in
            guard case .success = outcome else { return }
            journal.withLock { $0.steps[step].span.acknowledged = simulation.disk.operationCount }
        }
        simulation.scheduler.runUntilIdle()
    }

    /// The version that an operation got, against what the model expects of its id.
    private func check(
        _ version: Int64, of id: String, expected: Int64, _ next: inout Model
    ) throws {
        if version == expected { return }
        guard journal.withLock({ $0.uncertain.contains(id) }) else {
            throw Violation("I5", "\(id) got version \(version)")
        }
        next.versions[id] = version
        if next.documents[id] != nil { next.documents[id]?.version = version }
    }

    private func submit(_ next: Model, _ submitted: Int) -> Int {
        journal.withLock { journal in
            journal.steps.append(Journal.Step(span: Span(submitted: submitted), after: next))
            return journal.steps.count - 1
        }
    }

    func reset(to pointer: [UInt8]) throws {
        var next = journal.withLock { $0.model }
        next.pointer = pointer
        let step = submit(next, now)
        do throws(any Error) {
            try shard.resetSource(
                to: SourceCheckpoint(
                    source: Self.source, partition: 0, epoch: 1, pointer: pointer, timestamp: 0))
        } catch {
            // What failed before it was logged was never a step.
            if shard.checkpoint(source: Self.source, partition: 0)?.pointer != pointer {
                journal.withLock { _ = $0.steps.popLast() }
            }
            throw error
        }
        let acknowledged = now
        journal.withLock { $0.steps[step].span.acknowledged = acknowledged }
    }

    func openPointInTime(_ label: String, keepAlive: Int64) {
        var request = PointInTimeRequest(keepAlive: keepAlive)
        request.label = label
        let span = Span(submitted: now)
        let at = journal.withLock { journal in
            journal.pinned.append(
                Journal.Pinned(
                    label: label, model: journal.model, created: span, keepAlives: [(span, keepAlive)]))
            return journal.pinned.count - 1
        }
        store.openPointInTime([shard], request) { [simulation, journal] outcome in
            guard case .success = outcome else { return }
            journal.withLock { journal in
                journal.pinned[at].created.acknowledged = simulation.disk.operationCount
                journal.pinned[at].keepAlives[0].span.acknowledged = simulation.disk.operationCount
            }
        }
        simulation.scheduler.runUntilIdle()
    }

    private func find(_ label: String) -> (summary: PointInTimeSummary, at: Int)? {
        guard let summary = store.listPointsInTime().first(where: { $0.label == label }),
            let at = journal.withLock({ $0.pinned.firstIndex { $0.label == label } })
        else { return nil }
        return (summary, at)
    }

    func extendPointInTime(_ label: String, to keepAlive: Int64) {
        guard let (summary, at) = find(label) else { return }
        let span = Span(submitted: now)
        let entry = journal.withLock { journal in
            journal.pinned[at].keepAlives.append((span, keepAlive))
            return journal.pinned[at].keepAlives.count - 1
        }
        store.setKeepAlive(summary.id, to: keepAlive) { [simulation, journal] outcome in
            guard case .success = outcome else { return }
            let now = simulation.disk.operationCount
            journal.withLock { $0.pinned[at].keepAlives[entry].span.acknowledged = now }
        }
        simulation.scheduler.runUntilIdle()
    }

    func closePointInTime(_ label: String) {
        guard let (summary, at) = find(label) else { return }
        let span = Span(submitted: now)
        journal.withLock { $0.pinned[at].closed = span }
        store.closePointInTime(summary.id) { [simulation, journal] outcome in
            guard case .success = outcome else { return }
            journal.withLock { $0.pinned[at].closed?.acknowledged = simulation.disk.operationCount }
        }
        simulation.scheduler.runUntilIdle()
    }
}

extension Script {
    typealias Prepared = (disk: SimulatedDisk, journal: Journal)

    /// A store with two segments, retired ones that only the point in time "base" reads, and a tail in the log;
    /// its process was killed.
    ///
    /// - Parameter resting: Lets a second pass before the kill, so that the log proves its last record durable.
    static func prepared(closing: Bool = false, resting: Bool = false) throws -> Prepared {
        let simulation = Simulation(seed: 1)
        let script = try Script(simulation, Journal(base: Model()))
        let all = ["a", "b", "c", "d", "e", "f"].map { (kind: Write.index, id: $0) }
        try script.write(all, pointer: [1, 2, 3])
        try script.perform(.flush)
        script.openPointInTime("base", keepAlive: 900_000)
        for _ in 0..<2 {
            try script.write(all, pointer: [1, 2, 4])
            try script.perform(.flush)
        }
        try script.perform(.merge)
        try script.write([(.index, "g"), (.delete, "f"), (.index, "h")])
        try script.perform(.flush)
        try script.write([(.index, "a"), (.index, "i"), (.delete, "h")])
        if resting { simulation.scheduler.advance(byMilliseconds: 1000) }
        if closing { try script.store.close() }
        let disk = simulation.disk.copy()
        let journal = script.journal.withLock { $0.settled() }
        if !closing { script.stop() }
        return (disk, journal)
    }
}

/// The journal as callbacks reach it.
final class SharedJournal: Sendable {
    private let journal: Locked<Journal>

    init(_ journal: Journal) { self.journal = Locked(journal) }

    func withLock<Answer: Sendable>(_ body: (inout Journal) -> Answer) -> Answer {
        journal.withLock { journal in
            var copy = journal
            let answer = body(&copy)
            journal = copy
            return answer
        }
    }
}

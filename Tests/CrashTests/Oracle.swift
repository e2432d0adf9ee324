import VarveBytes
import VarveEngine
import VarveFiles
import VarveManifest
import VarveSimulation

/// Opens the store of a disk that outlived its process and holds it against the journal.
struct Oracle {
    let journal: Journal
    /// Operations after which the disk stopped; `.max` when it did not.
    let point: Int
    /// The state that the store turned out to be in.
    private(set) var recovered = Model()
    /// Whether no other step has left the same documents; versions of deleted ids are known only then.
    private(set) var isUnique = false

    init(_ journal: Journal, at point: Int) {
        self.journal = journal
        self.point = point
    }

    /// All that one disk can show. The disk is used up.
    mutating func check(_ disk: SimulatedDisk, in world: Simulation, writes: Bool = false) throws {
        disk.keepHistory(false)
        let first = try open(disk, in: world)
        defer { first.stop() }
        try examine(first)
        let once = recovered
        try Self.checkFiles(disk, first.shard)
        // Killed right after it was opened: the same again.
        let second = try open(disk.copy(), in: world)
        defer { second.stop() }
        try examine(second)
        guard recovered == once else { throw Violation("I9", "the second recovery differs from the first") }
        try Self.checkFiles(second.simulation.disk, second.shard)
        if writes && isUnique { try goOn(second) }
    }

    private func open(_ disk: SimulatedDisk, in world: Simulation) throws -> Script {
        do { return try Script(world.restarted(on: disk), journal) } catch let violation as Violation {
            throw violation
        } catch { throw Violation("I8", "the store does not open: \(error)") }
    }

    /// Documents, stream pointer and points in time.
    mutating func examine(_ script: Script) throws {
        do {
            let candidates = journal.candidates(at: point)
            let found = try contents(script)
            let matches = candidates.filter { Self.same($0.after, found) }
            guard let match = matches.last else { throw explain(found, candidates) }
            recovered = match.after
            isUnique = matches.count == 1
            try examinePins(script)
        } catch let violation as Violation {
            throw violation
        } catch { throw Violation("I12", "reading fails: \(error)") }
    }

    private static func same(_ model: Model, _ found: Model) -> Bool {
        model.documents == found.documents && model.pointer == found.pointer
    }

    private func explain(_ found: Model, _ candidates: ArraySlice<Journal.Step>) -> Violation {
        if let older = journal.steps[..<candidates.startIndex].last(where: { Self.same($0.after, found) }) {
            return Violation("I1", "only what was asked for at \(older.span.submitted) is there")
        }
        if candidates.contains(where: { $0.after.documents == found.documents }) {
            return Violation("I4", "pointer \(found.pointer ?? []) is not that of the last batch")
        }
        return Violation(
            "I2", "no prefix: \(found.documents) instead of \(candidates.map(\.after.documents))")
    }

    private var ids: Set<String> { Set(journal.steps.flatMap(\.after.versions.keys)) }

    /// What gets and the newest snapshot show; the two have to agree.
    private func contents(_ script: Script) throws -> Model {
        let lease = script.shard.lease()
        let snapshot = try lease.snapshot()
        var found = try contents(of: snapshot, script)
        for id in ids {
            let document = try script.shard.get(id: Array(id.utf8).rawSpan).map(Self.document)
            guard document == found.documents[id] else {
                throw Violation("I12", "a get and a snapshot differ about \(id)")
            }
        }
        found.pointer = script.shard.checkpoint(source: Script.source, partition: 0)?.pointer
        return found
    }

    private func contents(of snapshot: ShardSnapshot, _ script: Script) throws -> Model {
        var found = Model()
        for id in ids {
            found.documents[id] = try script.shard.get(id: Array(id.utf8).rawSpan, in: snapshot)
                .map(Self.document)
        }
        guard snapshot.liveCount == found.documents.count else {
            throw Violation("I5", "\(snapshot.liveCount) live rows, \(found.documents.count) known ids")
        }
        return found
    }

    private static func document(_ found: FoundDocument) -> Model.Document {
        Model.Document(
            sequence: found.sequence.rawValue, version: found.version,
            source: String(decoding: found.source, as: UTF8.self))
    }

    private func examinePins(_ script: Script) throws {
        let open = script.store.listPointsInTime()
        for pin in journal.pinned {
            let isClosing = pin.closed?.may(at: point) ?? false
            guard let summary = open.first(where: { $0.label == pin.label }) else {
                if pin.created.must(at: point) && !isClosing {
                    throw Violation("I6", "point in time \(pin.label) is gone")
                }
                continue
            }
            if pin.closed?.must(at: point) ?? false {
                throw Violation("I5", "point in time \(pin.label) is back")
            }
            if !pin.created.may(at: point) { throw Violation("I6", "\(pin.label) comes from nowhere") }
            let least = pin.keepAlives.lastIndex { $0.span.must(at: point) } ?? 0
            guard pin.keepAlives[least...].contains(where: { $0.value == summary.keepAlive }) else {
                throw Violation("I6", "\(pin.label) has a keep-alive of \(summary.keepAlive)")
            }
            try examine(pin, summary, script)
        }
        for summary in open where !journal.pinned.contains(where: { $0.label == summary.label }) {
            throw Violation("I5", "unknown point in time \(summary.label)")
        }
    }

    private func examine(_ pin: Journal.Pinned, _ summary: PointInTimeSummary, _ script: Script) throws {
        let use: PointInTimeUse
        do { use = try script.store.beginUse(summary.id, keepAlive: nil) } catch {
            throw Violation("I6", "\(pin.label) cannot be used: \(error)")
        }
        defer { script.store.endUse(summary.id) }
        let found = try contents(of: use.snapshots[0].snapshot, script)
        guard found.documents == pin.model.documents else {
            throw Violation("I6", "\(pin.label) shows \(found.documents), not \(pin.model.documents)")
        }
    }

    /// The recovered store takes work, numbers it above all that was ever seen, and flushes it.
    private func goOn(_ script: Script) throws {
        do {
            let base = recovered
            script.journal.withLock { journal in
                let highest = journal.highestSequence
                journal = Journal(base: base)
                journal.highestSequence = highest
            }
            for action in [Action.put, .delete, .streamBatch, .flush, .merge] { try script.perform(action) }
            let journal = script.journal.withLock { $0 }
            let found = try Oracle(journal, at: .max).contents(script)
            guard Self.same(journal.model, found) else {
                throw Violation("I9", "work after the recovery is lost")
            }
        } catch let violation as Violation { throw violation } catch {
            throw Violation("I9", "the recovered store takes no work: \(error)")
        }
    }
}

extension Oracle {
    /// Both kept manifests name files that are there, no death above the flushed number, and nothing else lies
    /// about; and looking changes no byte.
    private static func checkFiles(_ disk: SimulatedDisk, _ shard: Shard) throws {
        let before = disk.operationCount
        let environment = Simulation(seed: 1).restarted(on: disk).environment
        let manifests = ManifestStore(shard.layout, shard: shard.uuid, environment: environment)
        var kept: [Manifest] = []
        do {
            let generations = try manifests.generations()
            guard generations.count <= 2 else { throw Violation("I10", "manifests \(generations)") }
            for generation in generations { kept.append(try manifests.read(generation)) }
        } catch let violation as Violation { throw violation } catch {
            throw Violation("I8", "a kept manifest: \(error)")
        }
        var named = try kept.reduce(into: Set<StorePath>()) { try collect($1, shard, &$0) }
        let lowestLog = kept.map(\.lowestWAL).min() ?? 0
        let paths = disk.paths
        for path in paths where path.parent == shard.layout.directory {
            switch FileName(parsing: path.name) {
            case .segment, .deaths:
                if named.remove(path) == nil { throw Violation("I10", "\(path) is referenced by none") }
            case .wal(let id): if id < lowestLog { throw Violation("I10", "\(path) is not needed") }
            case .manifest: break
            default: throw Violation("I10", "\(path) is not understood")
            }
        }
        if let missing = named.first { throw Violation("I8", "\(missing) is missing") }
        for path in paths where path.parent == StoreLayout.temporary {
            throw Violation("I10", "\(path) was left")
        }
        guard disk.operationCount == before else { throw Violation("I11", "looking changed the disk") }
    }

    private static func collect(
        _ manifest: Manifest, _ shard: Shard, _ named: inout Set<StorePath>
    ) throws {
        for entry in manifest.segments + manifest.retired {
            named.insert(shard.layout.segment(entry.id))
            for piece in entry.deaths {
                named.insert(shard.layout.deaths(piece.file))
                guard let flushed = manifest.flushed, piece.highestDeath <= flushed else {
                    throw Violation("I8", "a death above the flushed number")
                }
            }
        }
    }
}

import VarveBytes
import VarveDocument
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// Making shards, and bringing them back after whatever ended the last process.
struct ShardOpening {
    let services: ShardServices

    init(_ services: ShardServices) { self.services = services }

    private var environment: Environment { services.environment }

    // MARK: Making

    /// Makes the directories, logs and first manifests of an index, all durable. Nothing names them yet.
    func create(_ entry: IndexEntry, schema: Schema) throws(EngineError) -> [Shard] {
        let root = StoreLayout.index(entry.uuid)
        do throws(FileError) {
            try environment.files.createDirectory(root)
            for number in entry.shards.indices {
                try environment.files.createDirectory(StoreLayout.shard(number, of: entry.uuid).directory)
            }
            try environment.files.syncDirectory(root)
            try environment.files.syncDirectory(StoreLayout.indices)
        } catch { throw .storage(.file(error)) }
        var shards: [Shard] = []
        for number in entry.shards.indices { shards.append(try create(entry, number, schema)) }
        return shards
    }

    private func create(_ entry: IndexEntry, _ number: Int, _ schema: Schema) throws(EngineError) -> Shard {
        let layout = StoreLayout.shard(number, of: entry.uuid)
        let uuid = entry.shards[number]
        let log: LogWriter?
        do throws(StorageError) {
            log =
                services.options.hasLog
                ? try LogWriter.create(
                    in: layout.directory, owner: uuid, epoch: 1, environment: environment,
                    options: services.options.log) : nil
        } catch { throw .storage(error) }
        var manifest = Manifest(
            writerEpoch: 1, schema: schema.encodedBytes, committedAt: environment.clock.wallMilliseconds)
        manifest.lowestWAL = log?.lowestFileNeeded(after: nil) ?? 0
        let manifests = ManifestStore(layout, shard: uuid, environment: environment)
        do throws(PublishFailure) { try manifests.publish(manifest) } catch { throw EngineError(error) }
        let commits = CommitState(manifest: manifest, previous: nil, nextFileID: 1)
        return Shard(
            index: entry.uuid, number: number, uuid: uuid, layout: layout, schema: schema, services: services,
            log: log, manifests: manifests,
            sequencer: Sequencer(
                active: Memtable(schema: schema.snapshot.fields, hashSeed: environment.random.next()),
                next: 0,
                checkpoints: [], loggedFields: schema.snapshot.fields.count, loggedSchema: schema.generation),
            publication: Publication(
                state: ShardState(views: [], retired: [], visible: nil), checkpoints: []),
            commits: commits)
    }

    // MARK: Opening

    func open(
        _ entry: IndexEntry, pins: [UUID128: [SequenceNumber]], _ report: inout OpeningReport
    ) throws(EngineError) -> IndexEngine {
        let schema: Schema
        let mappingBytes = entry.mapping
        do throws(DocumentError) { schema = try Schema(try Mapping(json: mappingBytes.rawSpan)) } catch {
            throw .document(error)
        }
        var shards: [Shard] = []
        for number in entry.shards.indices {
            shards.append(
                try open(entry, number, schema, pins: pins[entry.shards[number]] ?? [], &report))
        }
        return IndexEngine(entry: entry, schema: schema, shards: shards)
    }

    private func open(
        _ entry: IndexEntry, _ number: Int, _ schema: Schema, pins: [SequenceNumber],
        _ report: inout OpeningReport
    ) throws(EngineError) -> Shard {
        let layout = StoreLayout.shard(number, of: entry.uuid)
        let uuid = entry.shards[number]
        let manifests = ManifestStore(layout, shard: uuid, environment: environment)
        let loaded = try load(manifests, layout, &report)
        let old = loaded.manifest
        let schemaBytes = old.schema
        do throws(FormatError) { try schema.apply(schemaBytes.rawSpan) } catch {
            throw .storage(.damaged(Damage(layout.manifest(old.generation), error)))
        }
        let (current, retired) = try openSegments(old, layout, uuid)
        var pinSet = PinSet()
        for pin in pins { pinSet.insert(pin) }
        var replay = Replay(
            memtable: Memtable(schema: schema.snapshot.fields, hashSeed: environment.random.next()),
            schema: schema,
            flushed: old.flushed, checkpoints: old.checkpoints, letters: try openLetters(old, layout, uuid))
        let log = try openLog(layout, uuid, old, &replay, &report)
        // The next generation goes above every number that was ever in the directory, sound or not.
        var manifest = loaded.successor(committedAt: environment.clock.wallMilliseconds)
        manifest.writerEpoch = old.writerEpoch + 1
        manifest.nextFileID = old.nextFileID + Manifest.fileIDReserve
        manifest.retired.removeAll { !pinSet.holds(from: $0.from, to: $0.to) }
        if log.isNew, let writer = log.writer { manifest.lowestWAL = writer.lowestFileNeeded(after: nil) }
        do throws(PublishFailure) { try manifests.publish(manifest) } catch { throw EngineError(error) }
        let kept = manifest.retired.map(\.id)
        let visible = old.flushed
        let state = ShardState(
            views: current, retired: retired.filter { view in kept.contains(view.segment?.id ?? 0) },
            visible: visible)
        var publication = Publication(state: state, checkpoints: old.checkpoints)
        publication.pins = pinSet
        var sequencer = Sequencer(
            active: replay.takeMemtable(), next: replay.next(after: log.report),
            checkpoints: replay.checkpoints,
            loggedFields: schema.snapshot.fields.count, loggedSchema: schema.generation)
        sequencer.letters = replay.letters
        let shard = Shard(
            index: entry.uuid, number: number, uuid: uuid, layout: layout, schema: schema, services: services,
            log: log.writer, manifests: manifests,
            sequencer: sequencer,
            publication: publication,
            commits: CommitState(manifest: manifest, previous: old, nextFileID: old.nextFileID))
        let isFull = shard.sequencer.withLock { shard.count(&$0) }
        // What the log held becomes visible again: every S that a pin names is at or below the last number.
        try shard.refresh()
        if isFull { shard.requestFlush() }
        try changeDurability(of: shard, log)
        shard.removeUnnamedFiles(&report)
        report.replayedOperations += replay.operations
        return shard
    }

    private func load(
        _ manifests: ManifestStore, _ layout: ShardLayout, _ report: inout OpeningReport
    ) throws(EngineError) -> LoadedManifest {
        do throws(StorageError) {
            guard let loaded = try manifests.load() else {
                throw StorageError.damaged(
                    Damage(layout.directory, at: 0, "the catalog names this shard, but it has no manifest"))
            }
            report.damage += loaded.damage
            return loaded
        } catch { throw .storage(error) }
    }

    private func openLetters(
        _ manifest: Manifest, _ layout: ShardLayout, _ uuid: UUID128
    ) throws(EngineError) -> LetterStore {
        guard let entry = manifest.letters else { return LetterStore() }
        do throws(StorageError) {
            return LetterStore(
                try LettersFile.read(entry, in: layout, owner: uuid, files: environment.files))
        } catch { throw .storage(error) }
    }

    private func openSegments(
        _ manifest: Manifest, _ layout: ShardLayout, _ uuid: UUID128
    ) throws(EngineError) -> (current: [ShardView], retired: [ShardView]) {
        do throws(StorageError) {
            var current: [ShardView] = []
            var retired: [ShardView] = []
            for entry in manifest.segments { current.append(try open(entry, layout, uuid)) }
            for entry in manifest.retired { retired.append(try open(entry, layout, uuid)) }
            return (current, retired)
        } catch { throw .storage(error) }
    }

    private func open(
        _ entry: SegmentEntry, _ layout: ShardLayout, _ uuid: UUID128
    ) throws(StorageError) -> ShardView {
        let reader = try SegmentReader.open(
            files: environment.files, path: layout.segment(entry.id), owner: uuid, id: entry.id,
            byteCount: entry.byteCount, rootChecksum: entry.rootChecksum, cache: services.cache)
        var deaths: [RowDeath] = []
        for piece in entry.deaths { deaths += try read(piece, of: entry, layout, uuid) }
        return ShardView(
            view: reader, deaths: DeathSet(deaths), from: entry.from, to: entry.to, segment: entry)
    }

    private func read(
        _ piece: DeathsPiece, of entry: SegmentEntry, _ layout: ShardLayout, _ uuid: UUID128
    ) throws(StorageError) -> [RowDeath] {
        let file: any OpenFile
        do throws(FileError) {
            file = try environment.files.openFile(layout.deaths(piece.file), writable: false)
        } catch { throw .file(error) }
        return try DeathsFile.read(
            DeathsFile.Piece(
                segment: entry.id, offset: piece.offset, byteCount: piece.byteCount, count: piece.count,
                highestDeath: piece.highestDeath, checksum: piece.checksum),
            of: file, owner: uuid, fileID: piece.file, rowCount: entry.rows)
    }

    // MARK: The log
}

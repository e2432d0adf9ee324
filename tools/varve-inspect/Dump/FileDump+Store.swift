import VarveBytes
import VarveDocument
import VarveFiles
import VarveLog
import VarveManifest

/// The files that describe a store: identity, catalog, registry, manifests.
extension FileDump {
    func dumpIdentity() throws {
        let found = try decode { bytes throws(FormatError) in try StoreIdentity.decode(bytes) }
        try row("store \(found.identity.store)", "made \(Wording.time(found.identity.createdAt))")
        if let damage = found.damage { try pass(Damage(path, damage)) }
    }

    func dumpCatalog(_ header: FileHeader) throws {
        let catalog = try decode { bytes throws(FormatError) in
            try Catalog(decoding: bytes, store: header.owner, generation: header.fileID)
        }
        try row(
            "generation \(catalog.generation) after \(catalog.previousGeneration)",
            "committed \(Wording.time(catalog.committedAt))")
        for setting in catalog.settings { try line("setting \(setting.key) = \(setting.value)") }
        for index in catalog.indices {
            try row(
                "index \(index.name)", "\(index.uuid)", "\(index.state)",
                "made \(Wording.time(index.createdAt))")
            for (number, shard) in index.shards.enumerated() {
                try row("shard \(number)", "\(shard)", depth: 2)
            }
            for setting in index.settings { try line("setting \(setting.key) = \(setting.value)", depth: 2) }
            try line("mapping \(String(decoding: index.mapping, as: UTF8.self))", depth: 2)
        }
        for alias in catalog.aliases { try row("alias \(alias.name)", "\(alias.content.count) bytes") }
    }

    func dumpManifest(_ header: FileHeader) throws {
        let manifest = try decode { bytes throws(FormatError) in
            try Manifest(decoding: bytes, shard: header.owner, generation: header.fileID)
        }
        try row(
            "generation \(Wording.id(manifest.generation)) after \(Wording.id(manifest.previousGeneration))",
            "writer epoch \(manifest.writerEpoch)", "committed \(Wording.time(manifest.committedAt))")
        try row(
            "flushed through \(manifest.flushed.map { Wording.grouped($0) } ?? "nothing")",
            "lowest wal \(Wording.id(manifest.lowestWAL))", "next file id \(Wording.id(manifest.nextFileID))",
            "history from \(Wording.grouped(manifest.historyFloor))")
        for entry in manifest.segments + manifest.retired { try dump(entry) }
        for checkpoint in manifest.checkpoints { try line(Self.text(checkpoint)) }
        try row("time map", "\(manifest.timeMap.count) samples")
        var fields: [String] = []
        do throws(FormatError) { fields = try Self.fieldLines(of: manifest.schema.rawSpan) } catch {
            try pass(Damage(path, at: 0, "the schema: \(error.rule)"))
        }
        for field in fields { try line(field) }
    }

    private func dump(_ entry: SegmentEntry) throws {
        let end = entry.isRetired ? Wording.grouped(entry.to) : "on"
        try row(
            "segment \(Wording.id(entry.id))", "level \(entry.level)",
            "\(Wording.grouped(entry.rows)) rows, \(Wording.grouped(entry.tombstones)) tombstones, \(Wording.grouped(entry.dead)) dead",
            "births \(Wording.range(entry.lowestBirth...entry.highestBirth))",
            "valid \(Wording.grouped(entry.from)) to \(end)", "\(Wording.grouped(entry.byteCount)) bytes",
            "root \(entry.rootChecksum.hex16)")
        for piece in entry.deaths {
            try row(
                "deaths in dels-\(Wording.id(piece.file)) at byte \(Wording.grouped(piece.offset))",
                "\(piece.count) rows, up to \(Wording.grouped(piece.highestDeath))", depth: 2)
        }
    }

    /// The fields that a schema, or a part of one, adds.
    static func fieldLines(of schemaBytes: RawSpan) throws(FormatError) -> [String] {
        let schema = Schema()
        try schema.apply(schemaBytes)
        return schema.snapshot.fields.map { "field \($0.path)   \($0.typeName)" }
    }

    func dumpRegistry(_ header: FileHeader) throws {
        let file: any OpenFile
        do throws(FileError) { file = try files.openFile(path, writable: false) } catch {
            throw StorageError.file(error)
        }
        var scanner = try RecordScanner(file, seed: header.seed, from: UInt64(header.length))
        while let frame = try scanner.next() {
            try row(
                "record at byte \(Wording.grouped(scanner.place.lowerBound))",
                "\(frame.type == 1 ? "base" : "changes")", "durable to \(Wording.grouped(frame.durableEnd))")
            let payload = scanner.copyPayload()
            try dumpChanges(payload, at: scanner.place.lowerBound, of: header.owner)
        }
        if let problem = scanner.problem { try pass(Damage(path, from: scanner.offset, problem)) }
    }

    private func dumpChanges(_ payload: SharedBytes?, at offset: UInt64, of store: UUID128) throws {
        guard let payload else { return }
        var changes: [PITChange] = []
        do throws(FormatError) {
            var reader = PITPayloadReader(payload.bytes)
            while let change = try reader.next() { changes.append(change) }
        } catch { try pass(Damage(path, from: offset + UInt64(RecordFrame.headerBytes), error)) }
        for change in changes { try line(Self.text(change, of: store), depth: 2) }
    }

    private static func text(_ change: PITChange, of store: UUID128) -> String {
        let pit = { (id: UUID128) in "pit \(PointInTimeID(random: id, store: store))" }
        switch change {
        case .create(let record):
            let pins = record.pins.map { "\($0.sequenceNumber.map { Wording.grouped($0) } ?? "-")" }
            return
                "create \(pit(record.id))   label \(record.label)   keep-alive \(record.keepAlive) ms   S \(pins.joined(separator: " "))"
        case .touch(let id, let keepAlive, let lastAccess):
            return "touch \(pit(id))   keep-alive \(keepAlive) ms   at \(Wording.time(lastAccess))"
        case .delete(let id): return "delete \(pit(id))"
        case .heartbeat(let time): return "heartbeat \(Wording.time(time))"
        }
    }

    static func text(_ checkpoint: SourceCheckpoint) -> String {
        let pointer = checkpoint.pointer.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return
            "source \(checkpoint.source)/\(checkpoint.partition)   epoch \(checkpoint.epoch)   pointer \(pointer)"
    }
}

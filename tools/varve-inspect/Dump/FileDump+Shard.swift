import VarveBytes
import VarveDocument
import VarveFiles
import VarveLog
import VarveManifest
import VarveSegment

/// The files that hold documents: logs, segments, deaths.
extension FileDump {
    func dumpLog() throws {
        let summary = try LogFileReader.read(path, in: files) { entry in
            switch entry {
            case .unreadable(let range, let rule):
                try self.line(
                    "unreadable bytes \(Wording.grouped(range.lowerBound)) to \(Wording.grouped(range.upperBound)): \(rule)"
                )
            case .record(let record): try self.dump(record)
            }
        }
        switch summary.verdict {
        case .clean(let end): try line("clean end at byte \(Wording.grouped(end))")
        case .torn(let end, let dropped):
            try line(
                "torn at byte \(Wording.grouped(end)): \(Wording.grouped(dropped)) bytes, never acknowledged")
        case .corrupt(let range):
            try pass(
                Damage(
                    path, at: range.lowerBound,
                    "acknowledged bytes up to \(Wording.grouped(range.upperBound)) are damaged"))
        }
    }

    private func dump(_ record: ScannedRecord) throws {
        let numbers = record.numbers.map { "   " + Wording.range($0) } ?? ""
        let verdict =
            switch record.verdict {
            case .ok: "ok"
            case .afterDamage: "ok, behind damage"
            case .damaged(let rule): rule
            }
        try row(
            "\(LogListing.name(record)) at byte \(Wording.grouped(record.offset))\(numbers)",
            "durable to \(Wording.grouped(record.frame.durableEnd))", "\(verdict)")
        guard let payload = record.payload else { return }
        var lines: [String] = []
        do throws(FormatError) { lines = try Self.lines(of: record, payload) } catch {
            try pass(Damage(path, from: record.offset + UInt64(RecordFrame.headerBytes), error))
        }
        for text in lines { try line(text, depth: 2) }
    }

    private static func lines(
        of record: ScannedRecord, _ payload: SharedBytes
    ) throws(FormatError) -> [String] {
        switch record.type {
        case .batch, .checkpoint, .sourceReset:
            return lines(
                of: try BatchListing(decoding: payload.bytes), payload, first: record.frame.first)
        case .link:
            let link = try LinkRecord(decoding: payload.bytes)
            let end =
                "after wal \(Wording.id(link.predecessor)), which ends at byte \(Wording.grouped(link.end))"
            return [end + "   writer epoch \(link.epoch)"]
        case .seal:
            let seal = try SealRecord(decoding: payload.bytes)
            return [
                "\(Wording.grouped(seal.operations)) operations   \(seal.endsLog ? "closed" : "continued")"
            ]
        case .gap:
            let gap = try GapRecord(decoding: payload.bytes)
            return [
                "no operation has a number from \(Wording.grouped(record.frame.first)) to below \(Wording.grouped(gap.end))"
            ]
        case .schema: return try fieldLines(of: payload.bytes)
        case .watermark, nil: return []
        }
    }

    private static func lines(of listing: BatchListing, _ payload: SharedBytes, first: UInt64) -> [String] {
        var lines: [String] = []
        for (at, operation) in listing.operations.enumerated() {
            let id = payload.bytes.slice(Int(operation.idOffset), Int(operation.idCount)).copyBytes()
            let number = first.addingReportingOverflow(UInt64(at)).partialValue
            lines.append(
                [
                    Wording.grouped(number), "\(operation.kind)", String(decoding: id, as: UTF8.self),
                    "\(Wording.grouped(Int(operation.sourceCount))) bytes",
                ].joined(separator: "   "))
        }
        if let checkpoint = listing.checkpoint { lines.append(text(checkpoint)) }
        return lines
    }

    func dumpSegment() throws {
        let reader = try SegmentReader.open(files: files, path: path)
        let statistics = reader.statistics
        try row(
            "\(Wording.grouped(reader.rowCount)) rows",
            "\(Wording.grouped(reader.tombstoneCount)) tombstones", "births \(Wording.range(reader.births))")
        for section in statistics.sections {
            let kind = section.kind.map { "\($0)" } ?? "unknown"
            let field = section.field.map { " of \($0)" } ?? ""
            try row(
                "section \(kind)\(field) at byte \(Wording.grouped(section.offset))",
                "\(Wording.grouped(section.byteCount)) bytes", "\(Wording.grouped(section.items)) items")
        }
        for field in reader.fields {
            try row(
                "field \(field.definition.path)", "\(field.definition.typeName)",
                "\(Wording.grouped(field.rowsWithValue)) rows", "\(Wording.grouped(field.termCount)) terms")
        }
        for row in 0..<reader.rowCount {
            do { try line(try Self.row(row, of: reader)) } catch StorageError.damaged(let damage) {
                try pass(damage)
            }
        }
    }

    private static func row(_ row: Int, of reader: SegmentReader) throws(StorageError) -> String {
        var births: [UInt64] = []
        var versions: [Int64] = []
        var id = ByteBuffer()
        var source = ""
        try reader.readBirths(row..<(row + 1), into: &births)
        try reader.readVersions(row..<(row + 1), into: &versions)
        try reader.appendID(ofRow: row, to: &id)
        try reader.readSources([UInt32(row)]) { source = String(decoding: $1.copyBytes(), as: UTF8.self) }
        let isTombstone = reader.tombstones?[row] == true
        let name = String(decoding: id.bytes.copyBytes(), as: UTF8.self)
        return
            "row \(row)   S \(Wording.grouped(births[0]))   version \(versions[0])   \(name)   \(isTombstone ? "tombstone" : source)"
    }

    func dumpDeaths(_ header: FileHeader) throws {
        let file: any OpenFile
        do throws(FileError) { file = try files.openFile(path, writable: false) } catch {
            throw StorageError.file(error)
        }
        for piece in try DeathsFile.pieces(of: file, owner: header.owner, fileID: header.fileID) {
            try row(
                "segment \(Wording.id(piece.segment)) at byte \(Wording.grouped(piece.offset))",
                "\(Wording.grouped(piece.count)) rows, up to \(Wording.grouped(piece.highestDeath))")
            do {
                let deaths = try DeathsFile.read(
                    piece, of: file, owner: header.owner, fileID: header.fileID, rowCount: Int(Int32.max))
                for death in deaths {
                    try line("row \(death.row) died at \(Wording.grouped(death.death))", depth: 2)
                }
            } catch StorageError.damaged(let damage) { try pass(damage) }
        }
    }

    func dumpLetters(_ header: FileHeader) throws {
        let bytes = try readWhole()
        let file: LettersFile
        do throws(FormatError) {
            file = try LettersFile(decoding: bytes.bytes, owner: header.owner, fileID: header.fileID)
        } catch { return try pass(Damage(path, error)) }
        try row(
            "\(Wording.grouped(file.letters.count)) dead letters",
            "\(Wording.grouped(file.evicted)) made room")
        for stored in file.letters {
            do throws(FormatError) {
                let letter = try DeadLetter(decoding: stored.body.rawSpan)
                try? row(
                    Wording.grouped(stored.number), letter.place, letter.errorType, letter.reason,
                    "\(Wording.grouped(letter.payload.count)) bytes")
            } catch { try pass(Damage(path, error)) }
        }
    }
}

import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSimulation

@testable import VarveSegment

/// What every call answers about a segment, a number a call; nil where it ends in damage.
struct SegmentAnswers {
    var answers: [UInt64?] = []

    init(_ open: () throws(StorageError) -> SegmentReader) throws {
        let reader: SegmentReader
        do {
            reader = try open()
        } catch {
            guard case .damaged = error else { throw error }
            return
        }
        try add { hash in hash.append(UInt64(reader.rowCount), UInt64(reader.tombstones?.count ?? 0)) }
        try addRows(reader)
        for field in reader.fields.indices { try addField(reader, field) }
    }

    private mutating func add(_ body: (inout AnswerHash) throws -> Void) throws {
        var hash = AnswerHash()
        do {
            try body(&hash)
            answers.append(hash.value)
        } catch {
            guard let error = error as? StorageError, case .damaged = error else { throw error }
            answers.append(nil)
        }
    }

    private mutating func addRows(_ reader: SegmentReader) throws {
        let rows = 0..<reader.rowCount
        var births: [UInt64] = []
        var versions: [Int64] = []
        try add { hash in
            try reader.readBirths(rows, into: &births)
            births.forEach { hash.append($0) }
        }
        try add { hash in
            try reader.readVersions(rows, into: &versions)
            versions.forEach { hash.append(UInt64(bitPattern: $0)) }
        }
        try add { hash in
            try reader.readSources(rows.map { UInt32($0) }) { hash.append($1) }
        }
        try add { hash in
            var ids = SortedIDs()
            try reader.readSortedIDs(rows, into: &ids)
            hash.append(ids.bytes.bytes)
            (ids.rows + ids.offsets).forEach { hash.append(UInt64($0)) }
        }
        for row in rows {
            try add { hash in
                var id = ByteBuffer()
                try reader.appendID(ofRow: row, to: &id)
                var found: [UInt32] = []
                // Damage of the filter makes it say yes, never no.
                if !reader.mayHold(idHash: hashOfID(id.bytes)) { hash.append(7) }
                try reader.findRows(id: id.bytes, into: &found)
                found.forEach { hash.append(UInt64($0)) }
                hash.append(id.bytes)
            }
        }
    }

    private mutating func addField(_ reader: SegmentReader, _ field: Int) throws {
        let known = reader.fields[field]
        try add { hash in
            hash.append(UInt64(known.definition.path.utf8.count), UInt64(known.termCount))
            hash.append(UInt64(bitPattern: known.minimum), UInt64(bitPattern: known.maximum))
        }
        let zone = reader.zone(field, block: 0)
        try add { hash in hash.append(UInt64(bitPattern: zone.minimum), UInt64(bitPattern: zone.maximum)) }
        try add { hash in
            var block = ColumnBlock()
            try reader.readColumn(field, block: 0, into: &block)
            block.lists.forEach { list in list.forEach { hash.append(UInt64(bitPattern: $0)) } }
        }
        try add { hash in
            var lengths: [UInt32] = []
            try reader.readLengths(0..<reader.rowCount, field: field, into: &lengths)
            lengths.forEach { hash.append(UInt64($0)) }
        }
        for ordinal in 0..<known.termCount {
            try add { hash in
                var term = ByteBuffer()
                var rows: [UInt32] = []
                var frequencies: [UInt32] = []
                try reader.appendTerm(ordinal, field: field, to: &term)
                hash.append(term.bytes)
                if try reader.ordinal(of: term.bytes, field: field) != .found(ordinal) { hash.append(9) }
                hash.append(UInt64(try reader.documentFrequency(ordinal, field: field)))
                var positions: [UInt32] = []
                try reader.readPositions(
                    ordinal, field: field, rows: &rows, frequencies: &frequencies, positions: &positions)
                (rows + frequencies + positions).forEach { hash.append(UInt64($0)) }
            }
        }
    }

    /// Whether each answer is that of the other, or damage.
    func agrees(with right: SegmentAnswers) -> Bool {
        if answers.isEmpty { return true }
        return answers.count == right.answers.count
            && zip(answers, right.answers).allSatisfy { $0 == nil || $0 == $1 }
    }

    var isComplete: Bool { !answers.isEmpty && answers.allSatisfy { $0 != nil } }
}

struct AnswerHash {
    private(set) var value: UInt64 = 17

    mutating func append(_ words: UInt64...) {
        for word in words {
            value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
            value ^= value >> 29
        }
    }

    mutating func append(_ bytes: RawSpan) { append(XXH64.hash(bytes)) }
}

@Suite struct `A damaged segment` {
    /// A small segment with every kind of section.
    static func small() throws -> (SegmentBench, BuiltSegment) {
        let shape = MemtableHistory.Shape(ids: 9, missing: 40, several: 30, deletes: 20, terms: 5)
        var history = MemtableHistory(seed: 4, shape: shape)
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: 14)
        var bench = SegmentBench()
        let options = SegmentBuildOptions(sources: SourceBlockOptions(codec: .rows, level: 6))
        return (bench, try bench.write([MergeInput(view: memtable.freeze())], options: options))
    }

    static func answers(_ bench: SegmentBench, _ built: BuiltSegment) throws -> SegmentAnswers {
        try SegmentAnswers { () throws(StorageError) in
            try SegmentReader.open(
                files: bench.disk, path: SegmentBench.path(built.id), owner: SegmentBench.owner, id: built.id,
                byteCount: built.byteCount, rootChecksum: built.rootChecksum, cache: nil)
        }
    }

    @Test func `answers rightly or not at all, whichever bit is flipped`() throws {
        let (bench, built) = try Self.small()
        let right = try Self.answers(bench, built)
        #expect(right.isComplete)
        let path = SegmentBench.path(built.id)
        var harmless = 0
        for offset in 0..<built.byteCount {
            for bit in 0..<8 {
                bench.disk.flipBit(bit, ofByte: offset, in: path)
                let answers = try Self.answers(bench, built)
                #expect(answers.agrees(with: right), "bit \(bit) of byte \(offset)")
                if answers.isComplete {
                    // Padding between sections, and the filter, which is asked but not believed when it fails.
                    harmless += 1
                    let reader = try SegmentReader.open(files: bench.disk, path: path)
                    #expect(try !reader.verify(full: true).isEmpty, "bit \(bit) of byte \(offset)")
                }
                bench.disk.flipBit(bit, ofByte: offset, in: path)
            }
        }
        #expect(harmless < Int(built.byteCount))
    }

    @Test func `cut at any length is refused`() throws {
        let (bench, built) = try Self.small()
        let path = SegmentBench.path(built.id)
        let bytes = try #require(bench.disk.bytes(of: path))
        for length in 0..<bytes.count {
            bench.disk.replace(path, with: Array(bytes[..<length]))
            #expect(throws: StorageError.self, "known, cut at \(length)") { try bench.open(built) }
            #expect(throws: StorageError.self, "unknown, cut at \(length)") {
                try SegmentReader.open(files: bench.disk, path: path)
            }
        }
    }

    @Test func `of another shard, with another number or root, or of another kind is refused`() throws {
        let (bench, built) = try Self.small()
        let path = SegmentBench.path(built.id)
        func open(owner: UUID128 = SegmentBench.owner, id: UInt64? = nil, root: UInt64? = nil) throws {
            _ = try SegmentReader.open(
                files: bench.disk, path: path, owner: owner, id: id ?? built.id, byteCount: built.byteCount,
                rootChecksum: root ?? built.rootChecksum, cache: nil)
        }
        try open()
        #expect(throws: StorageError.self) { try open(owner: UUID128(high: 1, low: 2)) }
        #expect(throws: StorageError.self) { try open(id: built.id + 1) }
        #expect(throws: StorageError.self) { try open(root: built.rootChecksum ^ 1) }
        var bytes = try #require(bench.disk.bytes(of: path))
        var foreign = ByteBuffer()
        FileHeader(kind: .deaths, owner: SegmentBench.owner, fileID: built.id).encode(into: &foreign)
        bytes.replaceSubrange(0..<64, with: foreign.copied)
        bench.disk.replace(path, with: bytes)
        #expect(throws: StorageError.self) { try open() }
    }

    /// Checksums find accidents, not intent: here every one that covers the byte is made right again.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `forged, checksums and all, never stops the process`(seed: UInt64) throws {
        let (bench, built) = try Self.small()
        let path = SegmentBench.path(built.id)
        let bytes = try #require(bench.disk.bytes(of: path))
        var random = TestRandom(seed: seed)
        for _ in 0..<400 {
            var forged = bytes
            let forger = try SegmentForger(bytes)
            for _ in 0..<(1 + random.below(3)) {
                let section = forger.sections[random.below(forger.sections.count)]
                guard section.length > 0 else { continue }
                let at = Int(section.offset) + random.below(Int(section.length))
                forged[at] =
                    random.chance(50) ? UInt8(random.below(256)) : forged[at] ^ (1 << UInt8(random.below(8)))
            }
            forger.mend(&forged)
            bench.disk.replace(path, with: forged)
            _ = try SegmentAnswers { () throws(StorageError) in
                try SegmentReader.open(files: bench.disk, path: path)
            }
            do {
                let reader = try SegmentReader.open(files: bench.disk, path: path)
                _ = try reader.verify(full: true)
                _ = try SegmentBuilder.build(
                    inputs: [MergeInput(view: reader)], id: 1, owner: SegmentBench.owner, in: SimulatedDisk(),
                    path: SegmentBench.path(1))
            } catch {
                guard case .damaged = error else { throw error }
            }
        }
    }
}

package import VarveBytes

/// The bytes of a manifest; the page is `docs/formats/manifest.md`.
extension Manifest {
    /// The largest file that is written or read.
    package static let fileBytesMax = 128 << 20

    private enum Kind {
        static let state: UInt32 = 1
        static let schema: UInt32 = 2
        static let segments: UInt32 = 3
        static let retired: UInt32 = 4
        static let checkpoints: UInt32 = 5
        static let timeMap: UInt32 = 6
        /// Only where there are dead letters.
        static let letters: UInt32 = 7
    }

    package func encode(shard: UUID128) -> ByteBuffer {
        let header = FileHeader(
            kind: .manifest, owner: shard, fileID: generation, detail: previousGeneration)
        let guess = 512 + schema.count + 72 * (segments.count + retired.count) + 6 * timeMap.count
        var file = SectionWriter(header: header, capacity: guess)
        file.append(Kind.state) { encodeState(into: &$0) }
        file.append(Kind.schema) { $0.append(schema) }
        file.append(Kind.segments) { Self.encode(segments, into: &$0) }
        file.append(Kind.retired) { Self.encode(retired, into: &$0) }
        file.append(Kind.checkpoints) { buffer in
            buffer.appendVarint(UInt64(checkpoints.count))
            for checkpoint in checkpoints { checkpoint.encode(into: &buffer) }
        }
        file.append(Kind.timeMap) { timeMap.encode(into: &$0) }
        if let letters {
            file.append(Kind.letters) { buffer in
                buffer.appendVarint(letters.file)
                buffer.appendVarint(letters.byteCount)
            }
        }
        for section in unknown { file.append(section.kind) { $0.append(section.bytes) } }
        return file.finish()
    }

    /// Reads the file of one generation of one shard. Everything is checked, the invariants included.
    package init(decoding bytes: RawSpan, shard: UUID128, generation: UInt64) throws(FormatError) {
        var file = try SectionReader(bytes, kind: .manifest, owner: shard, fileID: generation)
        self.init(writerEpoch: 0, committedAt: 0)
        self.generation = generation
        previousGeneration = file.header.detail
        var found: UInt32 = 0
        while let section = try file.next() {
            if section.kind < 32 { found |= 1 &<< section.kind }
            try decode(section, of: file)
        }
        guard found & 0b111_1111 == 0b111_1110 else {
            throw FormatError("a section is missing", offset: bytes.byteCount)
        }
        if let rule = brokenRule { throw FormatError(rule, offset: file.header.length) }
    }

    private mutating func decode(_ section: Section, of file: borrowing SectionReader) throws(FormatError) {
        switch section.kind {
        case Kind.state:
            try file.read(section) { reader throws(FormatError) in try decodeState(from: &reader) }
        case Kind.schema:
            guard section.count <= Self.schemaBytesMax else {
                throw FormatError("a schema of \(section.count) bytes", offset: section.start)
            }
            schema = file.bytes.slice(section.start, section.count).copyBytes()
        case Kind.segments:
            try file.read(section) { reader throws(FormatError) in
                segments = try Self.decodeSegments(from: &reader)
            }
        case Kind.retired:
            try file.read(section) { reader throws(FormatError) in
                retired = try Self.decodeSegments(from: &reader)
            }
        case Kind.checkpoints:
            try file.read(section) { reader throws(FormatError) in try decodeCheckpoints(from: &reader) }
        case Kind.timeMap:
            try file.read(section) { reader throws(FormatError) in
                timeMap = try TimeMap(decoding: &reader)
            }
        case Kind.letters:
            try file.read(section) { reader throws(FormatError) in
                letters = LettersEntry(file: try reader.readVarint(), byteCount: try reader.readVarint())
            }
        default:
            unknown.append(try UnknownSection(section, of: file))
        }
    }

    private func encodeState(into buffer: inout ByteBuffer) {
        buffer.appendVarint(writerEpoch)
        buffer.appendOptional(flushed)
        buffer.appendVarint(lowestWAL)
        buffer.appendVarint(nextFileID)
        buffer.appendVarint(historyFloor.rawValue)
        buffer.appendZigzag(committedAt)
    }

    private mutating func decodeState(from reader: inout ByteReader) throws(FormatError) {
        writerEpoch = try reader.readVarint()
        flushed = try reader.readOptionalNumber()
        lowestWAL = try reader.readVarint()
        nextFileID = try reader.readVarint()
        historyFloor = SequenceNumber(try reader.readVarint())
        committedAt = try reader.readZigzag()
    }

    private mutating func decodeCheckpoints(from reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: Self.checkpointsMax, of: "a checkpoint count")
        var last: SourceCheckpoint?
        for _ in 0..<count {
            let at = reader.offset
            let checkpoint = try SourceCheckpoint(decoding: &reader)
            if let last, !checkpoint.place(follows: last) {
                throw FormatError("source checkpoints out of order", offset: at)
            }
            last = checkpoint
            advance(to: checkpoint)
        }
    }
}

extension UnknownSection {
    /// Keeps a section that may be carried along; any other unknown kind means a later release.
    init(_ section: Section, of file: borrowing SectionReader) throws(FormatError) {
        guard section.kind >= SectionReader.skippableKind else {
            throw FormatError(
                "a section of the unknown kind \(section.kind)", offset: section.start, isNewerFormat: true)
        }
        kind = section.kind
        bytes = file.bytes.slice(section.start, section.count).copyBytes()
    }
}

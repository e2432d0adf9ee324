package import VarveBytes

/// The bytes of a catalog; the page is `docs/formats/catalog.md`.
extension Catalog {
    /// The largest file that is written or read.
    package static let fileBytesMax = 256 << 20

    private enum Kind {
        static let state: UInt32 = 1
        static let settings: UInt32 = 2
        static let indices: UInt32 = 3
        static let aliases: UInt32 = 4
    }

    package func encode(store: UUID128) -> ByteBuffer {
        let header = FileHeader(kind: .catalog, owner: store, fileID: generation, detail: previousGeneration)
        var file = SectionWriter(header: header)
        file.append(Kind.state) { $0.appendZigzag(committedAt) }
        file.append(Kind.settings) { settings.encode(into: &$0) }
        file.append(Kind.indices) { buffer in
            buffer.appendVarint(UInt64(indices.count))
            for index in indices { index.encode(into: &buffer) }
        }
        file.append(Kind.aliases) { buffer in
            buffer.appendVarint(UInt64(aliases.count))
            for alias in aliases {
                buffer.appendSized(alias.name)
                buffer.appendSized(alias.content.rawSpan)
            }
        }
        for section in unknown { file.append(section.kind) { $0.append(section.bytes) } }
        return file.finish()
    }

    /// Reads the file of one generation of a store's catalog. Everything is checked, the invariants included.
    package init(decoding bytes: RawSpan, store: UUID128, generation: UInt64) throws(FormatError) {
        var file = try SectionReader(bytes, kind: .catalog, owner: store, fileID: generation)
        self.init(committedAt: 0)
        self.generation = generation
        previousGeneration = file.header.detail
        var found: UInt32 = 0
        while let section = try file.next() {
            if section.kind < 32 { found |= 1 &<< section.kind }
            try decode(section, of: file)
        }
        guard found == 0b1_1110 else { throw FormatError("a section is missing", offset: bytes.byteCount) }
        if let rule = brokenRule { throw FormatError(rule, offset: file.header.length) }
    }

    private mutating func decode(_ section: Section, of file: borrowing SectionReader) throws(FormatError) {
        switch section.kind {
        case Kind.state:
            try file.read(section) { reader throws(FormatError) in committedAt = try reader.readZigzag() }
        case Kind.settings:
            try file.read(section) { reader throws(FormatError) in
                settings = try [Setting](decoding: &reader)
            }
        case Kind.indices:
            try file.read(section) { reader throws(FormatError) in try decodeIndices(from: &reader) }
        case Kind.aliases:
            try file.read(section) { reader throws(FormatError) in try decodeAliases(from: &reader) }
        default:
            unknown.append(try UnknownSection(section, of: file))
        }
    }

    private mutating func decodeIndices(from reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: Self.indicesMax, of: "an index count")
        for _ in 0..<count { indices.append(try IndexEntry(decoding: &reader)) }
    }

    private mutating func decodeAliases(from reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(limit: Self.aliasesMax, of: "an alias count")
        for _ in 0..<count {
            let name = try reader.readString(limit: IndexEntry.nameBytesMax, of: "an alias name")
            let content = try reader.readSized(limit: Self.aliasBytesMax, of: "an alias")
            aliases.append(Alias(name: name, content: content.copyBytes()))
        }
    }
}

extension IndexEntry {
    func encode(into buffer: inout ByteBuffer) {
        buffer.appendSized(name)
        buffer.append(uuid)
        buffer.append(state.rawValue)
        buffer.appendZigzag(createdAt)
        buffer.appendVarint(UInt64(shards.count))
        for shard in shards { buffer.append(shard) }
        settings.encode(into: &buffer)
        buffer.appendSized(mapping.rawSpan)
    }

    init(decoding reader: inout ByteReader) throws(FormatError) {
        name = try reader.readString(limit: Self.nameBytesMax, of: "an index name")
        uuid = try reader.readUUID()
        let at = reader.offset
        let raw: UInt8 = try reader.read()
        guard let known = IndexState(rawValue: raw) else {
            throw FormatError("an index in the unknown state \(raw)", offset: at, isNewerFormat: true)
        }
        state = known
        createdAt = try reader.readZigzag()
        shards = []
        let count = try reader.readCount(limit: Self.shardsMax, of: "a shard count")
        for _ in 0..<count { shards.append(try reader.readUUID()) }
        settings = try [Setting](decoding: &reader)
        mapping = try reader.readSized(limit: Self.mappingBytesMax, of: "a mapping").copyBytes()
    }
}

extension [Setting] {
    func encode(into buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(count))
        for setting in self {
            buffer.appendSized(setting.key)
            buffer.appendSized(setting.value)
        }
    }

    init(decoding reader: inout ByteReader) throws(FormatError) {
        self.init()
        let count = try reader.readCount(limit: Setting.countMax, of: "a count of settings")
        for _ in 0..<count {
            let key = try reader.readString(limit: Setting.keyBytesMax, of: "the key of a setting")
            append(Setting(key, try reader.readString(limit: Setting.valueBytesMax, of: "a setting")))
        }
    }
}

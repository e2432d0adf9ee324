package import VarveBytes
package import VarveFiles

/// The dead letters of a shard as of one flush: a file that is written whole. Bodies are opaque here; VarveDocument
/// reads them. The bytes are in `docs/formats/dead-letters.md`.
package struct LettersFile: Equatable, Sendable {
    /// The largest file that is written or read: what settings allow, and some for the rest.
    package static let fileBytesMax = 320 << 20
    /// Number, time and the body's length take three bytes at least.
    private static let letterBytesMin = 3

    /// Ascending by number.
    package var letters: [StoredLetter]
    /// Letters that had to make room.
    package var evicted: UInt64

    private enum Kind {
        static let state: UInt32 = 1
        static let letters: UInt32 = 2
    }

    package init(_ letters: [StoredLetter], evicted: UInt64) {
        self.letters = letters
        self.evicted = evicted
    }

    package func encode(owner: UUID128, fileID: UInt64) -> ByteBuffer {
        let header = FileHeader(kind: .letters, owner: owner, fileID: fileID)
        var file = SectionWriter(
            header: header, capacity: 128 + letters.reduce(0) { $0 + $1.body.count + 16 })
        file.append(Kind.state) { $0.appendVarint(evicted) }
        file.append(Kind.letters) { buffer in
            buffer.appendVarint(UInt64(letters.count))
            var last: UInt64 = 0
            for letter in letters {
                buffer.appendVarint(letter.number - last)
                buffer.appendZigzag(letter.time)
                buffer.appendSized(letter.body.rawSpan)
                last = letter.number
            }
        }
        return file.finish()
    }

    package init(decoding bytes: RawSpan, owner: UUID128, fileID: UInt64) throws(FormatError) {
        var file = try SectionReader(bytes, kind: .letters, owner: owner, fileID: fileID)
        self.init([], evicted: 0)
        var found: UInt32 = 0
        while let section = try file.next() {
            if section.kind < 32 { found |= 1 &<< section.kind }
            switch section.kind {
            case Kind.state:
                try file.read(section) { reader throws(FormatError) in evicted = try reader.readVarint() }
            case Kind.letters:
                try file.read(section) { reader throws(FormatError) in try decodeLetters(&reader) }
            default: _ = try UnknownSection(section, of: file)
            }
        }
        guard found & 0b110 == 0b110 else {
            throw FormatError("a section is missing", offset: bytes.byteCount)
        }
    }

    private mutating func decodeLetters(_ reader: inout ByteReader) throws(FormatError) {
        let count = try reader.readCount(
            limit: reader.remaining / Self.letterBytesMin, of: "a count of letters")
        letters.reserveCapacity(count)
        var last: UInt64 = 0
        for index in 0..<count {
            let at = reader.offset
            let number = try reader.readDistance(from: last)
            guard index == 0 || number > last else {
                throw FormatError("numbers of letters do not ascend", offset: at)
            }
            let time = try reader.readZigzag()
            let body = try reader.readSized(limit: Self.fileBytesMax, of: "a letter")
            letters.append(StoredLetter(number: number, time: time, body: body.copyBytes()))
            last = number
        }
    }

    /// Reads the file that a manifest names.
    package static func read(
        _ entry: LettersEntry, in layout: ShardLayout, owner: UUID128, files: any FileSystem
    ) throws(StorageError) -> LettersFile {
        let path = layout.letters(entry.file)
        let bytes = try files.readWhole(path, limit: fileBytesMax)
        do throws(FormatError) {
            guard UInt64(bytes.count) == entry.byteCount else {
                throw FormatError(
                    "the manifest says \(entry.byteCount) bytes, the file has \(bytes.count)", offset: 0)
            }
            return try LettersFile(decoding: bytes.bytes, owner: owner, fileID: entry.file)
        } catch { throw .damaged(Damage(path, error)) }
    }
}

/// A message that could not be applied, under the number of the operation that kept it.
package struct StoredLetter: Equatable, Sendable {
    package let number: UInt64
    /// When it was kept, milliseconds since 1970.
    package let time: Int64
    /// As VarveDocument encodes it.
    package let body: [UInt8]

    package init(number: UInt64, time: Int64, body: [UInt8]) {
        self.number = number
        self.time = time
        self.body = body
    }
}

/// Where a generation's dead letters are.
package struct LettersEntry: Equatable, Sendable {
    package var file: UInt64
    package var byteCount: UInt64

    package init(file: UInt64, byteCount: UInt64) {
        self.file = file
        self.byteCount = byteCount
    }
}

/// A file of ours that is written whole: common header, sections, footer. Manifests and catalogs are such files.
///
/// ```
/// header 64 | section* | footer: file length u64, XXH64 of everything before it
/// section: kind u32 | zero u32 | length u64 | bytes | zeros up to a multiple of 8
/// ```
/// Sections ascend by kind, each kind at most once. Kinds from 0x8000 on may be carried along by a release that
/// does not know them; an unknown kind below refuses the file. The page is `docs/formats/conventions.md`.
package struct SectionWriter: ~Copyable {
    private var buffer: ByteBuffer
    private let seed: ChecksumSeed

    package init(header: FileHeader, capacity: Int = 4096) {
        buffer = ByteBuffer(capacity: capacity)
        seed = header.seed
        header.encode(into: &buffer)
    }

    /// Appends a section whose bytes `body` appends.
    package mutating func append(_ kind: UInt32, _ body: (inout ByteBuffer) -> Void) {
        buffer.append(kind)
        buffer.append(UInt32(0))
        let lengthAt = buffer.count
        buffer.append(UInt64(0))
        let start = buffer.count
        body(&buffer)
        buffer.overwrite(UInt64(buffer.count - start), at: lengthAt)
        buffer.pad(to: 8)
    }

    package consuming func finish() -> ByteBuffer {
        buffer.append(UInt64(buffer.count + SectionReader.footerBytes))
        buffer.append(seed.checksum(buffer.bytes, at: 0))
        return buffer
    }
}

/// Reads a file that `SectionWriter` wrote, after it has checked all of it.
package struct SectionReader: ~Escapable {
    package static let footerBytes = 16
    /// The first kind that a release which does not know it may carry along.
    package static let skippableKind: UInt32 = 0x8000

    package let bytes: RawSpan
    package let header: FileHeader
    private var offset: Int
    private var lastKind: UInt32 = 0

    /// Checks header, owner, file id, length and the checksum of everything.
    @_lifetime(copy bytes)
    package init(
        _ bytes: RawSpan, kind: FileKind, owner: UUID128, fileID: UInt64
    ) throws(FormatError) {
        self.bytes = bytes
        header = try FileHeader(decoding: bytes, kind: kind)
        try header.expect(owner: owner, fileID: fileID)
        offset = header.length
        let end = bytes.byteCount - Self.footerBytes
        guard end >= header.length else {
            throw FormatError("the file is cut short", offset: bytes.byteCount)
        }
        let length: UInt64 = bytes.load(at: end)
        guard length == UInt64(bytes.byteCount) else {
            throw FormatError("the file has \(bytes.byteCount) bytes, its footer says \(length)", offset: end)
        }
        let stored: UInt64 = bytes.load(at: end + 8)
        let sum = header.seed.checksum(bytes.slice(0, end + 8), at: 0)
        guard stored == sum else {
            throw FormatError("checksum \(stored.hex16), expected \(sum.hex16)", offset: end + 8)
        }
    }

    /// The next section: its kind, and where its bytes lie. Nil at the footer.
    @_lifetime(self: copy self)
    package mutating func next() throws(FormatError) -> Section? {
        let left = bytes.byteCount - Self.footerBytes - offset
        guard left > 0 else { return nil }
        guard left >= 16 else { throw FormatError("a section header is cut short", offset: offset) }
        let kind: UInt32 = bytes.load(at: offset)
        let zero: UInt32 = bytes.load(at: offset + 4)
        let length: UInt64 = bytes.load(at: offset + 8)
        guard kind > lastKind && zero == 0 else { throw FormatError("sections out of order", offset: offset) }
        guard length <= UInt64(left - 16) else { throw FormatError("a section is cut short", offset: offset) }
        let section = Section(kind: kind, start: offset + 16, count: Int(length))
        offset = section.start + section.count
        while offset % 8 != 0 {
            guard offset < bytes.byteCount - Self.footerBytes, bytes.byte(at: offset) == 0 else {
                throw FormatError("padding is not zero", offset: offset)
            }
            offset += 1
        }
        lastKind = kind
        return section
    }

    /// Reads one section to its end; offsets in errors count from the file's start.
    package func read(_ section: Section, _ body: (inout ByteReader) throws(FormatError) -> Void)
        throws(FormatError)
    {
        var reader = ByteReader(bytes.slice(section.start, section.count))
        do throws(FormatError) {
            try body(&reader)
            try reader.expectEnd(of: "a section")
        } catch {
            throw error.moved(by: section.start)
        }
    }
}

/// One part of a section file: what it is and where it lies.
package struct Section: Equatable, Sendable {
    package let kind: UInt32
    package let start: Int
    package let count: Int
}

extension FormatError {
    /// The same error, seen from bytes that begin `distance` earlier.
    package func moved(by distance: Int) -> FormatError {
        FormatError(rule, offset: offset + distance, isNewerFormat: isNewerFormat)
    }
}

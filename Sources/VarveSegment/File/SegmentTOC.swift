import VarveBytes

/// What a section of a segment file holds. Raw values are part of the format, and those from 0x8000 on may be
/// skipped by readers that do not know them.
package enum SectionKind: UInt16, Sendable, CaseIterable {
    case sources = 1
    case sourceDictionaries = 2
    case sourceIndex = 3
    case ids = 4
    case idIndex = 5
    case idFilter = 6
    case births = 7
    case versions = 8
    case places = 9
    case column = 10
    case lengths = 11
    case terms = 12
    case termIndex = 13
    case postings = 14
    case postingsIndex = 15
    case tombstones = 16
    case fields = 17
    case columnIndex = 18
}

/// One entry of the table of contents.
struct SectionEntry: Equatable, Sendable {
    static let byteCount = 40
    /// Kinds from here on may be skipped.
    static let skippable: UInt16 = 0x8000

    var kind: UInt16
    var field: UInt32
    var offset: UInt64
    /// Without the padding that follows.
    var length: UInt64
    /// Blocks, entries or pages; the kind says which.
    var items: UInt64
    var checksum: UInt64
}

/// The table of contents: what a segment is, and where its sections lie. It is the root of all checksums: its
/// own stands in the footer and in the manifest. The format page is `docs/formats/segment.md`.
struct SegmentTOC: Equatable, Sendable {
    static let headByteCount = 40
    static let rowCountMax = Int(Int32.max)
    static let fieldCountMax = 65_535
    static let byteCountMax = headByteCount + SectionEntry.byteCount * (fieldCountMax * 6 + 64)

    var rowCount: Int
    var tombstoneCount: Int
    var births: ClosedRange<SequenceNumber>
    var fieldCount: Int
    var sections: [SectionEntry] = []

    init(
        rowCount: Int, tombstoneCount: Int, births: ClosedRange<SequenceNumber>, fieldCount: Int,
        sections: [SectionEntry]
    ) {
        self.rowCount = rowCount
        self.tombstoneCount = tombstoneCount
        self.births = births
        self.fieldCount = fieldCount
        self.sections = sections
    }

    func encode(into buffer: inout ByteBuffer) {
        buffer.append(UInt64(rowCount))
        buffer.append(UInt64(tombstoneCount))
        buffer.append(births.lowerBound.rawValue)
        buffer.append(births.upperBound.rawValue)
        buffer.append(UInt32(fieldCount))
        buffer.append(UInt32(sections.count))
        for section in sections {
            buffer.append(section.kind)
            buffer.append(UInt16(0))
            buffer.append(section.field)
            buffer.append(section.offset)
            buffer.append(section.length)
            buffer.append(section.items)
            buffer.append(section.checksum)
        }
    }

    /// Reads a table whose checksum was verified, and checks that its sections lie one after the other between
    /// the header and the table itself.
    init(decoding bytes: RawSpan, at offset: UInt64, headerLength: Int) throws(FormatError) {
        var reader = ByteReader(bytes)
        let rows: UInt64 = try reader.read()
        let tombstones: UInt64 = try reader.read()
        let lowest: UInt64 = try reader.read()
        let highest: UInt64 = try reader.read()
        let fields: UInt32 = try reader.read()
        let count: UInt32 = try reader.read()
        guard rows >= 1 && rows <= UInt64(Self.rowCountMax) && tombstones <= rows else {
            throw FormatError("\(rows) rows, \(tombstones) tombstones among them", offset: 0)
        }
        guard lowest <= highest && highest - lowest >= rows - 1 else {
            throw FormatError("births from \(lowest) to \(highest) for \(rows) rows", offset: 16)
        }
        guard fields <= UInt32(Self.fieldCountMax) else { throw FormatError("\(fields) fields", offset: 32) }
        guard Int(count) * SectionEntry.byteCount == reader.remaining else {
            throw FormatError("\(count) sections in \(reader.remaining) bytes", offset: 36)
        }
        rowCount = Int(rows)
        tombstoneCount = Int(tombstones)
        births = SequenceNumber(lowest)...SequenceNumber(highest)
        fieldCount = Int(fields)
        sections.reserveCapacity(Int(count))
        var end = UInt64(headerLength)
        for _ in 0..<count {
            let at = reader.offset
            let kind: UInt16 = try reader.read()
            let flags: UInt16 = try reader.read()
            let section = SectionEntry(
                kind: kind, field: try reader.read(), offset: try reader.read(), length: try reader.read(),
                items: try reader.read(), checksum: try reader.read())
            guard kind >= SectionEntry.skippable || (flags == 0 && SectionKind(rawValue: kind) != nil) else {
                throw FormatError("an unknown section kind \(kind), flags \(flags)", offset: at)
            }
            guard section.offset == end && section.length <= offset - end else {
                throw FormatError("a section of \(section.length) bytes at \(section.offset)", offset: at)
            }
            end += (section.length + 7) & ~7
            guard end <= offset else { throw FormatError("a section reaches into the table", offset: at) }
            sections.append(section)
        }
        guard end == offset else {
            throw FormatError("sections end at \(end), the table is at \(offset)", offset: 0)
        }
    }
}

/// The last 64 bytes of a segment file.
///
/// ```
/// 0 TOC offset u64 | 8 TOC length u64 | 16 root checksum u64 | 24 page table offset u64 | 32 parity offset u64
/// 40 file length u64 | 48 segment id u64 | 56 magic reversed
/// ```
struct SegmentFooter: Equatable, Sendable {
    static let byteCount = 64
    static let magic: [UInt8] = [0x0A, 0x0D, FileKind.segment.rawValue, 0x45, 0x56, 0x52, 0x41, 0x56]

    var tocOffset: UInt64
    var tocLength: UInt64
    /// The checksum of the TOC, as the manifest has it too.
    var rootChecksum: UInt64
    /// 0: this version writes no page table and no parity; both come with a feature bit of the header.
    var pageTableOffset: UInt64 = 0
    var parityOffset: UInt64 = 0
    var fileLength: UInt64
    var segmentID: UInt64

    func encode(into buffer: inout ByteBuffer) {
        buffer.append(tocOffset)
        buffer.append(tocLength)
        buffer.append(rootChecksum)
        buffer.append(pageTableOffset)
        buffer.append(parityOffset)
        buffer.append(fileLength)
        buffer.append(segmentID)
        buffer.append(Self.magic)
    }

    init(
        tocOffset: UInt64, tocLength: UInt64, rootChecksum: UInt64, fileLength: UInt64, segmentID: UInt64
    ) {
        self.tocOffset = tocOffset
        self.tocLength = tocLength
        self.rootChecksum = rootChecksum
        self.fileLength = fileLength
        self.segmentID = segmentID
    }

    /// - Parameter features: the ro-compat bits of the file's header, which say what may lie behind the TOC.
    init(decoding bytes: RawSpan, features: UInt32) throws(FormatError) {
        guard bytes.byteCount == Self.byteCount else { throw FormatError("a footer has 64 bytes", offset: 0) }
        for at in 0..<8 where bytes.byte(at: 56 + at) != Self.magic[at] {
            throw FormatError("the magic at the file's end is missing", offset: 56 + at)
        }
        tocOffset = bytes.load(at: 0)
        tocLength = bytes.load(at: 8)
        rootChecksum = bytes.load(at: 16)
        pageTableOffset = bytes.load(at: 24)
        parityOffset = bytes.load(at: 32)
        fileLength = bytes.load(at: 40)
        segmentID = bytes.load(at: 48)
        let end = fileLength &- UInt64(Self.byteCount)
        guard tocOffset >= UInt64(FileHeader.byteCount) && tocOffset % 8 == 0 && fileLength >= 128 else {
            throw FormatError("a table of contents at \(tocOffset)", offset: 0)
        }
        guard tocLength >= UInt64(SegmentTOC.headByteCount), tocLength <= UInt64(SegmentTOC.byteCountMax),
            tocOffset <= end, tocLength <= end - tocOffset
        else { throw FormatError("a table of contents of \(tocLength) bytes", offset: 8) }
        guard features != 0 || (tocOffset + tocLength == end && pageTableOffset == 0 && parityOffset == 0)
        else {
            throw FormatError("bytes behind the table of contents", offset: 24)
        }
    }
}

import VarveBytes
import VarveFiles

/// Reads the parts of a segment file that say where the others are: header, footer, table of contents.
///
/// One read of the file's end fetches most of what opening needs; it is held for the time of opening.
struct SegmentOpener {
    /// What is read from the end at once.
    private static let tailBytes: UInt64 = 64 << 10

    let file: SegmentFile
    let footer: SegmentFooter
    private let headerLength: Int
    private let tail: SharedBytes
    private let tailStart: UInt64

    /// - Parameters:
    ///   - owner: the shard that the file must belong to; nil for whatever the header says.
    ///   - byteCount: the length that the file must have; nil for what it has.
    init(
        files: any FileSystem, path: StorePath, owner: UUID128? = nil, id: UInt64? = nil,
        byteCount: UInt64? = nil, cache: BlockCache?
    ) throws(StorageError) {
        let file: any OpenFile
        let length: UInt64
        do throws(FileError) {
            file = try files.openFile(path, writable: false)
            length = try file.size()
        } catch {
            throw .file(error)
        }
        if let byteCount, byteCount != length {
            throw .damaged(Damage(path, at: length, "\(length) bytes, the manifest says \(byteCount)"))
        }
        guard length >= UInt64(FileHeader.byteCount + SegmentFooter.byteCount) && length <= 1 << 40 else {
            throw .damaged(Damage(path, at: 0, "a segment of \(length) bytes"))
        }
        let nobody = ChecksumSeed(owner: UUID128(high: 0, low: 0), file: 0, kind: .segment)
        let plain = SegmentFile(file, seed: nobody, cache: nil)
        let head = try plain.read(0..<UInt64(FileHeader.byteCount))
        let start = length > Self.tailBytes ? (length - Self.tailBytes) & ~7 : 0
        let end = try plain.read(start..<length)
        tailStart = start
        tail = end
        do throws(FormatError) {
            let header = try FileHeader(decoding: head.bytes, kind: .segment)
            try header.expect(owner: owner ?? header.owner, fileID: id ?? header.fileID)
            headerLength = header.length
            self.file = SegmentFile(file, seed: header.seed, cache: cache)
            footer = try Self.footer(end.bytes, header: header, length: length)
        } catch {
            throw .damaged(Damage(path, error))
        }
    }

    private static func footer(
        _ tail: RawSpan, header: FileHeader, length: UInt64
    ) throws(FormatError) -> SegmentFooter {
        let start = tail.byteCount - SegmentFooter.byteCount
        do throws(FormatError) {
            let footer = try SegmentFooter(
                decoding: tail.slice(start, SegmentFooter.byteCount), features: header.readOnlyCompatible)
            guard footer.fileLength == length else {
                throw FormatError("\(length) bytes, the footer says \(footer.fileLength)", offset: 40)
            }
            guard footer.segmentID == header.fileID else {
                throw FormatError(
                    "segment \(footer.segmentID.hex16), expected \(header.fileID.hex16)", offset: 48)
            }
            return footer
        } catch {
            throw FormatError(error.rule, offset: Int(length) - SegmentFooter.byteCount + error.offset)
        }
    }

    func readTOC(_ checksum: UInt64) throws(StorageError) -> SegmentTOC {
        guard footer.rootChecksum == checksum else {
            throw file.damage(
                at: footer.fileLength - UInt64(SegmentFooter.byteCount) + 16,
                "root checksum \(footer.rootChecksum.hex16), expected \(checksum.hex16)")
        }
        let bytes = try read(footer.tocOffset..<(footer.tocOffset + footer.tocLength), checksum)
        do throws(FormatError) {
            return try SegmentTOC(decoding: bytes.bytes, at: footer.tocOffset, headerLength: headerLength)
        } catch {
            throw file.damage(from: footer.tocOffset, error)
        }
    }

    /// Verified bytes, from the tail if they lie there.
    private func read(_ range: Range<UInt64>, _ checksum: UInt64) throws(StorageError) -> SharedBytes {
        if range.lowerBound >= tailStart {
            let bytes = tail.bytes.slice(Int(range.lowerBound - tailStart), range.count)
            if file.seed.checksum(bytes, at: range.lowerBound) == checksum {
                return SharedBytes(ByteBuffer(copying: bytes))
            }
        }
        return try file.verified(range, checksum)
    }

    /// Reads a section whole and decodes it.
    func decode<Value>(
        _ entry: SectionEntry, _ body: (SharedBytes) throws(FormatError) -> Value
    ) throws(StorageError) -> Value {
        let bytes = try read(entry.range, entry.checksum)
        do throws(FormatError) {
            return try body(bytes)
        } catch {
            throw file.damage(from: entry.offset, error)
        }
    }
}

/// The sections of a segment, by kind and field.
struct SectionTable: Sendable {
    struct Key: Hashable, Sendable {
        var kind: UInt16
        var field: UInt32
    }

    let entries: [SectionEntry]
    private let numbers: [Key: Int]

    init(_ toc: SegmentTOC, _ opener: SegmentOpener) throws(StorageError) {
        entries = toc.sections
        var numbers: [Key: Int] = [:]
        for (number, entry) in entries.enumerated() where entry.kind < SectionEntry.skippable {
            let key = Key(kind: entry.kind, field: entry.field)
            guard numbers.updateValue(number, forKey: key) == nil,
                entry.field == 0 || Int(entry.field) < toc.fieldCount
            else {
                throw opener.file.damage(
                    at: opener.footer.tocOffset,
                    "a second section of kind \(entry.kind), field \(entry.field)")
            }
        }
        self.numbers = numbers
    }

    func find(_ kind: SectionKind, field: Int = 0) -> SectionEntry? {
        numbers[Key(kind: kind.rawValue, field: UInt32(field))].map { entries[$0] }
    }

    func entry(_ kind: SectionKind, field: Int = 0, _ opener: SegmentOpener) throws(StorageError)
        -> SectionEntry
    {
        guard let entry = find(kind, field: field) else {
            throw opener.file.damage(at: opener.footer.tocOffset, "the \(kind) of field \(field) are missing")
        }
        return entry
    }
}

extension SectionEntry {
    /// Where the section lies in the file, padding left out.
    var range: Range<UInt64> { offset..<(offset + length) }
    /// Entries, blocks or bytes as a number that cannot trap further on.
    var itemCount: Int { Int(clamping: items) }
}

/// The rows that are tombstones, ascending: the gap before each as a varint.
enum TombstoneList {
    static func encode(_ bitmap: RowBitmap, into buffer: inout ByteBuffer) {
        var last = -1
        for row in 0..<bitmap.rowCount where bitmap[row] {
            buffer.appendVarint(UInt64(row - last - 1))
            last = row
        }
    }

    static func decode(_ bytes: RawSpan, rowCount: Int, count: Int) throws(FormatError) -> RowBitmap {
        var bitmap = RowBitmap(rowCount: rowCount)
        var reader = ByteReader(bytes)
        var row = -1
        for _ in 0..<count {
            row += try reader.readCount(limit: rowCount, of: "a gap") + 1
            guard row < rowCount else {
                throw FormatError("row \(row) of \(rowCount)", offset: reader.offset)
            }
            bitmap[row] = true
        }
        try reader.expectEnd(of: "a list of tombstones")
        return bitmap
    }
}

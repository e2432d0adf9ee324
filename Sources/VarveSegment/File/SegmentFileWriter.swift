import VarveBytes
import VarveFiles

/// Writes a segment file front to back: header, sections one after the other, TOC, footer.
///
/// Sections are made in `pending` and go to the file in large writes. Their checksums are computed on the way,
/// so no byte is looked at twice. It syncs nothing: making the file durable is the publisher's.
struct SegmentFileWriter: ~Copyable {
    private static let writeBytes = 512 << 10

    let path: StorePath
    let seed: ChecksumSeed
    /// What is not yet written; sections append to it.
    var pending = ByteBuffer(capacity: 1 << 20)
    private(set) var sections: [SectionEntry] = []
    private let file: any OpenFile
    /// File offset of the first byte of `pending`.
    private var written: UInt64 = 0
    /// From here on in `pending` the section's bytes are not in its checksum yet.
    private var unsummed = 0
    private var sum = XXH64Stream()
    private var sectionStart: UInt64 = 0

    init(file: any OpenFile, header: FileHeader) {
        self.file = file
        path = file.path
        seed = header.seed
        header.encode(into: &pending)
    }

    /// File offset of the next byte.
    var offset: UInt64 { written + UInt64(pending.count) }

    /// Bytes of the section so far.
    var sectionCount: UInt64 { offset - sectionStart }

    mutating func beginSection() {
        precondition(offset % 8 == 0, "a section starts aligned")
        sectionStart = offset
        unsummed = pending.count
        sum = seed.stream(at: offset)
    }

    mutating func endSection(_ kind: SectionKind, field: Int = 0, items: Int) throws(StorageError) {
        let checksum = sum.finish(pending.bytes.slice(unsummed, pending.count - unsummed))
        sections.append(
            SectionEntry(
                kind: kind.rawValue, field: UInt32(field), offset: sectionStart, length: sectionCount,
                items: UInt64(items), checksum: checksum))
        pending.pad(to: 8)
        unsummed = pending.count
        if pending.count >= Self.writeBytes { try writePending(keeping: 0) }
    }

    /// The checksum of the last bytes of `pending`, those from `start` (a file offset) on.
    func checksum(from start: UInt64) -> UInt64 {
        let at = Int(start - written)
        return seed.checksum(pending.bytes.slice(at, pending.count - at), at: start)
    }

    /// Writes what has gathered, if that is much; to be called between the blocks of a section.
    mutating func writeIfLarge() throws(StorageError) {
        if pending.count < Self.writeBytes { return }
        let count = (pending.count - unsummed) & ~31
        var stream = sum
        stream.consume(pending.bytes.slice(unsummed, count))
        sum = stream
        unsummed += count
        try writePending(keeping: pending.count - unsummed)
        unsummed = 0
    }

    private mutating func writePending(keeping rest: Int) throws(StorageError) {
        let count = pending.count - rest
        do throws(FileError) {
            try file.write(pending.bytes.slice(0, count), at: written)
        } catch {
            throw .file(error)
        }
        written += UInt64(count)
        let tail = pending.bytes.slice(count, rest).copyBytes()
        pending.removeAll()
        pending.append(tail)
        unsummed = 0
    }

    /// Writes TOC and footer and returns the file's length and root checksum.
    consuming func finish(
        id: UInt64, rowCount: Int, tombstoneCount: Int, births: ClosedRange<SequenceNumber>, fieldCount: Int
    ) throws(StorageError) -> (byteCount: UInt64, rootChecksum: UInt64) {
        let start = offset
        let toc = SegmentTOC(
            rowCount: rowCount, tombstoneCount: tombstoneCount, births: births, fieldCount: fieldCount,
            sections: sections)
        toc.encode(into: &pending)
        let root = checksum(from: start)
        let length = offset + UInt64(SegmentFooter.byteCount)
        let footer = SegmentFooter(
            tocOffset: start, tocLength: offset - start, rootChecksum: root, fileLength: length, segmentID: id
        )
        footer.encode(into: &pending)
        try writePending(keeping: 0)
        return (length, root)
    }
}

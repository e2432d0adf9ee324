package import VarveBytes
import VarveDocument
package import VarveFiles

/// A segment file, open: documents and their indexes, read block by block as they are asked for.
///
/// Opening reads header, footer, table of contents and what must be known without a throw: fields, bounds of
/// column blocks, tombstones. Everything else is read when it is first needed, held against the checksum that
/// its parent has of it, and only then looked into. Bytes that are damaged end in `StorageError.damaged`; bytes
/// that somebody forged, checksums and all, may give wrong answers, but never stop the process.
///
/// Safe from any thread. The format page is `docs/formats/segment.md`.
package final class SegmentReader: SegmentView {
    package let id: UInt64
    package let rowCount: Int
    package let byteCount: Int
    package let tombstoneCount: Int
    package let births: ClosedRange<SequenceNumber>
    package let tombstones: RowBitmap?
    package let fields: [SegmentField]
    package let rootChecksum: UInt64

    let file: SegmentFile
    let sections: SectionTable
    let columnIndex: ColumnIndex
    let birthColumn: ColumnPlace
    let versionColumn: ColumnPlace
    let placeColumn: ColumnPlace
    /// By field: its column, or for text the column of lengths; nil if it has neither.
    let columns: [ColumnPlace?]
    let terms: [TermDictionary?]
    let ids: IDDictionary
    let sources: SourceStore
    private let fieldNumbers: [String: Int]

    /// Opens a segment as the manifest tells of it.
    ///
    /// - Parameters:
    ///   - owner: the shard's uuid; a file of another one is refused, as is one with another `id`.
    ///   - byteCount: the file's length.
    ///   - rootChecksum: the checksum of its table of contents.
    ///   - cache: where blocks that were read are kept; nil to keep none.
    package static func open(
        files: any FileSystem, path: StorePath, owner: UUID128, id: UInt64, byteCount: UInt64,
        rootChecksum: UInt64, cache: BlockCache?
    ) throws(StorageError) -> SegmentReader {
        let opener = try SegmentOpener(
            files: files, path: path, owner: owner, id: id, byteCount: byteCount, cache: cache)
        return try SegmentReader(opener, rootChecksum: rootChecksum)
    }

    /// Opens a file that is known by its name alone, as tools do that read what no manifest names.
    package static func open(
        files: any FileSystem, path: StorePath, cache: BlockCache? = nil
    ) throws(StorageError) -> SegmentReader {
        let opener = try SegmentOpener(files: files, path: path, cache: cache)
        return try SegmentReader(opener, rootChecksum: opener.footer.rootChecksum)
    }

    private init(_ opener: SegmentOpener, rootChecksum root: UInt64) throws(StorageError) {
        let toc = try opener.readTOC(root)
        file = opener.file
        id = opener.footer.segmentID
        byteCount = Int(opener.footer.fileLength)
        rootChecksum = root
        rowCount = toc.rowCount
        tombstoneCount = toc.tombstoneCount
        births = toc.births
        let rows = toc.rowCount
        let sections = try SectionTable(toc, opener)
        self.sections = sections
        let fields = try opener.decode(try sections.entry(.fields, opener)) { (bytes) throws(FormatError) in
            try SegmentFields.decode(bytes.bytes, count: toc.fieldCount, rowCount: rows)
        }
        self.fields = fields
        fieldNumbers = Dictionary(
            fields.enumerated().map { ($1.definition.path, $0) }, uniquingKeysWith: { first, _ in first })
        if let entry = sections.find(.tombstones) {
            tombstones = try opener.decode(entry) { (bytes) throws(FormatError) in
                try TombstoneList.decode(bytes.bytes, rowCount: rows, count: toc.tombstoneCount)
            }
        } else {
            tombstones = nil
        }
        guard (tombstones == nil) == (toc.tombstoneCount == 0) else {
            throw opener.file.damage(
                at: opener.footer.tocOffset, "\(toc.tombstoneCount) tombstones are not listed")
        }
        var layout = ColumnLayout(rowCount: rows)
        let births = try layout.next(sections.entry(.births, opener))
        let versions = try layout.next(sections.entry(.versions, opener))
        let idPlaces = try layout.next(sections.entry(.places, opener))
        (birthColumn, versionColumn, placeColumn) = (births, versions, idPlaces)
        var columns: [ColumnPlace?] = []
        for (number, field) in fields.enumerated() {
            let kind: SectionKind? =
                field.definition.hasLengths ? .lengths : field.definition.hasColumn ? .column : nil
            if let kind {
                columns.append(try layout.next(sections.entry(kind, field: number, opener)))
            } else {
                columns.append(nil)
            }
        }
        self.columns = columns
        let places = [births, versions, idPlaces] + columns.compactMap { $0 }
        columnIndex = try opener.decode(try sections.entry(.columnIndex, opener)) {
            (bytes) throws(FormatError) in
            let index = try ColumnIndex(bytes, rowCount: rows, columnCount: places.count)
            for place in places { try index.check(place) }
            return index
        }
        var terms: [TermDictionary?] = []
        for (number, field) in fields.enumerated() {
            terms.append(
                field.termCount == 0
                    ? nil : try TermDictionary(field, number, sections, opener, rowCount: rows))
        }
        self.terms = terms
        ids = try IDDictionary(sections, opener, rowCount: rows)
        sources = try SourceStore(sections, opener, rowCount: rows)
    }

    package func field(named path: String) -> Int? { fieldNumbers[path] }
}

/// Gives each column its entries of the column index.
private struct ColumnLayout {
    let blockCount: Int
    private var columnCount = 0

    init(rowCount: Int) { blockCount = (rowCount + columnBlockRows - 1) / columnBlockRows }

    mutating func next(_ section: SectionEntry) -> ColumnPlace {
        let place = ColumnPlace(firstEntry: columnCount * blockCount, section: section.range)
        columnCount += 1
        return place
    }
}

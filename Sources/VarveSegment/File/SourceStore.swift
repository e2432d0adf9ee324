import VarveBytes
import VarveFiles

/// The sources of an open segment.
struct SourceStore: Sendable {
    let blocks: SectionEntry
    private let file: SegmentFile
    private let rowCount: Int
    private let indexEntry: SectionEntry
    private let dictionaryEntry: SectionEntry?
    private let index = LoadedOnce<SourceIndex>()
    private let dictionaries = LoadedOnce<SourceDictionaries>()

    init(_ sections: SectionTable, _ opener: SegmentOpener, rowCount: Int) throws(StorageError) {
        file = opener.file
        self.rowCount = rowCount
        blocks = try sections.entry(.sources, opener)
        indexEntry = try sections.entry(.sourceIndex, opener)
        dictionaryEntry = sections.find(.sourceDictionaries)
    }

    func loadDictionaries() throws(StorageError) -> SourceDictionaries {
        guard let entry = dictionaryEntry else { return SourceDictionaries() }
        return try dictionaries.value { () throws(StorageError) in
            let bytes = try file.verified(entry.range, entry.checksum)
            do throws(FormatError) {
                return try SourceDictionaries(bytes, count: entry.itemCount)
            } catch {
                throw file.damage(from: entry.offset, error)
            }
        }
    }

    func loadIndex() throws(StorageError) -> SourceIndex {
        try index.value { () throws(StorageError) in
            let bytes = try file.verified(indexEntry.range, indexEntry.checksum)
            let dictionaryCount = try loadDictionaries().count
            do throws(FormatError) {
                return try SourceIndex(
                    bytes, blockCount: indexEntry.itemCount, rowCount: rowCount,
                    sectionLength: blocks.length, dictionaryCount: dictionaryCount)
            } catch {
                throw file.damage(from: indexEntry.offset, error)
            }
        }
    }

    /// Where a block lies in the file.
    func range(_ place: SourceBlockPlace) -> Range<UInt64> {
        (blocks.offset + place.range.lowerBound)..<(blocks.offset + place.range.upperBound)
    }

    /// A block's stored bytes, padding included, verified and not cached.
    func stored(_ place: SourceBlockPlace) throws(StorageError) -> SharedBytes {
        try file.verified(range(place), place.checksum)
    }

    func decoded(_ place: SourceBlockPlace) throws(StorageError) -> DecodedSourceBlock {
        let range = range(place)
        return try file.cached(at: range.lowerBound) { () throws(StorageError) in
            let stored = try file.verified(range, place.checksum)
            let dictionary = try place.dictionary.map { (number) throws(StorageError) in
                try loadDictionaries().bytes(number)
            }
            do throws(FormatError) {
                guard place.storedCount <= stored.count && stored.count - place.storedCount < 8 else {
                    throw FormatError("\(place.storedCount) stored bytes in \(stored.count)", offset: 0)
                }
                let known = dictionary ?? []
                return try SourceBlockDecoder.decode(
                    stored: stored.bytes.slice(0, place.storedCount), rawCount: place.rawCount,
                    rowCount: place.rowCount, codec: place.codec, dictionary: known.rawSpan)
            } catch {
                throw file.damage(from: range.lowerBound, error)
            }
        }
    }

    /// Calls `body` with the source of each of these rows, which ascend.
    func read(_ rows: [UInt32], _ body: (UInt32, RawSpan) -> Void) throws(StorageError) {
        let index = try loadIndex()
        var scratch = ByteBuffer()
        var next = 0
        var block = 0
        while next < rows.count {
            precondition(rows[next] < UInt32(rowCount), "no such row")
            block = index.block(ofRow: Int(rows[next]), from: block)
            let place = index[block]
            let decoded = try decoded(place)
            let end = UInt32(place.firstRow + place.rowCount)
            while next < rows.count && rows[next] < end {
                precondition(rows[next] >= UInt32(place.firstRow), "rows of sources must ascend")
                scratch.removeAll()
                decoded.appendRow(Int(rows[next]) - place.firstRow, to: &scratch)
                body(rows[next], scratch.bytes)
                next += 1
            }
        }
    }
}

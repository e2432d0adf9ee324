import VarveBytes
import VarveFiles

extension BuildPlan {
    private static let chunkRows = 1024

    /// Writes source blocks, their dictionaries and their index.
    func writeSources(
        to file: inout SegmentFileWriter, _ options: SegmentBuildOptions
    ) throws(StorageError) {
        var sources = SourceSectionWriter(options.sources, &file)
        for input in inputs {
            if let reader = input.view as? SegmentReader {
                try copySources(reader, input, to: &sources, &file, options)
            } else {
                try encodeSources(input, 0..<input.view.rowCount, to: &sources, &file)
            }
        }
        try sources.finish(to: &file)
    }

    /// Copies the blocks that stay whole, as they are stored; writes the rows of others anew.
    private func copySources(
        _ reader: SegmentReader, _ input: Input, to sources: inout SourceSectionWriter,
        _ file: inout SegmentFileWriter, _ options: SegmentBuildOptions
    ) throws(StorageError) {
        let index = try reader.sources.loadIndex()
        for block in 0..<index.blockCount {
            let place = index[block]
            let rows = place.firstRow..<(place.firstRow + place.rowCount)
            let isWhole = input.keep?.holdsAll(rows) ?? true
            if isWhole && place.level >= options.copiedLevelMin {
                let dictionary = try place.dictionary.map { (number) throws(StorageError) in
                    try reader.sources.loadDictionaries().bytes(number)
                }
                let stored = try reader.sources.stored(place)
                try sources.copy(place, stored, dictionary, to: &file)
            } else {
                try encodeSources(input, rows, to: &sources, &file)
            }
        }
    }

    private func encodeSources(
        _ input: Input, _ rows: Range<Int>, to sources: inout SourceSectionWriter,
        _ file: inout SegmentFileWriter
    ) throws(StorageError) {
        var wanted: [UInt32] = []
        var first = rows.lowerBound
        while first < rows.upperBound {
            let end = min(first + Self.chunkRows, rows.upperBound)
            wanted.removeAll(keepingCapacity: true)
            for row in first..<end where input.keep?[row] ?? true { wanted.append(UInt32(row)) }
            try input.view.readSources(wanted) { _, source in sources.append(source) }
            try sources.writeBlocks(to: &file)
            first = end
        }
    }
}

extension RowBitmap {
    /// Whether every one of these rows has its bit set.
    func holdsAll(_ rows: Range<Int>) -> Bool {
        for row in rows where !self[row] { return false }
        return true
    }
}

/// Writes the sections of a segment's sources.
struct SourceSectionWriter: ~Copyable {
    private let level: Int
    private var encoder: SourceBlockEncoder
    private var blocks = ByteBuffer(capacity: 1 << 20)
    private var entries: [SourceBlockEntry] = []
    private var index = ByteBuffer()
    private var blockCount = 0
    private var rowCount = 0
    private var dictionaries: [[UInt8]] = []
    private var ownDictionary: Int?
    private var hasPending = false

    init(_ options: SourceBlockOptions, _ file: inout SegmentFileWriter) {
        level = options.level
        encoder = SourceBlockEncoder(options: options)
        file.beginSection()
    }

    mutating func append(_ source: RawSpan) {
        encoder.append(source, into: &blocks, blocks: &entries)
        hasPending = true
    }

    /// Writes the blocks that are complete.
    mutating func writeBlocks(to file: inout SegmentFileWriter) throws(StorageError) {
        if entries.isEmpty { return }
        // Out of `self` for the time of writing, and back with its memory.
        var bytes = ByteBuffer()
        swap(&bytes, &blocks)
        for (number, entry) in entries.enumerated() {
            let end = number + 1 < entries.count ? entries[number + 1].offset : bytes.count
            if entry.codec == .rows && ownDictionary == nil {
                ownDictionary = try addDictionary(encoder.dictionary, file)
            }
            try write(
                SourceBlockPlace(
                    firstRow: 0, rowCount: entry.rowCount, range: 0..<0,
                    storedCount: entry.storedCount, rawCount: entry.rawCount, codec: entry.codec,
                    level: level,
                    dictionary: entry.codec == .rows ? ownDictionary : nil, checksum: 0),
                bytes.bytes.slice(entry.offset, end - entry.offset), to: &file)
        }
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll()
        swap(&bytes, &blocks)
    }

    private mutating func write(
        _ place: SourceBlockPlace, _ stored: RawSpan, to file: inout SegmentFileWriter
    ) throws(StorageError) {
        var place = place
        let offset = file.sectionCount
        let start = file.offset
        file.pending.append(stored)
        file.pending.pad(to: 8)
        place.range = offset..<file.sectionCount
        place.firstRow = rowCount
        rowCount += place.rowCount
        place.checksum = file.checksum(from: start)
        SourceIndex.append(place, to: &index)
        blockCount += 1
        try file.writeIfLarge()
    }

    /// Takes over a block of another segment as it is stored.
    mutating func copy(
        _ place: SourceBlockPlace, _ stored: SharedBytes, _ dictionary: [UInt8]?,
        to file: inout SegmentFileWriter
    ) throws(StorageError) {
        try flush(to: &file)
        var place = place
        place.dictionary = try addDictionary(dictionary ?? [], file)
        try write(place, stored.bytes, to: &file)
    }

    private mutating func flush(to file: inout SegmentFileWriter) throws(StorageError) {
        if !hasPending { return }
        encoder.finish(into: &blocks, blocks: &entries)
        try writeBlocks(to: &file)
        hasPending = false
    }

    /// The number of a dictionary, which may be known already; nil for an empty one.
    private mutating func addDictionary(
        _ bytes: [UInt8], _ file: borrowing SegmentFileWriter
    ) throws(StorageError) -> Int? {
        if bytes.isEmpty { return nil }
        if let known = dictionaries.firstIndex(of: bytes) { return known }
        guard dictionaries.count < SourceDictionaries.countMax else {
            throw .damaged(Damage(file.path, at: file.offset, "too many dictionaries of sources"))
        }
        dictionaries.append(bytes)
        return dictionaries.count - 1
    }

    mutating func finish(to file: inout SegmentFileWriter) throws(StorageError) {
        try flush(to: &file)
        try file.endSection(.sources, items: blockCount)
        if !dictionaries.isEmpty {
            file.beginSection()
            for dictionary in dictionaries { file.pending.append(UInt32(dictionary.count)) }
            for dictionary in dictionaries { file.pending.append(dictionary) }
            try file.endSection(.sourceDictionaries, items: dictionaries.count)
        }
        file.beginSection()
        file.pending.append(index.bytes)
        try file.endSection(.sourceIndex, items: blockCount)
    }
}

import VarveBytes
import VarveFiles

/// A block of a term dictionary, opened: up to 256 terms in order, and of each how many rows hold it and where in the
/// field's postings they are listed.
///
/// ```
/// length of the string block u32 | string block | offset of the first list varint | run of document frequencies
/// | run of list lengths | for text: run of the lengths of lists without positions
/// ```
struct TermBlockView: ~Escapable {
    let terms: StringBlockView
    private let frequencies: IntegerRunView
    private let lengths: IntegerRunView
    private let heads: IntegerRunView?
    private let firstList: UInt64

    /// - Parameters:
    ///   - bytes: a block whose checksum was verified.
    ///   - count: terms in the block, as its place in the dictionary says.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, count: Int, hasPositions: Bool) throws(FormatError) {
        var reader = ByteReader(bytes)
        let length: UInt32 = try reader.read()
        let strings = try reader.readBytes(Int(length))
        terms = try StringBlockView(strings, count: count)
        firstList = try reader.readVarint()
        frequencies = try IntegerRunView(bytes, at: reader.offset, count: count)
        lengths = try IntegerRunView(bytes, at: frequencies.end, count: count)
        heads = hasPositions ? try IntegerRunView(bytes, at: lengths.end, count: count) : nil
    }

    /// How many rows hold the term, checked against how many there are.
    func documentFrequency(_ place: Int, rowCount: Int) throws(FormatError) -> Int {
        let count = frequencies.value(at: place)
        guard count >= 0 && count <= Int64(rowCount) else {
            throw FormatError("a term of \(count) rows in \(rowCount)", offset: 0)
        }
        return Int(count)
    }

    /// Where in the postings section the term's list lies, checked against the section's length.
    func list(_ place: Int, sectionLength: UInt64) throws(FormatError) -> Range<UInt64> {
        var start = firstList
        for before in 0..<place { start = try advance(start, before, sectionLength) }
        let end = try advance(start, place, sectionLength)
        return start..<end
    }

    /// How much of the list, which lies in `list`, says rows and frequencies; positions follow.
    func head(_ place: Int, of list: Range<UInt64>) throws(FormatError) -> Range<UInt64> {
        guard let heads else { return list }
        let length = heads.value(at: place)
        guard length >= 0 && UInt64(length) <= UInt64(list.count) else {
            throw FormatError("rows of \(length) bytes in a list of \(list.count)", offset: 0)
        }
        return list.lowerBound..<(list.lowerBound + UInt64(length))
    }

    private func advance(_ start: UInt64, _ place: Int, _ limit: UInt64) throws(FormatError) -> UInt64 {
        let length = lengths.value(at: place)
        guard length >= 0 && start <= limit && UInt64(length) <= limit - start else {
            throw FormatError("a list of \(length) bytes at \(start) of \(limit)", offset: 0)
        }
        return start + UInt64(length)
    }
}

/// Writes one field's terms, their index and their postings, terms coming in order with the rows of each.
struct TermDictionaryWriter: ~Copyable {
    private let field: Int
    private let hasPostings: Bool
    private var strings = StringBlockWriter()
    private var frequencies: [Int64] = []
    private var lengths: [Int64] = []
    /// Of text: the lengths without positions.
    private var heads: [Int64] = []
    private let hasPositions: Bool
    private var firstList: UInt64 = 0
    private var nextList: UInt64 = 0
    private var integers = IntegerRunEncoder()
    private var index = StringIndexWriter()
    /// The blocks so far; written when the postings are, since sections lie one after the other.
    private var blocks = ByteBuffer()
    private var ends: [Int] = []
    /// Postings that are not yet in the file.
    private var pages = ByteBuffer()
    private var pageSums = ByteBuffer()
    private(set) var termCount = 0

    /// Begins the field's postings section, if it has one.
    init(
        field: Int, hasPostings: Bool, hasPositions: Bool = false, _ file: inout SegmentFileWriter
    ) {
        self.field = field
        self.hasPositions = hasPositions
        self.hasPostings = hasPostings
        if hasPostings { file.beginSection() }
    }

    /// - Parameter documentFrequency: how many rows hold the term.
    mutating func append(
        _ term: RawSpan, documentFrequency: Int, rows: Span<UInt32>, frequencies counts: Span<UInt32>,
        positions: Span<UInt32>, to file: inout SegmentFileWriter
    ) throws(StorageError) {
        strings.append(term)
        frequencies.append(Int64(documentFrequency))
        if hasPostings {
            let before = pages.count
            PostingsList.encode(rows, counts, to: &pages)
            heads.append(Int64(pages.count - before))
            if hasPositions { PositionsList.encode(positions, counts, to: &pages) }
            lengths.append(Int64(pages.count - before))
            nextList += UInt64(pages.count - before)
            if pages.count >= 16 * PostingsList.pageByteCount { try writePages(to: &file, isLast: false) }
        } else {
            lengths.append(0)
            heads.append(0)
        }
        termCount += 1
        if strings.count == StringBlock.countMax { try finishBlock(file.path, at: file.offset) }
    }

    private mutating func writePages(to file: inout SegmentFileWriter, isLast: Bool) throws(StorageError) {
        var at = 0
        while pages.count - at >= PostingsList.pageByteCount || (isLast && at < pages.count) {
            let count = min(PostingsList.pageByteCount, pages.count - at)
            let start = file.offset
            file.pending.append(pages.bytes.slice(at, count))
            pageSums.append(file.checksum(from: start))
            at += count
        }
        let rest = pages.bytes.slice(at, pages.count - at).copyBytes()
        pages.removeAll()
        pages.append(rest)
        try file.writeIfLarge()
    }

    private mutating func finishBlock(_ path: StorePath, at offset: UInt64) throws(StorageError) {
        let start = blocks.count
        blocks.append(UInt32(0))
        let isOrdered = strings.write(to: &blocks)
        blocks.overwrite(UInt32(blocks.count - start - 4), at: start)
        blocks.appendVarint(firstList)
        let counts = frequencies
        integers.append(counts.span, kind: .counts, to: &blocks)
        let sizes = lengths
        integers.append(sizes.span, kind: .counts, to: &blocks)
        if hasPositions {
            let starts = heads
            integers.append(starts.span, kind: .counts, to: &blocks)
        }
        blocks.pad(to: 8)
        guard isOrdered && index.append(strings, offset: UInt64(start)) else {
            throw .damaged(Damage(path, at: offset, "terms to be written are not in order"))
        }
        ends.append(blocks.count)
        strings.removeAll()
        frequencies = []
        lengths = []
        heads = []
        firstList = nextList
    }

    /// Writes what is left: the postings and the sums of their pages, the terms and their index.
    mutating func finish(to file: inout SegmentFileWriter) throws(StorageError) {
        if strings.count > 0 { try finishBlock(file.path, at: file.offset) }
        if hasPostings {
            try writePages(to: &file, isLast: true)
            try file.endSection(.postings, field: field, items: termCount)
            file.beginSection()
            file.pending.append(pageSums.bytes)
            try file.endSection(.postingsIndex, field: field, items: pageSums.count / 8)
        }
        file.beginSection()
        var start = 0
        for (block, end) in ends.enumerated() {
            let offset = file.offset
            file.pending.append(blocks.bytes.slice(start, end - start))
            index.setChecksum(file.checksum(from: offset), ofBlock: block)
            start = end
            try file.writeIfLarge()
        }
        try file.endSection(.terms, field: field, items: termCount)
        file.beginSection()
        index.write(to: &file.pending)
        try file.endSection(.termIndex, field: field, items: ends.count)
    }
}

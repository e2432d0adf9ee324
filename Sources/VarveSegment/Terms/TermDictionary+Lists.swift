import VarveBytes
import VarveFiles

/// Where a term's list lies in the postings of its field, and what it says.
private struct ListPlace {
    /// Rows that hold the term.
    var count: Int
    var list: Range<UInt64>
    /// The part of it that comes before the positions.
    var head: Range<UInt64>
}

/// Reading lists: rows, frequencies and positions of a term.
extension TermDictionary {
    /// Replaces `rows` and `frequencies` by the term's; only for fields with postings.
    func readPostings(
        _ ordinal: Int, rows: inout [UInt32], frequencies: inout [UInt32]
    ) throws(StorageError) {
        let (place, sections) = try self.place(of: ordinal)
        try withBytes(of: place.head, sections) { (bytes) throws(FormatError) in
            try PostingsList.decode(
                bytes, count: place.count, rowCount: rowCount, hasFrequencies: hasFrequencies, rows: &rows,
                frequencies: &frequencies)
        }
    }

    /// The same, with the positions of a text's tokens.
    func readPositions(
        _ ordinal: Int, rows: inout [UInt32], frequencies: inout [UInt32], positions: inout [UInt32]
    ) throws(StorageError) {
        precondition(hasFrequencies, "the field has no positions")
        let (place, sections) = try self.place(of: ordinal)
        try withBytes(of: place.list, sections) { (bytes) throws(FormatError) in
            let head = place.head.count
            try PostingsList.decode(
                bytes.slice(0, head), count: place.count, rowCount: rowCount, hasFrequencies: true,
                rows: &rows, frequencies: &frequencies)
            try PositionsList.decode(
                bytes.slice(head, bytes.byteCount - head), frequencies, into: &positions)
        }
    }

    private func place(
        of ordinal: Int
    ) throws(StorageError) -> (ListPlace, (lists: SectionEntry, sums: SectionEntry)) {
        precondition(ordinal >= 0 && ordinal < termCount, "no such term")
        guard let postings else { preconditionFailure("the field has no postings") }
        let at = ordinal % StringBlock.countMax
        let place = try withBlock(ordinal / StringBlock.countMax) { (view) throws(FormatError) in
            let list = try view.list(at, sectionLength: postings.lists.length)
            return ListPlace(
                count: try view.documentFrequency(at, rowCount: rowCount), list: list,
                head: try view.head(at, of: list))
        }
        return (place, postings)
    }

    /// Calls `body` with a part of the postings section; what is wrong with it is damage there.
    private func withBytes(
        of range: Range<UInt64>, _ postings: (lists: SectionEntry, sums: SectionEntry),
        _ body: (RawSpan) throws(FormatError) -> Void
    ) throws(StorageError) {
        let pageLength = UInt64(PostingsList.pageByteCount)
        let first = range.lowerBound / pageLength * pageLength
        let end = min((range.upperBound + pageLength - 1) / pageLength * pageLength, postings.lists.length)
        let bytes = try readPages(first..<max(first, end), postings)
        do throws(FormatError) {
            try body(bytes.bytes.slice(Int(range.lowerBound - first), range.count))
        } catch {
            throw file.damage(from: postings.lists.offset + range.lowerBound, error)
        }
    }

    /// Reads whole pages and verifies each. A page alone is kept in the cache.
    private func readPages(
        _ range: Range<UInt64>, _ postings: (lists: SectionEntry, sums: SectionEntry)
    ) throws(StorageError) -> SharedBytes {
        let sums = try pageSums.value { () throws(StorageError) in
            try file.verified(postings.sums.range, postings.sums.checksum)
        }
        let pageLength = PostingsList.pageByteCount
        let start = postings.lists.offset + range.lowerBound
        let first = Int(range.lowerBound) / pageLength
        if range.count <= pageLength {
            if range.isEmpty { return SharedBytes(ByteBuffer()) }
            return try file.cached(start..<(start + UInt64(range.count)), sums.bytes.load(at: first * 8))
        }
        let bytes = try file.read(start..<(start + UInt64(range.count)))
        var at = 0
        while at < bytes.count {
            let count = min(pageLength, bytes.count - at)
            let expected: UInt64 = sums.bytes.load(at: (first + at / pageLength) * 8)
            if file.seed.checksum(bytes.bytes.slice(at, count), at: start + UInt64(at)) != expected {
                return try readEachPage(start..<(start + UInt64(range.count)), sums, first)
            }
            at += count
        }
        return bytes
    }

    /// The same, page by page: tells which of them is damaged, or finds that none is.
    private func readEachPage(
        _ range: Range<UInt64>, _ sums: SharedBytes, _ first: Int
    ) throws(StorageError) -> SharedBytes {
        var buffer = ByteBuffer(capacity: range.count)
        var page = first
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + UInt64(PostingsList.pageByteCount), range.upperBound)
            let bytes = try file.verified(start..<end, sums.bytes.load(at: page * 8))
            buffer.append(bytes.bytes)
            page += 1
            start = end
        }
        return SharedBytes(buffer)
    }
}

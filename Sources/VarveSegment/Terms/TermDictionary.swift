import VarveBytes
import VarveDocument
import VarveFiles

/// The terms of one field of an open segment, and their postings.
struct TermDictionary: Sendable {
    let field: Int
    let termCount: Int
    let rowCount: Int
    let hasFrequencies: Bool
    let file: SegmentFile
    private let blocks: SectionEntry
    private let indexEntry: SectionEntry
    /// Where postings and the sums of their pages lie; nil for a field without postings.
    let postings: (lists: SectionEntry, sums: SectionEntry)?
    private let index = LoadedOnce<StringIndex>()
    let pageSums = LoadedOnce<SharedBytes>()
    /// Of a text: the length of each row in one byte.
    let lengthBytes = LoadedOnce<[UInt8]>()

    init(
        _ field: SegmentField, _ number: Int, _ sections: SectionTable, _ opener: SegmentOpener, rowCount: Int
    ) throws(StorageError) {
        self.field = number
        self.rowCount = rowCount
        termCount = field.termCount
        hasFrequencies = field.definition.type == .text
        file = opener.file
        blocks = try sections.entry(.terms, field: number, opener)
        indexEntry = try sections.entry(.termIndex, field: number, opener)
        if field.definition.hasPostings {
            let lists = try sections.entry(.postings, field: number, opener)
            let sums = try sections.entry(.postingsIndex, field: number, opener)
            let pages =
                (lists.length + UInt64(PostingsList.pageByteCount) - 1) / UInt64(PostingsList.pageByteCount)
            guard sums.length == pages * 8 else {
                throw opener.file.damage(at: sums.offset, "\(sums.length) bytes of sums for \(pages) pages")
            }
            postings = (lists, sums)
        } else {
            postings = nil
        }
        let blockCount = (termCount + StringBlock.countMax - 1) / StringBlock.countMax
        guard indexEntry.itemCount == blockCount else {
            throw opener.file.damage(
                at: indexEntry.offset, "\(indexEntry.itemCount) blocks of \(termCount) terms")
        }
    }

    var hasPostings: Bool { postings != nil }

    /// The sparse index, loaded when it is first needed.
    func loadIndex() throws(StorageError) -> StringIndex {
        try index.value { () throws(StorageError) in
            let bytes = try file.verified(indexEntry.range, indexEntry.checksum)
            do throws(FormatError) {
                return try StringIndex(
                    bytes, blockCount: indexEntry.itemCount, sectionLength: blocks.length)
            } catch {
                throw file.damage(from: indexEntry.offset, error)
            }
        }
    }

    private func range(_ block: Int, _ index: StringIndex) -> Range<UInt64> {
        let own = index.range(block)
        return (blocks.offset + own.lowerBound)..<(blocks.offset + own.upperBound)
    }

    private func count(ofBlock block: Int) -> Int {
        min(StringBlock.countMax, termCount - block * StringBlock.countMax)
    }

    /// Calls `body` with a view of a block.
    func withBlock<Answer>(
        _ block: Int, _ body: (borrowing TermBlockView) throws(FormatError) -> Answer
    ) throws(StorageError) -> Answer {
        let index = try loadIndex()
        let range = range(block, index)
        let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
        do throws(FormatError) {
            let view = try TermBlockView(
                bytes.bytes, count: count(ofBlock: block), hasPositions: hasFrequencies)
            return try body(view)
        } catch {
            throw file.damage(from: range.lowerBound, error)
        }
    }

    func position(of term: RawSpan) throws(StorageError) -> TermPosition {
        let index = try loadIndex()
        let block = index.block(for: term)
        let range = range(block, index)
        let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
        do throws(FormatError) {
            let view = try TermBlockView(
                bytes.bytes, count: count(ofBlock: block), hasPositions: hasFrequencies)
            let (place, isEqual) = try view.terms.firstPlace(notBefore: term)
            let ordinal = block * StringBlock.countMax + place
            return isEqual ? .found(ordinal) : .absent(ordinal)
        } catch {
            throw file.damage(from: range.lowerBound, error)
        }
    }

    func appendTerm(_ ordinal: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        precondition(ordinal >= 0 && ordinal < termCount, "no such term")
        let index = try loadIndex()
        let block = ordinal / StringBlock.countMax
        let range = range(block, index)
        let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
        do throws(FormatError) {
            let view = try TermBlockView(
                bytes.bytes, count: count(ofBlock: block), hasPositions: hasFrequencies)
            try view.terms.append(ordinal % StringBlock.countMax, to: &buffer)
        } catch {
            throw file.damage(from: range.lowerBound, error)
        }
    }

    /// Appends the terms of these ordinals, back to back, and their ends.
    func appendTerms(
        _ ordinals: Range<Int>, to buffer: inout ByteBuffer, ends: inout [UInt32]
    ) throws(StorageError) {
        precondition(ordinals.lowerBound >= 0 && ordinals.upperBound <= termCount, "no such terms")
        let index = try loadIndex()
        var next = ordinals.lowerBound
        while next < ordinals.upperBound {
            let block = next / StringBlock.countMax
            let first = block * StringBlock.countMax
            let end = min(first + count(ofBlock: block), ordinals.upperBound)
            let range = range(block, index)
            let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
            do throws(FormatError) {
                let view = try TermBlockView(
                    bytes.bytes, count: count(ofBlock: block), hasPositions: hasFrequencies)
                try view.terms.append((next - first)..<(end - first), to: &buffer, ends: &ends)
            } catch {
                throw file.damage(from: range.lowerBound, error)
            }
            next = end
        }
    }

    func documentFrequency(_ ordinal: Int) throws(StorageError) -> Int {
        precondition(ordinal >= 0 && ordinal < termCount, "no such term")
        return try withBlock(ordinal / StringBlock.countMax) { (view) throws(FormatError) in
            try view.documentFrequency(ordinal % StringBlock.countMax, rowCount: rowCount)
        }
    }
}

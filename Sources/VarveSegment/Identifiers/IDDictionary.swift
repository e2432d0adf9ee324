import VarveBytes
import VarveFiles

/// The ids of an open segment: from an id to its rows, and from a place in id order to the id and its row.
final class IDDictionary: Sendable {
    private let file: SegmentFile
    private let rowCount: Int
    private let blocks: SectionEntry
    private let indexEntry: SectionEntry
    private let filterEntry: SectionEntry
    private let index = LoadedOnce<StringIndex>()
    private let filter = LoadedOnce<IDFilter>()
    private let recent = Locked(RecentIDs())

    init(_ sections: SectionTable, _ opener: SegmentOpener, rowCount: Int) throws(StorageError) {
        file = opener.file
        self.rowCount = rowCount
        blocks = try sections.entry(.ids, opener)
        indexEntry = try sections.entry(.idIndex, opener)
        filterEntry = try sections.entry(.idFilter, opener)
        let blockCount = (rowCount + StringBlock.countMax - 1) / StringBlock.countMax
        guard indexEntry.itemCount == blockCount else {
            throw opener.file.damage(
                at: indexEntry.offset, "\(indexEntry.itemCount) blocks of \(rowCount) ids")
        }
    }

    /// The filter, loaded when it is first needed and then kept: eleven bits a row.
    func loadFilter() throws(StorageError) -> IDFilter {
        try filter.value { () throws(StorageError) in
            let bytes = try file.verified(filterEntry.range, filterEntry.checksum)
            do throws(FormatError) {
                return try IDFilter(bytes)
            } catch {
                throw file.damage(from: filterEntry.offset, error)
            }
        }
    }

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
        min(StringBlock.countMax, rowCount - block * StringBlock.countMax)
    }

    /// Appends the rows with this id, newest first.
    func find(_ id: RawSpan, into rows: inout [UInt32]) throws(StorageError) {
        let index = try loadIndex()
        var block = index.block(for: id)
        var isFirst = true
        while true {
            let range = range(block, index)
            let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
            let count = count(ofBlock: block)
            do throws(FormatError) {
                let view = try IDBlockView(bytes.bytes, count: count, rowCount: rowCount)
                var place = 0
                if isFirst {
                    let found = try view.ids.firstPlace(notBefore: id)
                    if !found.isEqual { return }
                    place = found.place
                } else if try !view.ids.isEqual(0, to: id) {
                    return
                }
                rows.append(try view.row(place))
                place += 1
                while place < count {
                    guard try view.ids.isEqual(place, to: id) else { return }
                    rows.append(try view.row(place))
                    place += 1
                }
            } catch {
                throw file.damage(from: range.lowerBound, error)
            }
            isFirst = false
            block += 1
            if block == index.blockCount || !index.runsOn(block) { return }
        }
    }

    /// Appends the id at a place of the id order.
    func append(idAt place: Int, to buffer: inout ByteBuffer) throws(StorageError) {
        let block = place / StringBlock.countMax
        let inside = place % StringBlock.countMax
        let (held, isSecond) = recent.withLock { $0.find(block) }
        if let held {
            held.append(inside, to: &buffer)
            return
        }
        let index = try loadIndex()
        let range = range(block, index)
        let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
        do throws(FormatError) {
            let view = try IDBlockView(bytes.bytes, count: count(ofBlock: block), rowCount: rowCount)
            if isSecond {
                let decoded = try DecodedIDs(view.ids)
                decoded.append(inside, to: &buffer)
                recent.withLock { $0.insert(decoded, block) }
            } else {
                try view.ids.append(inside, to: &buffer)
            }
        } catch {
            throw file.damage(from: range.lowerBound, error)
        }
    }

    /// Replaces `ids` by the ids at these places, with their rows.
    func read(_ places: Range<Int>, into ids: inout SortedIDs) throws(StorageError) {
        precondition(places.lowerBound >= 0 && places.upperBound <= rowCount, "no such places")
        ids.bytes.removeAll()
        ids.rows.removeAll(keepingCapacity: true)
        ids.offsets.removeAll(keepingCapacity: true)
        ids.offsets.append(0)
        let index = try loadIndex()
        var scratch: [Int64] = []
        var next = places.lowerBound
        while next < places.upperBound {
            let block = next / StringBlock.countMax
            let first = block * StringBlock.countMax
            let end = min(first + count(ofBlock: block), places.upperBound)
            let range = range(block, index)
            let bytes = try file.cachedStrings(range, index.checksum(block), count: count(ofBlock: block))
            do throws(FormatError) {
                let view = try IDBlockView(bytes.bytes, count: count(ofBlock: block), rowCount: rowCount)
                try view.ids.append((next - first)..<(end - first), to: &ids.bytes, ends: &ids.offsets)
                try view.appendRows((next - first)..<(end - first), to: &ids.rows, scratch: &scratch)
            } catch {
                throw file.damage(from: range.lowerBound, error)
            }
            next = end
        }
    }
}

/// The ids of one block, whole.
private final class DecodedIDs: Sendable {
    private let bytes: SharedBytes
    private let ends: [UInt32]

    init(_ view: borrowing StringBlockView) throws(FormatError) {
        var buffer = ByteBuffer()
        var ends: [UInt32] = []
        try view.append(0..<view.count, to: &buffer, ends: &ends)
        bytes = SharedBytes(buffer)
        self.ends = ends
    }

    func append(_ place: Int, to buffer: inout ByteBuffer) {
        let start = place == 0 ? 0 : Int(ends[place - 1])
        let held = bytes
        buffer.append(held.bytes.slice(start, Int(ends[place]) - start))
    }
}

/// The last few blocks whose ids were asked for more than once in a row: hits of one page lie together.
private struct RecentIDs: Sendable {
    private static let slotCount = 8
    private var blocks = [Int](repeating: -1, count: slotCount)
    private var decoded = [DecodedIDs?](repeating: nil, count: slotCount)

    /// The block, if it is held; otherwise whether it is the one that was last asked for in its slot.
    mutating func find(_ block: Int) -> (DecodedIDs?, isSecond: Bool) {
        let slot = block % Self.slotCount
        if blocks[slot] == block { return (decoded[slot], true) }
        blocks[slot] = block
        decoded[slot] = nil
        return (nil, false)
    }

    mutating func insert(_ ids: DecodedIDs, _ block: Int) {
        let slot = block % Self.slotCount
        blocks[slot] = block
        decoded[slot] = ids
    }
}

import VarveBytes

/// Where the blocks of a sorted dictionary lie and which strings each may hold: the sparse index of terms and of
/// ids. The format page is `docs/formats/segment.md` (string indexes).
///
/// ```
/// an entry a block, 24 bytes: checksum u64 | offset u64, top bit: runs on | key end u32 | 0 u32
/// then the keys, back to back
/// ```
///
/// A block's key is at most its first string and greater than the last string of the block before, as short as
/// that allows. Where a run of equal ids crosses into a block no such key exists: the key is the id, and the
/// top bit of the offset is set.
struct StringIndex: Sendable {
    static let entryByteCount = 24
    static let runsOn: UInt64 = 1 &<< 63

    let blockCount: Int
    private let bytes: SharedBytes
    private let sectionLength: UInt64

    /// - Parameters:
    ///   - bytes: the section, whose checksum was verified.
    ///   - sectionLength: how long the section is that holds the blocks.
    init(_ bytes: SharedBytes, blockCount: Int, sectionLength: UInt64) throws(FormatError) {
        self.bytes = bytes
        self.blockCount = blockCount
        self.sectionLength = sectionLength
        let span = bytes.bytes
        guard blockCount >= 0 && blockCount <= span.byteCount / Self.entryByteCount else {
            throw FormatError("\(blockCount) blocks in an index of \(span.byteCount) bytes", offset: 0)
        }
        let keyBytes = UInt32(clamping: span.byteCount - blockCount * Self.entryByteCount)
        var (lastOffset, lastKeyEnd) = (UInt64(0), UInt32(0))
        for block in 0..<blockCount {
            let at = block * Self.entryByteCount
            let offset = span.load(UInt64.self, at: at + 8) & ~Self.runsOn
            let keyEnd: UInt32 = span.load(at: at + 16)
            let isFirst = block == 0
            guard isFirst ? offset == 0 : offset > lastOffset, offset < sectionLength, offset % 8 == 0,
                keyEnd >= lastKeyEnd, keyEnd <= keyBytes,
                keyEnd - lastKeyEnd <= UInt32(StringBlock.lengthMax),
                span.load(UInt32.self, at: at + 20) == 0
            else { throw FormatError("a block at \(offset) with a key up to \(keyEnd)", offset: at) }
            (lastOffset, lastKeyEnd) = (offset, keyEnd)
        }
        guard lastKeyEnd == keyBytes else { throw FormatError("bytes behind the last key", offset: 0) }
    }

    func checksum(_ block: Int) -> UInt64 { bytes.bytes.load(at: block * Self.entryByteCount) }

    /// Where the block lies in its section.
    func range(_ block: Int) -> Range<UInt64> {
        let end = block + 1 == blockCount ? sectionLength : offset(block + 1)
        return offset(block)..<end
    }

    private func offset(_ block: Int) -> UInt64 {
        bytes.bytes.load(UInt64.self, at: block * Self.entryByteCount + 8) & ~Self.runsOn
    }

    /// The block begins within a run of equal strings.
    func runsOn(_ block: Int) -> Bool {
        bytes.bytes.load(UInt64.self, at: block * Self.entryByteCount + 8) & Self.runsOn != 0
    }

    private func compareKey(_ block: Int, to wanted: RawSpan) -> Int {
        let span = bytes.bytes
        let start = block == 0 ? 0 : Int(span.load(UInt32.self, at: (block - 1) * Self.entryByteCount + 16))
        let end = Int(span.load(UInt32.self, at: block * Self.entryByteCount + 16))
        return span.slice(blockCount * Self.entryByteCount + start, end - start).compare(wanted)
    }

    /// The block in which the first string not less than `wanted` lies, or the block before it.
    func block(for wanted: RawSpan) -> Int {
        var (low, high) = (0, blockCount - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if compareKey(middle, to: wanted) <= 0 { low = middle } else { high = middle - 1 }
        }
        while low > 0 && runsOn(low) && compareKey(low, to: wanted) == 0 { low -= 1 }
        return low
    }
}

/// Gathers the index while the blocks are written.
struct StringIndexWriter: ~Copyable {
    private var entries = ByteBuffer()
    private var keys = ByteBuffer()
    private(set) var blockCount = 0
    private var last = ByteBuffer()

    init() {}

    /// Adds the block of `strings`; false if it starts before the end of the block before. Its checksum may
    /// follow, when it is known where the block lies.
    mutating func append(
        _ strings: borrowing StringBlockWriter, checksum: UInt64 = 0, offset: UInt64
    ) -> Bool {
        let first = strings.first
        let order = blockCount == 0 ? 1 : first.compare(last.bytes)
        if order < 0 { return false }
        if blockCount > 0 {
            // One byte more than what the neighbours share tells them apart; all of it if they are equal.
            var same = 0
            let limit = min(first.byteCount, last.count)
            while same < limit && first.byte(at: same) == last.bytes.byte(at: same) { same += 1 }
            keys.append(first.slice(0, min(same + 1, first.byteCount)))
        }
        entries.append(checksum)
        entries.append(order == 0 ? offset | StringIndex.runsOn : offset)
        entries.append(UInt32(keys.count))
        entries.append(UInt32(0))
        blockCount += 1
        last.removeAll()
        last.append(strings.last)
        return true
    }

    mutating func setChecksum(_ checksum: UInt64, ofBlock block: Int) {
        entries.overwrite(checksum, at: block * StringIndex.entryByteCount)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(entries.bytes)
        buffer.append(keys.bytes)
    }
}

import VarveBytes

/// The rows of one term, and for text how often each holds it. The format page is `docs/formats/segment.md`
/// (postings).
///
/// ```
/// chunks of 128 rows, and of what is left if that is 8 rows or more:
///     width u8 | for text: width of frequencies u8 | packed gaps | for text: packed frequencies - 1
/// fewer than 8 rows: per row the gap as a varint, followed for text by frequency - 1 as a varint
/// ```
/// A gap is the number of rows between a row and the one before it in the list, the first counted from -1.
enum PostingsList {
    static let chunkCount = 128
    /// Shorter lists, and ends of lists, are varints.
    static let packedMin = 8
    /// Pages of a postings section, each with a checksum of its own.
    static let pageByteCount = 4096

    static func encode(_ rows: Span<UInt32>, _ frequencies: Span<UInt32>, to buffer: inout ByteBuffer) {
        let hasFrequencies = frequencies.count > 0
        var last: UInt32 = .max
        var at = 0
        while rows.count - at >= packedMin {
            let count = min(chunkCount, rows.count - at)
            var gaps: UInt32 = 0
            var most: UInt32 = 0
            var before = last
            for place in at..<(at + count) {
                gaps |= rows[place] &- before &- 1
                before = rows[place]
                if hasFrequencies { most |= frequencies[place] &- 1 }
            }
            let width = BitPacking.width(of: UInt64(gaps))
            buffer.append(UInt8(width))
            let frequencyWidth = BitPacking.width(of: UInt64(most))
            if hasFrequencies { buffer.append(UInt8(frequencyWidth)) }
            buffer.appendPacked(count: count, width: width) {
                UInt64(rows[at &+ $0] &- ($0 == 0 ? last : rows[at &+ $0 &- 1]) &- 1)
            }
            if hasFrequencies {
                buffer.appendPacked(count: count, width: frequencyWidth) {
                    UInt64(frequencies[at &+ $0] &- 1)
                }
            }
            last = before
            at += count
        }
        while at < rows.count {
            buffer.appendVarint(UInt64(rows[at] &- last &- 1))
            if hasFrequencies { buffer.appendVarint(UInt64(frequencies[at] &- 1)) }
            last = rows[at]
            at += 1
        }
    }

    /// Replaces `rows` and `frequencies` by the list that `bytes` hold, all of them.
    static func decode(
        _ bytes: RawSpan, count: Int, rowCount: Int, hasFrequencies: Bool, rows: inout [UInt32],
        frequencies: inout [UInt32]
    ) throws(FormatError) {
        guard count <= rowCount else {
            throw FormatError("a term of \(count) rows in \(rowCount)", offset: 0)
        }
        resize(&rows, to: count)
        resize(&frequencies, to: hasFrequencies ? count : 0)
        var reader = ByteReader(bytes)
        var last: Int64 = -1
        var at = 0
        while count - at >= packedMin {
            let length = min(chunkCount, count - at)
            let width = try reader.readWidth()
            let frequencyWidth = hasFrequencies ? try reader.readWidth() : 0
            guard width <= 32 && frequencyWidth <= 32 else {
                throw FormatError("widths of \(width) and \(frequencyWidth) bits", offset: reader.offset)
            }
            let start = try reader.skipPacked(length, width)
            last = unpackRows(bytes, start, length, width, after: last, into: &rows, at: at)
            if hasFrequencies {
                let start = try reader.skipPacked(length, frequencyWidth)
                unpackFrequencies(bytes, start, length, frequencyWidth, into: &frequencies, at: at)
            }
            at += length
        }
        while at < count {
            last += Int64(try reader.readCount(limit: rowCount, of: "a gap")) + 1
            rows[at] = UInt32(truncatingIfNeeded: last)
            if hasFrequencies {
                frequencies[at] = UInt32(try reader.readCount(limit: Int(Int32.max), of: "a frequency")) + 1
            }
            at += 1
        }
        // Gaps are not negative, so rows ascend and the last is the greatest.
        guard last < Int64(rowCount) else { throw FormatError("row \(last) of \(rowCount)", offset: 0) }
        try reader.expectEnd(of: "a list of rows")
    }

    private static func unpackRows(
        _ bytes: RawSpan, _ start: Int, _ count: Int, _ width: Int, after last: Int64,
        into rows: inout [UInt32], at: Int
    ) -> Int64 {
        var target = rows.mutableSpan
        bytes.unpack(from: start, count: count, width: width, into: &target, at: at)
        var sum = last
        for place in at..<(at + count) {
            sum &+= Int64(target[place]) &+ 1
            target[place] = UInt32(truncatingIfNeeded: sum)
        }
        return sum
    }

    private static func unpackFrequencies(
        _ bytes: RawSpan, _ start: Int, _ count: Int, _ width: Int, into frequencies: inout [UInt32], at: Int
    ) {
        var target = frequencies.mutableSpan
        bytes.unpack(from: start, count: count, width: width, into: &target, at: at)
        for place in at..<(at + count) { target[place] &+= 1 }
    }

    private static func resize(_ list: inout [UInt32], to count: Int) {
        if list.count > count {
            list.removeLast(list.count - count)
        } else {
            list.append(contentsOf: repeatElement(0, count: count - list.count))
        }
    }
}

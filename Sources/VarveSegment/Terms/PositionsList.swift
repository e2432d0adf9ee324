import VarveBytes

/// Where in its rows a term of a text stands. The format page is `docs/formats/segment.md` (postings).
///
/// ```
/// chunks of 128 steps, and of what is left if that is 8 steps or more: width u8 | packed steps
/// fewer than 8 steps: varints
/// ```
/// There is a step for every position, row after row: the first position of a row as it is, then the number of
/// positions between one and the next.
enum PositionsList {
    private static let chunkCount = PostingsList.chunkCount
    private static let packedMin = PostingsList.packedMin
    /// A position is below this.
    private static let positionsMax: UInt64 = 1 << 31

    static func encode(_ positions: Span<UInt32>, _ frequencies: Span<UInt32>, to buffer: inout ByteBuffer) {
        var steps: [UInt32] = []
        steps.reserveCapacity(positions.count)
        var at = 0
        for row in 0..<frequencies.count {
            var next: UInt32 = 0
            for _ in 0..<frequencies[row] {
                steps.append(positions[at] &- next)
                next = positions[at] &+ 1
                at &+= 1
            }
        }
        at = 0
        while steps.count - at >= packedMin {
            let count = min(chunkCount, steps.count - at)
            var bits: UInt32 = 0
            for place in at..<(at + count) { bits |= steps[place] }
            let width = BitPacking.width(of: UInt64(bits))
            buffer.append(UInt8(width))
            buffer.appendPacked(count: count, width: width) { UInt64(steps[at &+ $0]) }
            at += count
        }
        while at < steps.count {
            buffer.appendVarint(UInt64(steps[at]))
            at += 1
        }
    }

    /// Replaces `positions` by those that `bytes` hold, all of them: as many a row as its frequency.
    static func decode(
        _ bytes: RawSpan, _ frequencies: [UInt32], into positions: inout [UInt32]
    ) throws(FormatError) {
        var count = 0
        for frequency in frequencies { count += Int(frequency) }
        // A chunk takes a byte at least.
        guard count <= (bytes.byteCount + 1) * chunkCount else {
            throw FormatError("\(count) positions in \(bytes.byteCount) bytes", offset: 0)
        }
        positions.removeAll(keepingCapacity: true)
        positions.append(contentsOf: repeatElement(0, count: count))
        var reader = ByteReader(bytes)
        var at = 0
        while count - at >= packedMin {
            let length = min(chunkCount, count - at)
            let width = try reader.readWidth()
            guard width <= 32 else { throw FormatError("a width of \(width) bits", offset: reader.offset) }
            let start = try reader.skipPacked(length, width)
            var target = positions.mutableSpan
            bytes.unpack(from: start, count: length, width: width, into: &target, at: at)
            at += length
        }
        while at < count {
            positions[at] = UInt32(try reader.readCount(limit: Int(Int32.max), of: "a position"))
            at += 1
        }
        try reader.expectEnd(of: "a list of positions")
        try sum(frequencies, &positions)
    }

    /// Steps become positions.
    private static func sum(_ frequencies: [UInt32], _ positions: inout [UInt32]) throws(FormatError) {
        var at = 0
        var highest: UInt64 = 0
        for frequency in frequencies {
            var next: UInt64 = 0
            for _ in 0..<frequency {
                let position = next &+ UInt64(positions[at])
                positions[at] = UInt32(truncatingIfNeeded: position)
                next = position &+ 1
                at &+= 1
            }
            highest = max(highest, next)
        }
        guard highest <= positionsMax else { throw FormatError("a position of \(highest)", offset: 0) }
    }
}

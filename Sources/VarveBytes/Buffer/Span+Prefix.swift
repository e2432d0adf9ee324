extension RawSpan {
    /// The first eight of the `count` bytes at `offset` as a number that orders as they do bytewise: big-endian,
    /// with zeros for what is missing. Bytes past the `count` are never part of it.
    ///
    /// Taken from the whole span and not from a slice, so that a short run inside a long one costs one load.
    @inlinable
    @inline(__always)
    package func orderedPrefix(at offset: Int, count: Int) -> UInt64 {
        if count <= 0 { return 0 }
        precondition(offset >= 0 && count <= byteCount &- offset, "a prefix of bytes outside the span")
        let unwanted = count < 8 ? UInt64(64 &- 8 &* count) : 0
        if offset &+ 8 <= byteCount {
            return (load(UInt64.self, at: offset).byteSwapped &>> unwanted) &<< unwanted
        }
        if byteCount >= 8 {
            let back = offset &+ 8 &- byteCount
            let word = load(UInt64.self, at: byteCount &- 8).byteSwapped &<< UInt64(8 &* back)
            return (word &>> unwanted) &<< unwanted
        }
        var prefix: UInt64 = 0
        for at in 0..<Swift.min(count, 8) {
            prefix |= UInt64(byte(at: offset &+ at)) &<< UInt64(56 &- 8 &* at)
        }
        return prefix
    }
}

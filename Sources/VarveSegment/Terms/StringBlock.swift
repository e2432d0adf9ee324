import VarveBytes

/// Up to 256 strings in bytewise order, each kept as what differs from the one before: terms, and document ids.
/// The format page is `docs/formats/segment.md` (string blocks).
///
/// ```
/// common length varint, common bytes | shared width u8 | suffix width u8 | base suffix varint | ends width u8
/// packed shared lengths | packed suffix lengths | packed ends of groups | suffixes
/// ```
///
/// The first of each group of 32 shares only the common bytes, so a search looks at group heads first and then
/// walks through one group. Lengths are checked while walking; nothing here traps, whatever the bytes are.
enum StringBlock {
    static let countMax = 256
    static let groupCount = 32
    /// The longest term; ids are shorter.
    static let lengthMax = 32_766
}

/// Gathers strings in order and writes them as blocks.
struct StringBlockWriter: ~Copyable {
    /// All strings of the pending block, whole, back to back.
    private var bytes = ByteBuffer()
    private var ends: [Int] = []

    init() {}

    var count: Int { ends.count }

    /// The last string.
    var last: RawSpan {
        @_lifetime(borrow self)
        get { string(ends.count - 1) }
    }

    var first: RawSpan {
        @_lifetime(borrow self)
        get { string(0) }
    }

    @_lifetime(borrow self)
    private func string(_ place: Int) -> RawSpan {
        let start = place == 0 ? 0 : ends[place - 1]
        return bytes.bytes.slice(start, ends[place] - start)
    }

    mutating func append(_ string: RawSpan) {
        bytes.append(string)
        ends.append(bytes.count)
    }

    mutating func removeAll() {
        bytes.removeAll()
        ends.removeAll(keepingCapacity: true)
    }

    /// Appends the block of the strings so far; false if they are not in order.
    func write(to buffer: inout ByteBuffer) -> Bool {
        let count = ends.count
        precondition(count >= 1 && count <= StringBlock.countMax, "a string block has 1 to 256 strings")
        let all = bytes.bytes
        let common = Self.sharedCount(string(0), string(count - 1))
        var sharedCounts: [UInt64] = []
        var suffixCounts: [UInt64] = []
        var suffixes = ByteBuffer(capacity: bytes.count)
        var groupEnds: [UInt64] = []
        sharedCounts.reserveCapacity(count)
        suffixCounts.reserveCapacity(count)
        var (sharedMax, shortest, longest) = (UInt64(0), UInt64.max, UInt64(0))
        var (lastStart, lastLength, start) = (0, 0, 0)
        var isOrdered = true
        for place in 0..<count {
            let length = ends[place] &- start
            let own = all.slice(start, length)
            var same = common
            if place > 0 {
                let before = all.slice(lastStart, lastLength)
                let shared = Self.sharedCount(before, own)
                isOrdered = isOrdered && Self.ascends(before, own, past: shared)
                if place % StringBlock.groupCount != 0 {
                    same = shared
                } else {
                    groupEnds.append(UInt64(suffixes.count))
                }
            }
            guard same >= common else { return false }
            suffixes.append(own.slice(same, length &- same))
            let extra = UInt64(same &- common)
            let rest = UInt64(length &- same)
            sharedCounts.append(extra)
            suffixCounts.append(rest)
            sharedMax = max(sharedMax, extra)
            shortest = min(shortest, rest)
            longest = max(longest, rest)
            (lastStart, lastLength, start) = (start, length, ends[place])
        }
        let sharedWidth = BitPacking.width(of: sharedMax)
        let suffixWidth = BitPacking.width(of: longest - shortest)
        let endWidth = BitPacking.width(of: groupEnds.last ?? 0)
        buffer.appendSized(all.slice(0, common))
        buffer.append(UInt8(sharedWidth))
        buffer.append(UInt8(suffixWidth))
        buffer.appendVarint(shortest)
        buffer.append(UInt8(endWidth))
        buffer.appendPacked(sharedCounts.span, width: sharedWidth)
        let base = shortest
        let rests = suffixCounts.span
        buffer.appendPacked(count: count, width: suffixWidth) { rests[$0] &- base }
        buffer.appendPacked(groupEnds.span, width: endWidth)
        buffer.append(suffixes.bytes)
        return isOrdered
    }

    /// Whether `b` is not less than `a`, with which it shares exactly `shared` bytes.
    private static func ascends(_ a: RawSpan, _ b: RawSpan, past shared: Int) -> Bool {
        if shared == a.byteCount { return true }
        return shared < b.byteCount && a.byte(at: shared) < b.byte(at: shared)
    }

    private static func sharedCount(_ a: RawSpan, _ b: RawSpan) -> Int {
        let limit = min(a.byteCount, b.byteCount)
        var at = 0
        while at &+ 8 <= limit {
            let difference = a.load(UInt64.self, at: at) ^ b.load(UInt64.self, at: at)
            if difference != 0 { return at &+ difference.trailingZeroBitCount &>> 3 }
            at &+= 8
        }
        while at < limit && a.byte(at: at) == b.byte(at: at) { at &+= 1 }
        return at
    }
}

/// A string block in bytes whose checksum was verified.
struct StringBlockView: ~Escapable {
    private let bytes: RawSpan
    let count: Int
    private let common: RawSpan
    private let sharedWidth: Int
    private let suffixWidth: Int
    private let baseSuffix: Int
    private let endWidth: Int
    private let sharedStart: Int
    private let lengthStart: Int
    private let endStart: Int
    private let suffixStart: Int
    /// The first byte after the block.
    let end: Int

    /// - Parameters:
    ///   - end: where the block ends in `bytes`, as its parent says.
    ///   - count: how many strings it has, as its parent says.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, end: Int, count: Int) throws(FormatError) {
        guard count >= 1 && count <= StringBlock.countMax && end >= 0 && end <= bytes.byteCount else {
            throw FormatError("a string block of \(count) strings in \(end) bytes", offset: 0)
        }
        let own = bytes.slice(0, end)
        var reader = ByteReader(own)
        self.bytes = own
        self.count = count
        self.end = end
        common = try reader.readSized(limit: StringBlock.lengthMax, of: "a common prefix")
        sharedWidth = try reader.readWidth()
        suffixWidth = try reader.readWidth()
        baseSuffix = try reader.readCount(limit: StringBlock.lengthMax, of: "a suffix length")
        endWidth = try reader.readWidth()
        guard sharedWidth <= 16 && suffixWidth <= 16 && endWidth <= 32 else {
            throw FormatError("widths of \(sharedWidth), \(suffixWidth) and \(endWidth) bits", offset: 0)
        }
        sharedStart = try reader.skipPacked(count, sharedWidth)
        lengthStart = try reader.skipPacked(count, suffixWidth)
        endStart = try reader.skipPacked((count - 1) / StringBlock.groupCount, endWidth)
        suffixStart = reader.offset
    }

    @inline(__always)
    private func shared(_ place: Int) -> Int {
        common.byteCount &+ Int(bytes.packedValue(place, width: sharedWidth, from: sharedStart))
    }

    @inline(__always)
    private func suffixCount(_ place: Int) -> Int {
        baseSuffix &+ Int(bytes.packedValue(place, width: suffixWidth, from: lengthStart))
    }

    /// Where the suffixes of a group start.
    @inline(__always)
    private func groupStart(_ group: Int) -> Int {
        if group == 0 { return suffixStart }
        return suffixStart &+ Int(bytes.packedValue(group &- 1, width: endWidth, from: endStart))
    }

    /// A suffix, checked against the block's end.
    @inline(__always)
    @_lifetime(copy self)
    private func suffix(at start: Int, _ length: Int) throws(FormatError) -> RawSpan {
        guard length <= bytes.byteCount &- start else {
            throw FormatError("a string ends past its block", offset: start)
        }
        return bytes.slice(start, length)
    }

    /// The place of the first string that is not less than `wanted`, and whether it is equal.
    func firstPlace(notBefore wanted: RawSpan) throws(FormatError) -> (place: Int, isEqual: Bool) {
        // Everything in the block starts with `common`: a wanted string that does not, is before or after all.
        if wanted.byteCount < common.byteCount || !wanted.slice(0, common.byteCount).equals(common) {
            return (wanted.compare(common) < 0 ? 0 : count, false)
        }
        let rest = wanted.slice(common.byteCount, wanted.byteCount - common.byteCount)
        // The last group whose head is less than `wanted`: an equal head may not be the first of its run.
        var (low, high) = (0, (count &- 1) / StringBlock.groupCount)
        while low < high {
            let middle = (low &+ high &+ 1) / 2
            let head = try suffix(at: groupStart(middle), suffixCount(middle &* StringBlock.groupCount))
            if head.compare(rest) < 0 { low = middle } else { high = middle &- 1 }
        }
        var start = groupStart(low)
        var place = low &* StringBlock.groupCount
        // `matched` bytes of `rest` are those of the string before, which is less.
        var matched = 0
        while place < count {
            let isHead = place % StringBlock.groupCount == 0
            let same = isHead ? 0 : shared(place) &- common.byteCount
            let own = try suffix(at: start, suffixCount(place))
            if isHead { matched = 0 }
            if same < matched { return (place, false) }
            if same == matched {
                var at = 0
                while at < own.byteCount && matched &+ at < rest.byteCount
                    && own.byte(at: at) == rest.byte(at: matched &+ at)
                { at &+= 1 }
                if at == own.byteCount && matched &+ at == rest.byteCount { return (place, true) }
                let isLess =
                    at == own.byteCount
                    || (matched &+ at < rest.byteCount && own.byte(at: at) < rest.byte(at: matched &+ at))
                if !isLess { return (place, false) }
                matched &+= at
            }
            start &+= own.byteCount
            place &+= 1
        }
        return (count, false)
    }

    /// Whether the string at a place is `wanted`, which the string before it is, if there is one.
    func isEqual(_ place: Int, to wanted: RawSpan) throws(FormatError) -> Bool {
        if place % StringBlock.groupCount != 0 {
            return suffixCount(place) == 0 && shared(place) == wanted.byteCount
        }
        let head = try suffix(at: groupStart(place / StringBlock.groupCount), suffixCount(place))
        return wanted.byteCount == common.byteCount + head.byteCount
            && wanted.slice(0, common.byteCount).equals(common)
            && wanted.slice(common.byteCount, head.byteCount).equals(head)
    }

    /// Appends the string at one place.
    func append(_ place: Int, to buffer: inout ByteBuffer) throws(FormatError) {
        let origin = buffer.count
        let head = place / StringBlock.groupCount &* StringBlock.groupCount
        var start = groupStart(place / StringBlock.groupCount)
        buffer.append(common)
        for each in head...place {
            let same = each == head ? common.byteCount : shared(each)
            let own = try suffix(at: start, suffixCount(each))
            guard same <= buffer.count &- origin else {
                throw FormatError("a string shares \(same) bytes with a shorter one", offset: start)
            }
            buffer.truncate(to: origin &+ same)
            buffer.append(own)
            start &+= own.byteCount
        }
    }

    /// Appends the strings at `places`, back to back, and the end of each, counted from the buffer's start.
    func append(
        _ places: Range<Int>, to buffer: inout ByteBuffer, ends: inout [UInt32]
    ) throws(FormatError) {
        if places.isEmpty { return }
        var last = buffer.count
        try append(places.lowerBound, to: &buffer)
        ends.append(UInt32(buffer.count))
        var start = groupStart(places.lowerBound / StringBlock.groupCount)
        for each in (places.lowerBound / StringBlock.groupCount &* StringBlock.groupCount)...places.lowerBound
        {
            start &+= suffixCount(each)
        }
        for each in (places.lowerBound + 1)..<places.upperBound {
            let same = each % StringBlock.groupCount == 0 ? common.byteCount : shared(each)
            let own = try suffix(at: start, suffixCount(each))
            let here = buffer.count
            guard same <= here &- last else {
                throw FormatError("a string shares \(same) bytes with a shorter one", offset: start)
            }
            buffer.appendCopy(from: last, count: same)
            buffer.append(own)
            ends.append(UInt32(buffer.count))
            start &+= own.byteCount
            last = here
        }
    }
}

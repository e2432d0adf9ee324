import VarveBytes

/// Up to 256 strings in bytewise order, each kept as what differs from the one before: terms, and document ids.
/// The format page is `docs/formats/segment.md` (string blocks).
///
/// ```
/// common length varint, common bytes | shared width u8 | suffix width u8 | base suffix varint | ends width u8
/// packed shared lengths | packed suffix lengths | packed ends of groups
/// letters u8 | if any: the letters, bytes of all suffixes varint, packed codes; otherwise the suffixes
/// ```
///
/// Suffixes of few different bytes (hexadecimal digits, say) are stored as codes of some bits each. Such a block
/// is *opened* before it is looked into, which is done once, on its way into the cache.
///
/// The first of each group of 32 shares only the common bytes, so a search looks at group heads first and then
/// walks through one group. Lengths are checked while walking; nothing here traps, whatever the bytes are.
enum StringBlock {
    static let countMax = 256
    static let groupCount = 32
    /// The longest term; ids are shorter.
    static let lengthMax = 32_766
    /// More different bytes than these are not worth a code.
    static let lettersMax = 128

    /// Appends the block with its suffixes as they are, whatever they are stored as.
    static func open(_ stored: RawSpan, count: Int, into buffer: inout ByteBuffer) throws(FormatError) {
        let head = try StringBlockHead(stored, count: count)
        let letterCount = head.letterCount
        if letterCount == 0 {
            buffer.append(stored)
            return
        }
        var reader = ByteReader(stored)
        try reader.skip(head.suffixStart)
        let letters = try reader.readBytes(letterCount)
        let limit = StringBlock.countMax * StringBlock.lengthMax
        let total = try reader.readCount(limit: limit, of: "bytes of suffixes")
        let width = BitPacking.width(of: UInt64(letterCount - 1))
        // A single letter takes no bits, and lengths are checked against `total` when the block is looked into.
        let start = try reader.skipPacked(total, width)
        try reader.expectEnd(of: "a string block")
        buffer.append(stored.slice(0, head.suffixStart - 1))
        buffer.append(UInt8(0))
        try buffer.append(upTo: total) { (room) throws(FormatError) in
            for at in 0..<total {
                let code = Int(stored.packedValue(at, width: width, from: start))
                guard code < letterCount else {
                    throw FormatError("letter \(code) of \(letterCount)", offset: start)
                }
                room.storeBytes(of: letters.byte(at: code), toByteOffset: at, as: UInt8.self)
            }
            return total
        }
    }
}

/// Where the parts of a string block lie.
private struct StringBlockHead {
    var commonStart = 0
    var commonCount = 0
    var sharedWidth = 0
    var suffixWidth = 0
    var baseSuffix = 0
    var endWidth = 0
    var sharedStart = 0
    var lengthStart = 0
    var endStart = 0
    /// Different bytes of the suffixes, if they are stored as codes; otherwise 0.
    var letterCount = 0
    var suffixStart = 0

    init(_ bytes: RawSpan, count: Int) throws(FormatError) {
        guard count >= 1 && count <= StringBlock.countMax else {
            throw FormatError("a string block of \(count) strings", offset: 0)
        }
        var reader = ByteReader(bytes)
        commonCount = try reader.readCount(limit: StringBlock.lengthMax, of: "a common prefix")
        commonStart = reader.offset
        try reader.skip(commonCount)
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
        letterCount = Int(try reader.read(UInt8.self))
        guard letterCount <= StringBlock.lettersMax else {
            throw FormatError("\(letterCount) letters", offset: reader.offset - 1)
        }
        suffixStart = reader.offset
    }
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
        Self.appendSuffixes(suffixes.bytes, to: &buffer)
        return isOrdered
    }

    private static func appendSuffixes(_ suffixes: RawSpan, to buffer: inout ByteBuffer) {
        var codes = InlineArray<256, UInt8>(repeating: 0)
        for at in 0..<suffixes.byteCount { codes[Int(suffixes.byte(at: at))] = 1 }
        var letters: [UInt8] = []
        for byte in 0..<256 where codes[byte] != 0 {
            codes[byte] = UInt8(truncatingIfNeeded: letters.count)
            letters.append(UInt8(byte))
        }
        let width = letters.isEmpty ? 0 : BitPacking.width(of: UInt64(letters.count - 1))
        let packed = 4 + letters.count + BitPacking.byteCount(suffixes.byteCount, width: width)
        if letters.count > StringBlock.lettersMax || packed >= suffixes.byteCount {
            buffer.append(UInt8(0))
            buffer.append(suffixes)
            return
        }
        buffer.append(UInt8(letters.count))
        buffer.append(letters)
        buffer.appendVarint(UInt64(suffixes.byteCount))
        buffer.appendPacked(count: suffixes.byteCount, width: width) {
            UInt64(codes[Int(suffixes.byte(at: $0))])
        }
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

/// A string block that was opened, in bytes whose checksum was verified.
struct StringBlockView: ~Escapable {
    private let bytes: RawSpan
    private let head: StringBlockHead
    let count: Int

    /// - Parameters:
    ///   - bytes: the block, all of it.
    ///   - count: how many strings it has, as its parent says.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, count: Int) throws(FormatError) {
        self.bytes = bytes
        self.count = count
        head = try StringBlockHead(bytes, count: count)
        guard head.letterCount == 0 else { throw FormatError("a string block that is not opened", offset: 0) }
    }

    private var common: RawSpan {
        @_lifetime(copy self)
        get { bytes.slice(head.commonStart, head.commonCount) }
    }

    @inline(__always)
    private func shared(_ place: Int) -> Int {
        head.commonCount &+ Int(bytes.packedValue(place, width: head.sharedWidth, from: head.sharedStart))
    }

    @inline(__always)
    private func suffixCount(_ place: Int) -> Int {
        head.baseSuffix &+ Int(bytes.packedValue(place, width: head.suffixWidth, from: head.lengthStart))
    }

    /// Where the suffixes of a group start.
    @inline(__always)
    private func groupStart(_ group: Int) -> Int {
        if group == 0 { return head.suffixStart }
        return head.suffixStart
            &+ Int(bytes.packedValue(group &- 1, width: head.endWidth, from: head.endStart))
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
        if wanted.byteCount < head.commonCount || !wanted.slice(0, head.commonCount).equals(common) {
            return (wanted.compare(common) < 0 ? 0 : count, false)
        }
        let rest = wanted.slice(head.commonCount, wanted.byteCount - head.commonCount)
        // The last group whose head is less than `wanted`: an equal head may not be the first of its run.
        var (low, high) = (0, (count &- 1) / StringBlock.groupCount)
        while low < high {
            let middle = (low &+ high &+ 1) / 2
            let first = try suffix(at: groupStart(middle), suffixCount(middle &* StringBlock.groupCount))
            if first.compare(rest) < 0 { low = middle } else { high = middle &- 1 }
        }
        var start = groupStart(low)
        var place = low &* StringBlock.groupCount
        // `matched` bytes of `rest` are those of the string before, which is less.
        var matched = 0
        while place < count {
            let isHead = place % StringBlock.groupCount == 0
            let same = isHead ? 0 : shared(place) &- head.commonCount
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
        let own = try suffix(at: groupStart(place / StringBlock.groupCount), suffixCount(place))
        return wanted.byteCount == head.commonCount + own.byteCount
            && wanted.slice(0, head.commonCount).equals(common)
            && wanted.slice(head.commonCount, own.byteCount).equals(own)
    }

    /// Appends the string at one place.
    func append(_ place: Int, to buffer: inout ByteBuffer) throws(FormatError) {
        let origin = buffer.count
        let first = place / StringBlock.groupCount &* StringBlock.groupCount
        var start = groupStart(place / StringBlock.groupCount)
        buffer.append(common)
        for each in first...place {
            let same = each == first ? head.commonCount : shared(each)
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
            let same = each % StringBlock.groupCount == 0 ? head.commonCount : shared(each)
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

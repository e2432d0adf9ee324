/// Runs of integers of one width, bit after bit, lowest bit first: how columns, postings and dictionaries keep
/// their numbers. The layout is described in `docs/formats/segment.md`.
///
/// A value of a packed run is found without the ones before it: with at most 57 bits it lies in the eight bytes
/// that start with its first bit's byte, so one unaligned load, a shift and a mask give it. Wider values take 64
/// bits. Positions and counts are the caller's to check; a run that does not lie inside the span traps.
@usableFromInline
package enum BitPacking {
    /// The least width of the format that holds `value`.
    @inlinable
    @inline(__always)
    package static func width(of value: UInt64) -> Int {
        let bits = 64 - value.leadingZeroBitCount
        return bits > 57 ? 64 : bits
    }

    /// True for the widths that a run may have: 0 to 57, and 64.
    @inlinable
    package static func isWidth(_ width: Int) -> Bool { (0...57).contains(width) || width == 64 }

    /// Bytes of a run. Counts and widths are those of formats of ours, far from overflow.
    @inlinable
    @inline(__always)
    package static func byteCount(_ count: Int, width: Int) -> Int { (count &* width &+ 7) &>> 3 }

    @inlinable
    @inline(__always)
    package static func mask(_ width: Int) -> UInt64 { width == 64 ? .max : (1 &<< UInt64(width)) &- 1 }
}

extension ByteBuffer {
    /// Appends the low `width` bits of each value. Bits above must be zero.
    package mutating func appendPacked(_ values: Span<UInt64>, width: Int) {
        appendPacked(count: values.count, width: width) { values[$0] }
    }

    /// Appends the low `width` bits of `value(0)`, `value(1)` and so on. Bits above must be zero.
    @inlinable
    @inline(__always)
    package mutating func appendPacked(count: Int, width: Int, _ value: (Int) -> UInt64) {
        precondition(BitPacking.isWidth(width), "no such width")
        if width == 0 || count == 0 { return }
        let length = BitPacking.byteCount(count, width: width)
        append(upTo: length &+ 8) { room in
            var word: UInt64 = 0
            var filled = 0
            var at = 0
            for index in 0..<count {
                let next = value(index)
                word |= next &<< UInt64(filled)
                filled &+= width
                if filled >= 64 {
                    room.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
                    at &+= 8
                    filled &-= 64
                    // What did not fit: the high `filled` bits of `next`; a shift of 64 would keep it whole.
                    word = filled == 0 ? 0 : next &>> UInt64(width &- filled)
                }
            }
            if filled > 0 { room.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self) }
            return length
        }
    }
}

extension RawSpan {
    /// The value at `index` of a packed run that starts at byte `start`.
    @inlinable
    @inline(__always)
    package func packedValue(_ index: Int, width: Int, from start: Int) -> UInt64 {
        let bit = index &* width
        let at = start &+ bit &>> 3
        if at &+ 8 <= byteCount {
            return (load(UInt64.self, at: at) &>> UInt64(bit & 7)) & BitPacking.mask(width)
        }
        return lastPackedValue(bit: bit & 7, width: width, at: at)
    }

    /// A value whose eight bytes would reach past the span.
    @inline(never)
    @usableFromInline
    func lastPackedValue(bit: Int, width: Int, at: Int) -> UInt64 {
        var word: UInt64 = 0
        let last = at &+ (bit &+ width &+ 7) &>> 3
        var byte = last
        while byte > at {
            byte &-= 1
            word = word &<< 8 | UInt64(self.byte(at: byte))
        }
        return (word &>> UInt64(bit)) & BitPacking.mask(width)
    }

    /// Replaces the first `count` values of `target` by `base + factor * x` (wrapping) for each `x` of a packed
    /// run that starts at byte `start`.
    package func unpack(
        from start: Int, count: Int, width: Int, base: Int64, factor: Int64,
        into target: inout MutableSpan<Int64>
    ) {
        checkRun(start, count, width, target.count)
        if width == 0 {
            for index in 0..<count { target[index] = base }
            return
        }
        let mask = BitPacking.mask(width)
        let fast = fastCount(start, count, width)
        let isPlain = factor == 1
        // SAFETY: `checkRun` and `fastCount` have bounded every load and store.
        unsafe target.withUnsafeMutableBufferPointer { values in
            unsafe withUnsafeBytes { bytes in
                guard let out = values.baseAddress, let from = bytes.baseAddress else { return }
                let run = unsafe from + start
                var bit = 0
                if isPlain {
                    for index in 0..<fast {
                        let word = unsafe run.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
                        let value = (UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask
                        unsafe out[index] = base &+ Int64(bitPattern: value)
                        bit &+= width
                    }
                } else {
                    for index in 0..<fast {
                        let word = unsafe run.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
                        let value = (UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask
                        unsafe out[index] = base &+ factor &* Int64(bitPattern: value)
                        bit &+= width
                    }
                }
            }
        }
        for index in fast..<count {
            let value = Int64(bitPattern: packedValue(index, width: width, from: start))
            target[index] = base &+ factor &* value
        }
    }

    /// Replaces `count` values of `target`, from place `at` on, by the values of a packed run of at most 32 bits
    /// each.
    package func unpack(
        from start: Int, count: Int, width: Int, into target: inout MutableSpan<UInt32>, at: Int = 0
    ) {
        precondition(at >= 0 && at <= target.count, "a place past the end")
        checkRun(start, count, width, target.count - at)
        precondition(width <= 32, "values of 32 bits")
        if width == 0 {
            for index in at..<(at + count) { target[index] = 0 }
            return
        }
        let mask = BitPacking.mask(width)
        let fast = fastCount(start, count, width)
        // SAFETY: `checkRun` and `fastCount` have bounded every load and store.
        unsafe target.withUnsafeMutableBufferPointer { values in
            unsafe withUnsafeBytes { bytes in
                guard let first = values.baseAddress, let from = bytes.baseAddress else { return }
                let out = unsafe first + at
                let run = unsafe from + start
                var bit = 0
                for index in 0..<fast {
                    let word = unsafe run.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
                    let value = (UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask
                    unsafe out[index] = UInt32(truncatingIfNeeded: value)
                    bit &+= width
                }
            }
        }
        for index in fast..<count {
            target[at + index] = UInt32(truncatingIfNeeded: packedValue(index, width: width, from: start))
        }
    }

    private func checkRun(_ start: Int, _ count: Int, _ width: Int, _ room: Int) {
        precondition(BitPacking.isWidth(width) && count >= 0 && count <= room && count < 1 << 40, "a bad run")
        precondition(
            start >= 0 && start <= byteCount - BitPacking.byteCount(count, width: width), "a run past the end"
        )
    }

    /// How many values of a run have eight bytes from their first bit's byte on.
    private func fastCount(_ start: Int, _ count: Int, _ width: Int) -> Int {
        let room = byteCount - start - 8
        if room < 0 { return 0 }
        // The first bit of value i lies in byte i * width / 8, which must be at most `room`.
        return Swift.min(count, (room &* 8 &+ 7) / width &+ 1)
    }
}

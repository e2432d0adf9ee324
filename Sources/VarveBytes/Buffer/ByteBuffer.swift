/// A growable run of bytes with one owner: log records, blocks, arenas.
///
/// It owns its memory and hands out spans, never pointers. Appending does not allocate until the capacity is
/// used up; growing doubles. Fixed-width integers are little-endian, as in every file of ours.
@safe @usableFromInline package struct ByteBuffer: ~Copyable, @unchecked Sendable {
    // Unchecked: the memory has one owner, and a noncopyable value cannot be in two places at once.
    @usableFromInline internal var base: UnsafeMutableRawPointer
    @usableFromInline package internal(set) var capacity: Int
    @usableFromInline package internal(set) var count: Int

    @inlinable
    package init(capacity: Int = 0) {
        let size = max(capacity, 16)
        unsafe base = .allocate(byteCount: size, alignment: 16)
        self.capacity = size
        count = 0
    }

    @inlinable
    package init(copying bytes: RawSpan) {
        self.init(capacity: bytes.byteCount)
        append(bytes)
    }

    @inlinable deinit { unsafe base.deallocate() }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    /// Where the bytes lie until the next append: for `SharedBytes`, whose buffer is never appended to.
    @usableFromInline var start: UnsafeRawPointer { unsafe UnsafeRawPointer(base) }

    /// The bytes written so far.
    @inlinable
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeStart: base, byteCount: count), borrowing: self) }
    }

    /// The bytes written so far, to be changed in place.
    @inlinable
    package var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            unsafe _overrideLifetime(
                MutableRawSpan(_unsafeStart: base, byteCount: count), mutating: &self)
        }
    }

    @inlinable
    @inline(__always)
    package mutating func reserve(_ extra: Int) {
        precondition(extra >= 0, "a negative reserve")
        if extra > capacity &- count { grow(by: extra) }
    }

    @inline(never)
    @usableFromInline
    mutating func grow(by extra: Int) {
        let size = max(count + extra, capacity &* 2)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        unsafe grown.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = grown
        capacity = size
    }

    @inlinable
    package mutating func append(_ bytes: RawSpan) {
        let length = bytes.byteCount
        if length == 0 { return }
        reserve(length)
        // SAFETY: `reserve` made room for `length` bytes past `count`; a span never overlaps memory we own
        // exclusively while `self` is being mutated.
        unsafe bytes.withUnsafeBytes { source in
            unsafe (base + count).copyMemory(from: source.baseAddress!, byteCount: length)
        }
        count &+= length
    }

    /// Appends the little-endian bytes of an integer.
    @inlinable
    @inline(__always)
    package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        reserve(MemoryLayout<T>.size)
        // SAFETY: `reserve` made room.
        unsafe (base + count).storeBytes(of: value.littleEndian, as: T.self)
        count &+= MemoryLayout<T>.size
    }

    /// Appends `length` bytes, all of `value`.
    @inlinable
    package mutating func append(repeating value: UInt8, count length: Int) {
        reserve(length)
        // SAFETY: `reserve` made room.
        unsafe (base + count).initializeMemory(as: UInt8.self, repeating: value, count: length)
        count &+= length
    }

    @inlinable
    /// Appends bytes of its own once more.
    package mutating func appendCopy(from start: Int, count length: Int) {
        precondition(start >= 0 && length >= 0 && start <= count - length, "a copy from past the end")
        reserve(length)
        // SAFETY: checked above, and what is copied ends where the copy begins, or before.
        unsafe (base + count).copyMemory(from: base + start, byteCount: length)
        count &+= length
    }

    /// Appends bytes with the letters of ASCII in lower case.
    package mutating func appendLowercased(_ bytes: RawSpan) {
        let length = bytes.byteCount
        reserve(length)
        var at = 0
        while at &+ 8 <= length {
            let word: UInt64 = bytes.load(at: at)
            // In each byte, the high bit tells whether it is from A on, and whether it is beyond Z.
            let low = word & 0x7F7F_7F7F_7F7F_7F7F
            let isLetter = (low &+ 0x3F3F_3F3F_3F3F_3F3F) & ~(low &+ 0x2525_2525_2525_2525) & ~word
            let lowered = word | (isLetter & 0x8080_8080_8080_8080) &>> 2
            // SAFETY: `reserve` made room for `length` bytes past `count`.
            unsafe (base + count + at).storeBytes(of: lowered, as: UInt64.self)
            at &+= 8
        }
        while at < length {
            let byte = bytes.byte(at: at)
            // SAFETY: as above.
            unsafe (base + count + at).storeBytes(of: byte &- 0x41 < 26 ? byte | 0x20 : byte, as: UInt8.self)
            at &+= 1
        }
        count &+= length
    }

    @inlinable
    package mutating func append(_ bytes: [UInt8]) { append(bytes.rawSpan) }

    @inlinable
    package mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let length = utf8.count
            if length == 0 { return }
            reserve(length)
            // SAFETY: `reserve` made room.
            unsafe (base + count).copyMemory(from: utf8.baseAddress!, byteCount: length)
            count &+= length
        }
    }

    /// LEB128, shortest form.
    @inlinable
    @inline(__always)
    package mutating func appendVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            // SAFETY: at most ten bytes, reserved above.
            unsafe (base + count).storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            count &+= 1
            rest &>>= 7
        }
        unsafe (base + count).storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        count &+= 1
    }

    /// Zigzag, then LEB128.
    @inlinable
    package mutating func appendZigzag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)))
    }

    /// `bytes` of the formats: a varint length, then the data.
    @inlinable
    package mutating func appendSized(_ bytes: RawSpan) {
        appendVarint(UInt64(bytes.byteCount))
        append(bytes)
    }

    /// `string` of the formats: a varint length, then UTF-8.
    @inlinable
    package mutating func appendSized(_ text: String) {
        appendVarint(UInt64(text.utf8.count))
        append(utf8: text)
    }

    /// Zero bytes up to the next multiple of `alignment`.
    @inlinable
    package mutating func pad(to alignment: Int) {
        let over = count % alignment
        if over != 0 { append(repeating: 0, count: alignment - over) }
    }

    /// Puts an integer over bytes that were appended before.
    @inlinable
    package mutating func overwrite<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "an overwrite past the end")
        // SAFETY: checked above.
        unsafe (base + offset).storeBytes(of: value.littleEndian, as: T.self)
    }

    /// Appends at most `length` bytes that `body` writes; `body` returns how many it wrote.
    @inlinable
    package mutating func append<E: Error>(
        upTo length: Int, _ body: (inout MutableRawSpan) throws(E) -> Int
    ) throws(E) {
        reserve(length)
        // SAFETY: `reserve` made room, and the span ends with this call.
        var room = unsafe MutableRawSpan(_unsafeStart: base + count, byteCount: length)
        let written = try body(&room)
        precondition(written >= 0 && written <= length, "more bytes written than there was room for")
        count &+= written
    }

    /// Drops everything from `length` on.
    @inlinable
    package mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "truncating to beyond the end")
        count = length
    }

    @inlinable
    package mutating func removeAll() { count = 0 }
}

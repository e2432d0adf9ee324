/// Bounds-checked, unaligned, little-endian loads. A position outside the span traps: callers that read bytes
/// of the world check lengths first, or read through `ByteReader`.
extension RawSpan {
    @inlinable
    @inline(__always)
    package func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self, at offset: Int) -> T {
        // SAFETY: the load is bounds-checked, and every bit pattern of an integer is a value.
        unsafe T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    @inlinable
    @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        // SAFETY: bounds-checked.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The byte at an offset, or 0 outside the span: for scanners to whom the end is one more byte.
    @inlinable
    @inline(__always)
    package func peek(at offset: Int) -> UInt8 {
        // SAFETY: loaded only within the span; a negative offset is a huge unsigned one.
        UInt(bitPattern: offset) < UInt(bitPattern: byteCount)
            ? unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) : 0
    }

    /// The part `[start, start + count)`.
    @inlinable
    @inline(__always)
    @_lifetime(copy self)
    package func slice(_ start: Int, _ count: Int) -> RawSpan {
        extracting(start..<(start &+ count))
    }

    package func copyBytes() -> [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// Bytewise order, a prefix first.
    @inlinable
    package func precedes(_ other: RawSpan) -> Bool { compare(other) < 0 }

    /// Bytewise comparison: negative, zero or positive.
    @inlinable
    package func compare(_ other: RawSpan) -> Int {
        let shared = Swift.min(byteCount, other.byteCount)
        var at = 0
        while at &+ 8 <= shared {
            let mine: UInt64 = load(at: at)
            let theirs: UInt64 = other.load(at: at)
            if mine != theirs { return mine.byteSwapped < theirs.byteSwapped ? -1 : 1 }
            at &+= 8
        }
        while at < shared {
            let mine = byte(at: at)
            let theirs = other.byte(at: at)
            if mine != theirs { return mine < theirs ? -1 : 1 }
            at &+= 1
        }
        return byteCount - other.byteCount
    }

    @inlinable
    package func equals(_ other: RawSpan) -> Bool { byteCount == other.byteCount && compare(other) == 0 }
}

extension Array where Element == UInt8 {
    /// The array's bytes. Borrow a local array: one reached through a class cannot be borrowed for long.
    @inlinable
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: a byte array is raw bytes; the span borrows the array.
            unsafe _overrideLifetime(span.bytes, borrowing: self)
        }
    }
}

extension String {
    /// The text's bytes in UTF-8, without a copy. Borrow a local value, as with arrays.
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: a text is raw bytes; the span borrows the text.
            unsafe _overrideLifetime(utf8Span.span.bytes, borrowing: self)
        }
    }
}

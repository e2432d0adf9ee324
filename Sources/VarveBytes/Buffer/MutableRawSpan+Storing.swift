/// Bounds-checked copies into bytes that may be changed. A position outside the span traps.
extension MutableRawSpan {
    /// Puts all of `source` at `offset`.
    @_lifetime(self: copy self)
    package mutating func copy(from source: RawSpan, at offset: Int = 0) {
        let length = source.byteCount
        precondition(offset >= 0 && length <= byteCount - offset, "a copy past the end")
        if length == 0 { return }
        // SAFETY: checked above; a span that is being mutated overlaps no other.
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                unsafe target.baseAddress!.advanced(by: offset)
                    .copyMemory(from: bytes.baseAddress!, byteCount: length)
            }
        }
    }

    /// Puts `value` into each of the `length` bytes from `offset` on.
    @_lifetime(self: copy self)
    package mutating func fill(_ value: UInt8, at offset: Int, count length: Int) {
        precondition(offset >= 0 && length >= 0 && length <= byteCount - offset, "a fill past the end")
        if length == 0 { return }
        // SAFETY: checked above.
        unsafe withUnsafeMutableBytes { target in
            _ = unsafe target.baseAddress!.advanced(by: offset)
                .initializeMemory(as: UInt8.self, repeating: value, count: length)
        }
    }
}

extension Array where Element == UInt8 {
    /// The array's bytes, to be changed in place.
    package var mutableRawSpan: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            // SAFETY: the array's storage is its own after this call and stays where it is while the span
            // borrows the array exclusively; a byte array is raw bytes.
            let bytes = unsafe withUnsafeMutableBytes { unsafe $0 }
            return unsafe _overrideLifetime(MutableRawSpan(_unsafeBytes: bytes), mutating: &self)
        }
    }

    /// Appends all of `bytes`.
    package mutating func append(contentsOf bytes: RawSpan) {
        // SAFETY: the buffer lives for the duration of the call.
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}

extension RawSpan {
    /// Whether each byte is zero; true of no bytes.
    package var isAllZero: Bool {
        unsafe withUnsafeBytes { bytes in
            var at = 0
            // SAFETY: each load ends at or before the count.
            while at &+ 32 <= bytes.count {
                let words = unsafe bytes.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
                if words[0] | words[1] | words[2] | words[3] != 0 { return false }
                at &+= 32
            }
            while at < bytes.count {
                if unsafe bytes[at] != 0 { return false }
                at &+= 1
            }
            return true
        }
    }
}

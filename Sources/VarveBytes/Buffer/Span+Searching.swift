#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension RawSpan {
    /// The first place at or after `start` that holds this byte, found at memory speed.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0 && start < byteCount else { return nil }
        return unsafe withUnsafeBytes { bytes in
            // SAFETY: `start` lies within the span, and no more than the rest of it is looked at.
            let base = bytes.baseAddress!
            guard let found = unsafe memchr(base + start, Int32(byte), bytes.count - start) else {
                return nil
            }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}

extension ArraySlice where Element == UInt8 {
    /// The slice's bytes. Borrow a local value, as with arrays.
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: a byte slice is raw bytes; the span borrows the slice.
            unsafe _overrideLifetime(span.bytes, borrowing: self)
        }
    }
}

/// Bytes that are never changed again and may be read from anywhere: a batch that the log writes while the
/// memtable serves reads from it. Shared by reference count, never copied.
@safe @usableFromInline package final class SharedBytes: @unchecked Sendable {
    // Unchecked: nothing writes to the buffer after `init`, and `start` points into it as long as it lives.
    @usableFromInline let buffer: ByteBuffer
    @usableFromInline let start: UnsafeRawPointer

    package init(_ buffer: consuming ByteBuffer) {
        self.buffer = buffer
        unsafe start = unsafe self.buffer.start
    }

    @inlinable
    package var count: Int { buffer.count }
    /// Memory held, in bytes.
    @inlinable
    package var capacity: Int { buffer.capacity }

    @inlinable
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: buffer.count), borrowing: self)
        }
    }
}

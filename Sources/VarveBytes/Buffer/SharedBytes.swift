/// Bytes that are never changed again and may be read from anywhere: a batch that the log writes while the
/// memtable serves reads from it. Shared by reference count, never copied.
@safe package final class SharedBytes: @unchecked Sendable {
    // Unchecked: nothing writes to the buffer after `init`, and `start` points into it as long as it lives.
    private let buffer: ByteBuffer
    private let start: UnsafeRawPointer

    package init(_ buffer: consuming ByteBuffer) {
        self.buffer = buffer
        unsafe start = unsafe self.buffer.start
    }

    package var count: Int { buffer.count }
    /// Memory held, in bytes.
    package var capacity: Int { buffer.capacity }

    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: buffer.count), borrowing: self) }
    }
}

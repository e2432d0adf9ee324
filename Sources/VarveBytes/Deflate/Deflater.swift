import CZlib

#if FastDeflate
import CDeflate
#endif

/// Writes raw deflate blocks, the one compressed format of ours.
///
/// zlib always; with the trait `FastDeflate` blocks without a preset dictionary go through libdeflate, which
/// writes the same format 1.4 to 1.8 times as fast. One deflater keeps its stream: a fresh one per 4 KiB block
/// would cost half the speed. Not thread-safe; one per thread.
@safe package struct Deflater: ~Copyable {
    // zlib keeps a pointer back to its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    #if FastDeflate
    private let fast: OpaquePointer
    #endif

    /// - Parameter level: 1 (fast) to 9 (small).
    package init(level: Int) {
        precondition((1...9).contains(level), "a deflate level is 1 to 9")
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let status = unsafe deflateInit2_(
            stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not start: out of memory")
        #if FastDeflate
        guard let compressor = unsafe libdeflate_alloc_compressor(Int32(level)) else {
            preconditionFailure("libdeflate could not start: out of memory")
        }
        unsafe fast = compressor
        #endif
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        #if FastDeflate
        unsafe libdeflate_free_compressor(fast)
        #endif
    }

    /// Appends the deflated form of `raw` and returns its length.
    ///
    /// - Parameter dictionary: Bytes that both sides know, at most 32 KiB; empty for none.
    @discardableResult
    package mutating func deflate(
        _ raw: RawSpan, dictionary: RawSpan = RawSpan(), into buffer: inout ByteBuffer
    ) -> Int {
        let before = buffer.count
        #if FastDeflate
        if dictionary.byteCount == 0 {
            let bound = unsafe libdeflate_deflate_compress_bound(fast, raw.byteCount)
            buffer.append(upTo: bound) { room in
                unsafe room.withUnsafeMutableBytes { target in
                    unsafe raw.withUnsafeBytes { source in
                        unsafe libdeflate_deflate_compress(
                            fast, source.baseAddress, source.count, target.baseAddress, target.count)
                    }
                }
            }
            precondition(buffer.count > before, "libdeflate ran out of the room that it asked for")
            return buffer.count - before
        }
        #endif
        unsafe deflateReset(stream)
        if dictionary.byteCount > 0 {
            unsafe dictionary.withUnsafeBytes { known in
                _ = unsafe deflateSetDictionary(
                    stream, known.bindMemory(to: UInt8.self).baseAddress, UInt32(known.count))
            }
        }
        let bound = unsafe Int(deflateBound(stream, UInt(raw.byteCount)))
        buffer.append(upTo: bound) { room in
            unsafe room.withUnsafeMutableBytes { target in
                unsafe raw.withUnsafeBytes { source in
                    // SAFETY: zlib only reads through `next_in`, and both buffers outlive the call.
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: source.bindMemory(to: UInt8.self).baseAddress)
                    unsafe stream.pointee.avail_in = UInt32(source.count)
                    unsafe stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.pointee.avail_out = UInt32(target.count)
                    let status = unsafe CZlib.deflate(stream, Z_FINISH)
                    precondition(status == Z_STREAM_END, "zlib ran out of the room that it asked for")
                    return unsafe target.count - Int(stream.pointee.avail_out)
                }
            }
        }
        return buffer.count - before
    }
}

/// Reads raw deflate blocks. The raw length is known from the block's header; more or less is damage.
@safe package struct Inflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    #if FastDeflate
    private let fast: OpaquePointer
    #endif

    package init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let status = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not start: out of memory")
        #if FastDeflate
        guard let decompressor = unsafe libdeflate_alloc_decompressor() else {
            preconditionFailure("libdeflate could not start: out of memory")
        }
        unsafe fast = decompressor
        #endif
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        #if FastDeflate
        unsafe libdeflate_free_decompressor(fast)
        #endif
    }

    /// Data that is cut short ends so too with zlib, which runs out of one of the two.
    private static let tooLong = "deflated data does not end where its declared length does"

    /// Appends exactly `rawCount` inflated bytes.
    ///
    /// The caller has checked `rawCount` against the limit of its format: it is allocated at once.
    package mutating func inflate(
        _ stored: RawSpan, rawCount: Int, dictionary: RawSpan = RawSpan(), into buffer: inout ByteBuffer
    ) throws(FormatError) {
        let before = buffer.count
        var fault = "deflated data is damaged"
        #if FastDeflate
        if dictionary.byteCount == 0 {
            var isWhole = false
            buffer.append(upTo: rawCount) { room in
                unsafe room.withUnsafeMutableBytes { target in
                    unsafe stored.withUnsafeBytes { source in
                        var used = 0
                        var made = 0
                        let status = unsafe libdeflate_deflate_decompress_ex(
                            fast, source.baseAddress, source.count, target.baseAddress, target.count, &used,
                            &made)
                        isWhole = status == LIBDEFLATE_SUCCESS && used == stored.byteCount && made == rawCount
                        if status == LIBDEFLATE_INSUFFICIENT_SPACE { fault = Self.tooLong }
                        return isWhole ? rawCount : 0
                    }
                }
            }
            if !isWhole { throw FormatError(fault, offset: 0) }
            return
        }
        #endif
        unsafe inflateReset(stream)
        if dictionary.byteCount > 0 {
            unsafe dictionary.withUnsafeBytes { known in
                _ = unsafe inflateSetDictionary(
                    stream, known.bindMemory(to: UInt8.self).baseAddress, UInt32(known.count))
            }
        }
        var whole = false
        buffer.append(upTo: max(rawCount, 1)) { room in
            unsafe room.withUnsafeMutableBytes { target in
                unsafe stored.withUnsafeBytes { source in
                    // SAFETY: zlib only reads through `next_in`, and both buffers outlive the call.
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: source.bindMemory(to: UInt8.self).baseAddress)
                    unsafe stream.pointee.avail_in = UInt32(source.count)
                    unsafe stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.pointee.avail_out = UInt32(rawCount)
                    let status = unsafe CZlib.inflate(stream, Z_FINISH)
                    whole =
                        unsafe status == Z_STREAM_END && stream.pointee.avail_out == 0
                        && stream.pointee.avail_in == 0
                    if status == Z_BUF_ERROR { fault = Self.tooLong }
                    return whole ? rawCount : 0
                }
            }
        }
        if !whole {
            buffer.truncate(to: before)
            throw FormatError(fault, offset: 0)
        }
    }
}

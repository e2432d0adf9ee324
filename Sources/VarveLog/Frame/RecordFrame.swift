package import VarveBytes

/// The frame around one record of a log: 48 bytes of header, the payload, zeros up to a multiple of 8.
///
/// Used by the WAL and by the registry of points in time; what type, flags and numbers mean is theirs to say.
/// The page is `docs/formats/wal.md`.
///
/// ```
/// 0 sync word "WREC" | 4 header check u32 | 8 payload length u32 | 12 type u8 | 13 flags u8 | 14 operations u16
/// 16 first sequence number u64 | 24 durable end u64 | 32 checksum of the record before u64 | 40 checksum u64
/// ```
/// The header check covers bytes 8..<40 and is verified before the length is believed, so a reader that looks
/// for the next record in damaged bytes never sums up a payload for a header that is none. The checksum covers
/// bytes 8..<40 and the payload. Both are seeded with the file and the offset of the record in it.
package struct RecordFrame: Equatable, Sendable {
    package static let headerBytes = 48
    package static let payloadBytesMax = 64 << 20
    static let syncWord: UInt32 = 0x4345_5257

    package var type: UInt8
    package var flags: UInt8
    package var operationCount: UInt16
    package var first: UInt64
    /// Every byte of the file below this was known to be synced when the record was built.
    package var durableEnd: UInt64
    /// The checksum of the record before; 0 in a file's first record.
    package var previous: UInt64
    /// Set by decoding; `encode` returns it.
    package private(set) var payloadBytes = 0
    package private(set) var checksum: UInt64 = 0

    package init(
        type: UInt8, flags: UInt8 = 0, operationCount: UInt16 = 0, first: UInt64 = 0, durableEnd: UInt64,
        previous: UInt64
    ) {
        self.type = type
        self.flags = flags
        self.operationCount = operationCount
        self.first = first
        self.durableEnd = durableEnd
        self.previous = previous
    }

    /// Bytes of the whole frame, padding included.
    package var byteCount: Int { Self.byteCount(payload: payloadBytes) }

    package static func byteCount(payload: Int) -> Int { headerBytes + (payload + 7) & ~7 }
}

extension RecordFrame {
    /// Appends the frame with its payload and returns its checksum, the `previous` of the frame after it.
    ///
    /// - Parameter offset: Where in the file the frame will lie, a multiple of 8.
    package func encode(
        payload: RawSpan, at offset: UInt64, seed: ChecksumSeed, into buffer: inout ByteBuffer
    ) -> UInt64 {
        precondition(offset % 8 == 0, "records begin at multiples of 8")
        precondition(payload.byteCount <= Self.payloadBytesMax, "a payload over the limit")
        let start = buffer.count
        buffer.reserve(Self.byteCount(payload: payload.byteCount))
        buffer.append(Self.syncWord)
        buffer.append(UInt32(0))
        buffer.append(UInt32(payload.byteCount))
        buffer.append(type)
        buffer.append(flags)
        buffer.append(operationCount)
        buffer.append(first)
        buffer.append(durableEnd)
        buffer.append(previous)
        var stream = seed.stream(at: offset)
        stream.consume(buffer.bytes.slice(start + 8, 32))
        let checksum = stream.finish(payload)
        buffer.overwrite(Self.headerCheck(stream, payload), at: start + 4)
        buffer.append(checksum)
        buffer.append(payload)
        buffer.append(repeating: 0, count: -payload.byteCount & 7)
        return checksum
    }

    /// Reads and checks a header of 48 bytes. Nothing of it is believed before its own check holds.
    package init(header bytes: RawSpan, at offset: UInt64, seed: ChecksumSeed) throws(FormatError) {
        guard bytes.byteCount >= Self.headerBytes else {
            throw FormatError("a record's header has 48 bytes", offset: 0)
        }
        guard bytes.load(UInt32.self, at: 0) == Self.syncWord else {
            throw FormatError("no record begins here", offset: 0)
        }
        var stream = seed.stream(at: offset)
        stream.consume(bytes.slice(8, 32))
        guard bytes.load(UInt32.self, at: 4) == Self.headerCheck(stream, bytes) else {
            throw FormatError("the check of a record's header does not hold", offset: 4)
        }
        let length: UInt32 = bytes.load(at: 8)
        guard length <= UInt32(Self.payloadBytesMax) else {
            throw FormatError("a payload of \(length) bytes is over the limit", offset: 8)
        }
        type = bytes.byte(at: 12)
        flags = bytes.byte(at: 13)
        operationCount = bytes.load(at: 14)
        first = bytes.load(at: 16)
        durableEnd = bytes.load(at: 24)
        previous = bytes.load(at: 32)
        checksum = bytes.load(at: 40)
        payloadBytes = Int(length)
        guard durableEnd <= offset else {
            throw FormatError("a durable end of \(durableEnd), past the record itself", offset: 24)
        }
    }

    /// Checks the whole frame that this is the header of.
    package func verify(_ bytes: RawSpan, at offset: UInt64, seed: ChecksumSeed) throws(FormatError) {
        guard bytes.byteCount >= byteCount else {
            throw FormatError("a record of \(byteCount) bytes, \(bytes.byteCount) left", offset: 8)
        }
        var stream = seed.stream(at: offset)
        stream.consume(bytes.slice(8, 32))
        let sum = stream.finish(bytes.slice(Self.headerBytes, payloadBytes))
        guard sum == checksum else {
            throw FormatError("record checksum \(checksum.hex16), expected \(sum.hex16)", offset: 40)
        }
        for at in (Self.headerBytes + payloadBytes)..<byteCount where bytes.byte(at: at) != 0 {
            throw FormatError("padding is not zero", offset: at)
        }
    }

    private static func headerCheck(_ stream: XXH64Stream, _ any: RawSpan) -> UInt32 {
        UInt32(truncatingIfNeeded: stream.finish(any.slice(0, 0)))
    }
}

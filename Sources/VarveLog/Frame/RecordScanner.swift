package import VarveBytes
package import VarveFiles

/// Walks the records of one file in order, reading it in large pieces.
///
/// `next` follows the chain and stops for good where it breaks; `resynchronise` looks for any whole record
/// behind that, by its sync word. Together they tell what the end of a file means (`TailVerdict`): where the
/// chain ends, how far the file is known to have been synced, and where its last byte that is not zero lies.
/// Nothing is believed before its checksum holds, and nothing is allocated for a record larger than the rest of
/// the file. Cost: one read per 4 MiB, one pass over the bytes.
package struct RecordScanner: ~Copyable {
    package let file: any OpenFile
    package let seed: ChecksumSeed
    /// The file's size when the scan began.
    package let size: UInt64
    /// Behind the last record returned.
    package private(set) var offset: UInt64
    /// The checksum of the last record returned.
    package private(set) var chain: UInt64 = 0
    /// The highest durable end in any record returned.
    package private(set) var durableEnd: UInt64
    /// The end of the last byte seen that is not zero.
    package private(set) var writtenEnd: UInt64
    /// Why the last look for a record failed, counted from `offset`; nil where only zeros begin.
    package private(set) var problem: FormatError?
    /// A record at `offset` whose header is whole and whose payload or padding is not.
    package private(set) var damaged: RecordFrame?

    private let chunkBytes: Int
    private var window: ByteBuffer
    private var windowStart: UInt64 = 0
    private var payloadStart = 0
    private var payloadCount = 0

    /// - Parameters:
    ///   - start: Where the first record begins, a multiple of 8.
    ///   - chunkBytes: How much is read at a time.
    package init(
        _ file: any OpenFile, seed: ChecksumSeed, from start: UInt64, chunkBytes: Int = 4 << 20
    ) throws(StorageError) {
        precondition(start % 8 == 0, "records begin at multiples of 8")
        self.file = file
        self.seed = seed
        self.chunkBytes = chunkBytes
        do throws(FileError) { size = try file.size() } catch { throw .file(error) }
        offset = start
        durableEnd = start
        writtenEnd = start
        window = ByteBuffer(capacity: Int(min(size, UInt64(chunkBytes))))
    }

    /// Tells the system that the whole file will be read.
    package func advise() { file.advise(.sequential, offset: offset, count: size) }

    /// The payload of the record returned last.
    package var payload: RawSpan {
        @_lifetime(borrow self)
        get { window.bytes.slice(payloadStart, payloadCount) }
    }

    /// Where the record returned last lies.
    package var place: Range<UInt64> {
        let padded = UInt64(RecordFrame.byteCount(payload: payloadCount))
        return (offset - padded)..<offset
    }

    /// A copy of the payload of the record returned last; nil if it is empty.
    package func copyPayload() -> SharedBytes? {
        payloadCount == 0 ? nil : SharedBytes(ByteBuffer(copying: payload))
    }

    /// The next record of the chain, or nil where the chain ends.
    package mutating func next() throws(StorageError) -> RecordFrame? {
        guard let frame = try look(at: offset) else { return nil }
        guard frame.previous == chain else {
            problem = FormatError(
                "the record before has checksum \(chain.hex16), this one follows \(frame.previous.hex16)",
                offset: 32)
            return nil
        }
        accept(frame)
        return frame
    }

    /// The next whole record at or behind `offset`, whatever comes before it; nil at the end of the file.
    package mutating func resynchronise() throws(StorageError) -> RecordFrame? {
        while try skipToSyncWord() {
            if let frame = try look(at: offset) {
                accept(frame)
                return frame
            }
            note(written: min(offset + 8, size))
            offset += 8
        }
        return nil
    }

    private mutating func accept(_ frame: RecordFrame) {
        payloadStart = Int(offset - windowStart) + RecordFrame.headerBytes
        payloadCount = frame.payloadBytes
        offset += UInt64(frame.byteCount)
        chain = frame.checksum
        durableEnd = max(durableEnd, frame.durableEnd)
        note(written: offset)
    }

    private mutating func note(written end: UInt64) { writtenEnd = max(writtenEnd, end) }

    /// The record at `at` if a whole one lies there; `problem` says why not.
    private mutating func look(at: UInt64) throws(StorageError) -> RecordFrame? {
        problem = nil
        damaged = nil
        payloadCount = 0
        guard try load(RecordFrame.headerBytes, at: at) else {
            let left = at < size ? size - at : 0
            if left > 0 { problem = FormatError("a header has 48 bytes, \(left) left", offset: 0) }
            return nil
        }
        guard let frame = header(at: at) else { return nil }
        damaged = frame
        guard try load(frame.byteCount, at: at) else {
            problem = FormatError("a record of \(frame.byteCount) bytes, \(size - at) left", offset: 8)
            return nil
        }
        do throws(FormatError) {
            try frame.verify(
                window.bytes.slice(Int(at - windowStart), frame.byteCount), at: at, seed: seed)
        } catch {
            problem = error
            return nil
        }
        damaged = nil
        return frame
    }

    private mutating func header(at: UInt64) -> RecordFrame? {
        let failure: FormatError
        do throws(FormatError) {
            return try RecordFrame(header: headerBytes(at: at), at: at, seed: seed)
        } catch {
            failure = error
        }
        if headerBytes(at: at).load(UInt64.self, at: 0) != 0 { problem = failure }
        return nil
    }

    @_lifetime(borrow self)
    private func headerBytes(at: UInt64) -> RawSpan {
        window.bytes.slice(Int(at - windowStart), RecordFrame.headerBytes)
    }

    /// Moves `offset` to the next sync word at a multiple of 8, noting bytes on the way that are not zero.
    /// False at the end of the file.
    private mutating func skipToSyncWord() throws(StorageError) -> Bool {
        while try load(8, at: offset) {
            let found = Self.findSyncWord(in: window.bytes, from: Int(offset - windowStart))
            if let written = found.writtenEnd { note(written: windowStart + UInt64(written)) }
            offset = windowStart + UInt64(found.at)
            if found.at + 8 <= window.count { return true }
        }
        try noteLastBytes()
        return false
    }

    private static func findSyncWord(in bytes: RawSpan, from start: Int) -> (at: Int, writtenEnd: Int?) {
        var at = start
        var writtenEnd: Int?
        while at &+ 8 <= bytes.byteCount {
            let word: UInt64 = bytes.load(at: at)
            if word != 0 {
                if UInt32(truncatingIfNeeded: word) == RecordFrame.syncWord { break }
                writtenEnd = at &+ 8 &- word.leadingZeroBitCount / 8
            }
            at &+= 8
        }
        return (at, writtenEnd)
    }

    /// Fewer than 8 bytes are left: no record, but perhaps not zero.
    private mutating func noteLastBytes() throws(StorageError) {
        guard offset < size, try load(Int(size - offset), at: offset) else { return }
        for at in offset..<size where window.bytes.byte(at: Int(at - windowStart)) != 0 {
            note(written: at + 1)
        }
    }

    /// Sees to it that the window holds `count` bytes from `at` on; false if the file ends before.
    private mutating func load(_ count: Int, at: UInt64) throws(StorageError) -> Bool {
        guard at <= size, UInt64(count) <= size - at else { return false }
        let end = windowStart + UInt64(window.count)
        if at >= windowStart && at + UInt64(count) <= end { return true }
        try read(at, bytes: Int(min(size - at, UInt64(max(count, chunkBytes)))))
        return true
    }

    private mutating func read(_ at: UInt64, bytes: Int) throws(StorageError) {
        window.removeAll()
        windowStart = at
        let file = file
        do throws(FileError) {
            try window.append(upTo: bytes) { (room: inout MutableRawSpan) throws(FileError) -> Int in
                try file.read(at: at, into: &room)
            }
        } catch {
            throw .file(error)
        }
        // The file said that it was longer: taking this for its end could pass for a torn tail.
        guard window.count == bytes else { throw .file(FileError("read", file.path, .io)) }
    }
}

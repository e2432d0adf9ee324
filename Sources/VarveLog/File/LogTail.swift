import VarveBytes
import VarveFiles

/// The end of the log: the file that is being written, and the frames on their way into it.
///
/// Frames are encoded into a buffer, `flush` writes it with one call, `sync` makes it durable; the durable end
/// that a frame carries is that of the last sync before it was encoded. After any error the state of the file is
/// unknown and the tail must not be used again.
struct LogTail: ~Copyable, Sendable {
    let id: UInt64
    private(set) var file: any OpenFile
    private let seed: ChecksumSeed
    private let sectorPadding: Int
    private let start: ByteOffset
    private(set) var capacity: ByteCount
    /// Behind the last frame, written or not.
    private(set) var offset: ByteOffset
    private(set) var durableEnd: ByteOffset
    private var chain: UInt64 = 0
    /// The number that the next operation must have.
    private(set) var next: SequenceNumber
    private var recordCount: UInt64 = 0
    private var operationCount: UInt64 = 0
    /// The highest number that a record names; nil while the file holds none but the log's own.
    private(set) var highest: SequenceNumber?
    private var buffer = ByteBuffer()

    init(_ file: any OpenFile, header: FileHeader, capacity: ByteCount, next: SequenceNumber) {
        id = header.fileID
        self.file = file
        seed = header.seed
        sectorPadding = Int(header.detail)
        start = header.recordsStart
        self.capacity = capacity
        offset = start
        durableEnd = start
        self.next = next
    }

    var bufferedBytes: Int { buffer.count }
    /// Everything encoded has been synced.
    var isDurable: Bool { durableEnd == offset }
    var holdsRecords: Bool { highest != nil }

    /// Kept free for a watermark, a seal and the padding of both.
    private var reserve: ByteCount {
        let padded = sectorPadding > 0 ? sectorPadding + RecordFrame.headerBytes : 0
        return ByteCount(
            2 * (RecordFrame.headerBytes + padded)
                + RecordFrame.byteCount(payload: SealRecord.byteCount))
    }

    /// Bytes of frames that still fit.
    var room: ByteCount {
        let used = offset + reserve
        return used < capacity ? capacity - used : 0
    }

    func extent() -> LogFileExtent { LogFileExtent(id: id, byteCount: offset, highest: highest) }

    // MARK: Frames

    /// Encodes a record of the log's owner.
    mutating func encode(_ record: LogRecord) {
        let flags = record.type == .batch ? RecordFlags.atomic : 0
        encode(record.type.rawValue, flags, record.operationCount, record.first, record.payload)
    }

    /// Encodes a record that uses up `operations` numbers from `first` on.
    mutating func encode(
        _ type: UInt8, _ flags: UInt8, _ operations: Int, _ first: SequenceNumber, _ payload: SharedBytes?
    ) {
        if let payload {
            append(type, flags: flags, operations: operations, first: first, payload.bytes)
        } else {
            append(type, flags: flags, operations: operations, first: first, ByteBuffer().bytes)
        }
        next = SequenceNumber(first.rawValue + UInt64(operations))
        note(operations > 0 ? SequenceNumber(next.rawValue - 1) : first)
    }

    private mutating func note(_ number: SequenceNumber) { highest = max(highest ?? number, number) }

    mutating func encode(_ link: LinkRecord) {
        precondition(offset == start, "a link is the first record of its file")
        var payload = ByteBuffer(capacity: LinkRecord.byteCount)
        link.encode(into: &payload)
        append(RecordType.link.rawValue, first: next, payload.bytes)
    }

    /// Numbers up to `end` count as used from here on.
    mutating func encode(gapTo end: SequenceNumber) {
        var payload = ByteBuffer(capacity: GapRecord.byteCount)
        GapRecord(end: end).encode(into: &payload)
        append(RecordType.gap.rawValue, first: next, payload.bytes)
        next = end
        note(SequenceNumber(end.rawValue - 1))
    }

    /// A watermark; where groups are padded, one that reaches to the end of its sector.
    mutating func encodeWatermark() {
        var padding = ByteBuffer()
        if sectorPadding > 0 {
            let left = sectorPadding - Int(offset % UInt64(sectorPadding))
            let whole = left < RecordFrame.headerBytes ? left + sectorPadding : left
            padding.append(repeating: 0, count: whole - RecordFrame.headerBytes)
        }
        append(RecordType.watermark.rawValue, first: next, padding.bytes)
    }

    private mutating func append(
        _ type: UInt8, flags: UInt8 = 0, operations: Int = 0, first: SequenceNumber, _ payload: RawSpan
    ) {
        let frame = RecordFrame(
            type: type, flags: flags, operationCount: UInt16(operations), first: first.rawValue,
            durableEnd: durableEnd, previous: chain)
        chain = frame.encode(payload: payload, at: offset, seed: seed, into: &buffer)
        offset += ByteCount(RecordFrame.byteCount(payload: payload.byteCount))
        recordCount += 1
        operationCount += UInt64(operations)
    }

    // MARK: The file

    /// Writes what is encoded.
    mutating func flush() throws(FileError) {
        guard buffer.count > 0 else { return }
        try file.write(buffer.bytes, at: offset - ByteOffset(buffer.count))
        buffer.removeAll()
    }

    /// Writes what is encoded, padded if groups are, and makes it durable.
    mutating func sync() throws(FileError) {
        if isDurable { return }
        padGroup()
        try flush()
        try file.syncData()
        durableEnd = offset
    }

    /// Begins the next group on a sector of its own, where groups are padded.
    private mutating func padGroup() {
        if sectorPadding > 0, offset % ByteOffset(sectorPadding) != 0 { encodeWatermark() }
    }

    /// Writes what is encoded and a seal behind it, and makes it durable: nothing follows in this file.
    mutating func seal(endsLog: Bool) throws(FileError) {
        var payload = ByteBuffer(capacity: SealRecord.byteCount)
        SealRecord(operations: operationCount, records: recordCount, endsLog: endsLog).encode(into: &payload)
        append(RecordType.seal.rawValue, first: next, payload.bytes)
        try flush()
        try file.syncData()
        durableEnd = offset
    }

    /// Takes for durable what is encoded: in a file that gets its name only once all of it is.
    mutating func presumeDurable() { durableEnd = offset }

    /// Writes what is encoded, fills the file with zeros and makes it durable, before it has its name.
    mutating func finishStart() throws(FileError) {
        padGroup()
        try flush()
        capacity = max(capacity, LogOptions.wholePages(Int(offset + reserve)))
        try LogFiles.fill(file, from: offset, to: capacity)
        try file.sync()
        durableEnd = offset
    }

    /// The file has its name now.
    mutating func move(to named: any OpenFile) { file = named }

    /// Makes the file large enough for a frame of `bytes` bytes, so that writing it cannot fail for want of space.
    mutating func extend(for bytes: Int) throws(PreparationFailure) {
        let wanted = LogOptions.wholePages(Int(offset + reserve) + bytes)
        guard wanted > capacity else { return }
        do throws(FileError) { try LogFiles.fill(file, from: capacity, to: wanted) } catch {
            throw PreparationFailure(error: error, isFatal: !error.isWantOfSpace)
        }
        capacity = wanted
    }

    /// The link that the next file begins with: this one ends here.
    func link(epoch: UInt64) -> LinkRecord {
        LinkRecord(predecessor: id, end: offset, lastChecksum: chain, epoch: epoch)
    }
}

/// A live file of the log, as those see it who remove old ones.
struct LogFileExtent: Sendable, Equatable {
    let id: UInt64
    var byteCount: ByteCount
    /// The highest number that a record in it names; nil if none does.
    var highest: SequenceNumber?
}

extension FileHeader {
    /// Where the first record of a WAL file lies: on a sector of its own where groups are padded.
    var recordsStart: ByteOffset { max(ByteOffset(length), detail) }
}

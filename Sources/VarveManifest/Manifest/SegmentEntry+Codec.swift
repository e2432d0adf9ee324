import VarveBytes

extension Manifest {
    static func encode(_ entries: [SegmentEntry], into buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(entries.count))
        for entry in entries { entry.encode(into: &buffer) }
    }

    static func decodeSegments(from reader: inout ByteReader) throws(FormatError) -> [SegmentEntry] {
        let most = min(segmentsMax, reader.remaining / SegmentEntry.encodedBytesMin)
        let count = try reader.readCount(limit: most, of: "a segment count")
        var entries: [SegmentEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(try SegmentEntry(decoding: &reader)) }
        return entries
    }
}

extension SegmentEntry {
    /// Eleven varints, a byte and a checksum.
    static let encodedBytesMin = 20

    func encode(into buffer: inout ByteBuffer) {
        buffer.appendVarint(id)
        buffer.appendVarint(byteCount)
        buffer.append(rootChecksum)
        buffer.appendVarint(UInt64(rows))
        buffer.appendVarint(UInt64(tombstones))
        buffer.appendVarint(UInt64(dead))
        buffer.appendVarint(lowestBirth.rawValue)
        buffer.appendVarint(highestBirth.rawValue - lowestBirth.rawValue)
        buffer.appendVarint(from.rawValue)
        buffer.appendVarint(to == .infinity ? 0 : to.rawValue - from.rawValue + 1)
        buffer.append(level)
        buffer.appendVarint(UInt64(flags))
        buffer.appendVarint(UInt64(deaths.count))
        for piece in deaths { piece.encode(into: &buffer) }
    }

    init(decoding reader: inout ByteReader) throws(FormatError) {
        id = try reader.readVarint()
        byteCount = try reader.readVarint()
        rootChecksum = try reader.read()
        rows = try reader.readCount(limit: Self.rowsMax, of: "a row count")
        tombstones = try reader.readCount(limit: rows, of: "a tombstone count")
        dead = try reader.readCount(limit: rows, of: "a count of dead rows")
        lowestBirth = SequenceNumber(try reader.readVarint())
        highestBirth = SequenceNumber(try reader.readDistance(from: lowestBirth.rawValue))
        from = SequenceNumber(try reader.readVarint())
        let at = reader.offset
        let span = try reader.readVarint()
        let end = from.rawValue.addingReportingOverflow(span &- 1)
        guard span == 0 || !end.overflow else {
            throw FormatError("a validity past every number", offset: at)
        }
        to = span == 0 ? .infinity : SequenceNumber(end.partialValue)
        level = try reader.read()
        flags = UInt32(try reader.readCount(limit: Int(UInt32.max), of: "segment flags"))
        deaths = []
        let pieces = try reader.readCount(limit: Self.deathsPiecesMax, of: "a count of deaths pieces")
        for _ in 0..<pieces { deaths.append(try DeathsPiece(decoding: &reader)) }
    }
}

extension DeathsPiece {
    func encode(into buffer: inout ByteBuffer) {
        buffer.appendVarint(file)
        buffer.appendVarint(offset)
        buffer.appendVarint(byteCount)
        buffer.appendVarint(UInt64(count))
        buffer.appendVarint(highestDeath.rawValue)
        buffer.append(checksum)
    }

    init(decoding reader: inout ByteReader) throws(FormatError) {
        file = try reader.readVarint()
        offset = try reader.readVarint()
        byteCount = try reader.readVarint()
        count = try reader.readCount(limit: SegmentEntry.rowsMax, of: "a count of deaths")
        highestDeath = SequenceNumber(try reader.readVarint())
        checksum = try reader.read()
    }
}

extension TimeMap {
    func encode(into buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(count))
        var number: UInt64 = 0
        var time: Int64 = 0
        for at in 0..<count {
            buffer.appendVarint(numbers[at] - number)
            buffer.appendZigzag(times[at] &- time)
            number = numbers[at]
            time = times[at]
        }
    }

    init(decoding reader: inout ByteReader) throws(FormatError) {
        self.init()
        let count = try reader.readCount(limit: Self.samplesMax, of: "a count of time samples")
        var number: UInt64 = 0
        var time: Int64 = 0
        for index in 0..<count {
            let at = reader.offset
            let next = try reader.readDistance(from: number)
            let later = time.addingReportingOverflow(try reader.readZigzag())
            guard !later.overflow, index == 0 || (next > number && later.partialValue > time) else {
                throw FormatError("time samples do not ascend", offset: at)
            }
            number = next
            time = later.partialValue
            guard append(number: number, time: time) else {
                throw FormatError("infinity as a time sample", offset: at)
            }
        }
    }
}

extension ByteReader {
    /// A varint that is added to `start`; a sum past 64 bits is refused.
    @_lifetime(self: copy self)
    mutating func readDistance(from start: UInt64) throws(FormatError) -> UInt64 {
        let at = offset
        let sum = start.addingReportingOverflow(try readVarint())
        guard !sum.overflow else { throw FormatError("a number past 64 bits", offset: at) }
        return sum.partialValue
    }
}

package import VarveBytes

/// The first record of a WAL file: the file before it and where that one ends for good.
///
/// Bytes of the predecessor from `end` on are ignored, whatever they hold: they were copied into this file or
/// were never acknowledged. Page: `docs/formats/wal.md`.
package struct LinkRecord: Equatable, Sendable {
    static let byteCount = 32

    /// The predecessor's id; 0 if the log begins here.
    package var predecessor: UInt64
    /// Where the predecessor ends, and the checksum of its last record before that.
    package var end: UInt64
    package var lastChecksum: UInt64
    /// The writer that started this file.
    package var epoch: UInt64

    package init(predecessor: UInt64, end: UInt64, lastChecksum: UInt64, epoch: UInt64) {
        self.predecessor = predecessor
        self.end = end
        self.lastChecksum = lastChecksum
        self.epoch = epoch
    }

    /// The link of a log's very first file.
    static func beginning(epoch: UInt64) -> LinkRecord {
        LinkRecord(predecessor: 0, end: 0, lastChecksum: 0, epoch: epoch)
    }

    package func encode(into buffer: inout ByteBuffer) {
        for word in [predecessor, end, lastChecksum, epoch] { buffer.append(word) }
    }

    package init(decoding payload: RawSpan) throws(FormatError) {
        let words = try readWords(payload, count: 4, of: "a link record")
        self.init(predecessor: words[0], end: words[1], lastChecksum: words[2], epoch: words[3])
        guard (predecessor == 0) == (end == 0) else {
            throw FormatError("a link to file \(predecessor.hex16) that ends at byte \(end)", offset: 8)
        }
    }
}

/// The last record of a file that was closed in order.
package struct SealRecord: Equatable, Sendable {
    static let byteCount = 24

    /// Operations in the file, and records before this one.
    package var operations: UInt64
    package var records: UInt64
    /// The log was closed, so that no number after it was ever used; otherwise another file follows.
    package var endsLog: Bool

    package init(operations: UInt64, records: UInt64, endsLog: Bool) {
        self.operations = operations
        self.records = records
        self.endsLog = endsLog
    }

    package func encode(into buffer: inout ByteBuffer) {
        for word in [operations, records, endsLog ? 1 : 0] { buffer.append(word) }
    }

    package init(decoding payload: RawSpan) throws(FormatError) {
        let words = try readWords(payload, count: 3, of: "a seal record")
        guard words[2] <= 1 else { throw FormatError("a seal of kind \(words[2])", offset: 16) }
        self.init(operations: words[0], records: words[1], endsLog: words[2] == 1)
    }
}

/// Numbers from the record's own up to `end` that no operation has.
package struct GapRecord: Equatable, Sendable {
    static let byteCount = 8

    package var end: SequenceNumber

    package init(end: SequenceNumber) { self.end = end }

    package func encode(into buffer: inout ByteBuffer) { buffer.append(end.rawValue) }

    package init(decoding payload: RawSpan) throws(FormatError) {
        end = SequenceNumber(try readWords(payload, count: 1, of: "a gap record")[0])
    }
}

private func readWords(_ payload: RawSpan, count: Int, of what: StaticString) throws(FormatError) -> [UInt64]
{
    var reader = ByteReader(payload)
    var words: [UInt64] = []
    for _ in 0..<count { words.append(try reader.read()) }
    try reader.expectEnd(of: what)
    return words
}

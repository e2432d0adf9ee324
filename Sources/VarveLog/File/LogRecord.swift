package import VarveBytes

/// What a record of the WAL is. Raw values are part of the format, `docs/formats/wal.md`.
///
/// Types from 0x80 on are for later releases and are skipped by this one; an unknown type below that is a reason
/// to refuse the file.
package enum RecordType: UInt8, Sendable, CaseIterable {
    /// Operations, and the source pointer that they leave behind.
    case batch = 1
    /// A source pointer without operations.
    case checkpoint = 2
    /// Nothing but its durable end; written when the log has been idle, and as padding.
    case watermark = 3
    /// The last record of a file that was closed in order.
    case seal = 4
    /// The first record of a file: which file it follows, and where that one ends.
    case link = 5
    /// The source pointer was moved by hand.
    case sourceReset = 6
    /// Numbers that no operation has, because it may have been lost with a tail.
    case gap = 7
    /// Additions to the mapping, before the first batch that may use them.
    case schema = 8

    /// The first of the types that a reader may skip unread.
    static let skippable: UInt8 = 0x80

    /// Handed to the log by its owner, and handed back by recovery.
    var isAppendable: Bool {
        switch self {
        case .batch, .checkpoint, .sourceReset, .schema: true
        case .watermark, .seal, .link, .gap: false
        }
    }
}

/// Bits of a record's flags; a bit that is not here is a reason to refuse the file.
enum RecordFlags {
    /// The batch is applied as a whole or not at all. Always set in batches.
    static let atomic: UInt8 = 2
}

/// One record on its way into the log. What the payload says is not the log's business.
package struct LogRecord: Sendable {
    package var type: RecordType
    /// Consecutive numbers from `first` on that the record uses up; 0 for all types but `batch`.
    package var operationCount: Int
    /// The number of the first operation; without operations the number that the next one will have.
    package var first: SequenceNumber
    package var payload: SharedBytes?

    package init(type: RecordType, operationCount: Int = 0, first: SequenceNumber, payload: SharedBytes?) {
        self.type = type
        self.operationCount = operationCount
        self.first = first
        self.payload = payload
    }

    var payloadBytes: Int { payload?.count ?? 0 }
    var frameBytes: Int { RecordFrame.byteCount(payload: payloadBytes) }
}

/// The place of a record in the order of appends; what one waits for.
package struct LogTicket: Comparable, Hashable, Sendable {
    package let number: UInt64

    package static func < (left: LogTicket, right: LogTicket) -> Bool { left.number < right.number }
}

package import VarveBytes
package import VarveFiles

/// A record that recovery found, for its owner to apply again.
package struct RecoveredRecord: Sendable {
    package let type: RecordType
    package let operationCount: Int
    package let first: SequenceNumber
    package let payload: SharedBytes?
    /// Where it lies.
    package let file: UInt64
    package let offset: ByteOffset

    /// The number after the record's own; for a gap the first that may be used again.
    package let end: SequenceNumber
}

/// What reading a log found and what opening it did.
package struct LogRecoveryReport: Sendable, Equatable {
    /// The files that were read, ascending.
    package var files: [UInt64] = []
    /// Records and operations handed to the owner.
    package var records = 0
    package var operations: UInt64 = 0
    package var payloadBytes: UInt64 = 0
    /// The number after the last one found; the log goes on with it, or behind `gap`.
    package var next = SequenceNumber(0)
    /// What the end of the last file means.
    package var verdict = TailVerdict.clean(end: 0)
    /// The log was closed: no number at or above `next` was ever used.
    package var wasClosed = false
    /// The highest writer epoch in the log.
    package var epoch: UInt64 = 0
    /// Numbers that may have been used by operations that were lost, and are not used again.
    package var gap: Range<SequenceNumber>?
    /// Bytes of records that were not known to be durable and were written again.
    package var copiedBytes: UInt64 = 0
    /// Files that the log does not need, removed or not.
    package var unneeded: [UInt64] = []
    /// Why some of those were not removed. They are tried again at the next open.
    package var failures: [FileError] = []
}

package import VarveFiles

/// How a log writes. The defaults are the ones to use; tests make files small and times short.
package struct LogOptions: Sendable {
    /// When written records are made durable.
    package enum Syncing: Sendable, Equatable {
        /// Every group, before it is acknowledged.
        case everyGroup
        /// Records are acknowledged once the system has them; power loss takes at most this much time or bytes.
        case interval(nanoseconds: UInt64, bytes: Int)
    }

    /// The operations that may be accepted and not durable. Recovery counts on it, so it is part of the format.
    package static let undurableOperationsLimit = 1 << 20
    /// No file grows past this.
    static let fileBytesLimit = 1 << 30

    package var syncing = Syncing.everyGroup
    /// The size of a file; a record that does not fit makes its file larger.
    package var fileBytes = 64 << 20
    /// The size of the first file after an open: small, so that opening is quick. Each file after it is four
    /// times as large as the one before, up to `fileBytes`.
    package var openingFileBytes = 1 << 20
    /// How long the log is idle after a sync before a watermark says so in the file.
    package var idleWatermarkNanoseconds: UInt64 = 200_000_000
    /// 512 or 4096 on devices that may harm the rest of a sector which they overwrite; else 0. Each group is then
    /// padded to whole sectors.
    package var sectorPadding = 0
    package var undurableOperationsMax = undurableOperationsLimit
    /// Bytes of records that are accepted and not acknowledged.
    package var pendingBytesMax = 64 << 20
    /// How long after a failure for want of space a new file is tried again.
    package var spaceRetryNanoseconds: UInt64 = 500_000_000
    /// Where files lie until they have their name.
    package var temporaryDirectory: StorePath = "tmp"

    package init() {}

    var openingBytes: ByteCount { Self.wholePages(min(openingFileBytes, fileBytes)) }

    /// The size of the file after one of `current` bytes.
    func fileBytes(after current: ByteCount) -> ByteCount { min(Self.wholePages(fileBytes), 4 * current) }

    /// Multiples of a page, and room for at least a few records.
    static func wholePages(_ bytes: Int) -> UInt64 { UInt64(max(bytes, 4096) + 4095) & ~4095 }
}

/// Why the log did not do what was asked.
package enum LogFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// A write or a sync failed, now or before. What was not acknowledged may or may not be in the log; nothing
    /// more is accepted until the log is recovered.
    case poisoned(StorageError)
    /// There is no room on the disk for the log's next file. Nothing was lost, records that were accepted are
    /// written once there is, and the log then goes on by itself.
    case noSpace(FileError)
    /// Too much is accepted and not acknowledged: wait with `waitForRoom`.
    case noRoom
    case closed
    /// The record breaks a rule of the log.
    case rejected(String)

    package var description: String {
        switch self {
        case .poisoned(let error): "the log takes no more records: \(error)"
        case .noSpace(let error): "the log has no room for its next file: \(error)"
        case .noRoom: "too much waits to be logged"
        case .closed: "the log is closed"
        case .rejected(let rule): "not a record that the log takes: \(rule)"
        }
    }
}

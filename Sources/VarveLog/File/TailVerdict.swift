/// A position in a file.
package typealias ByteOffset = UInt64
/// A number of bytes.
package typealias ByteCount = UInt64

/// What the end of a WAL file means.
///
/// Every record carries the durable end: how far the file was known to be synced when the record was built.
/// Bytes that were synced cannot be a write that was cut short, so the three ends decide the case.
/// The format and this argument are in `docs/formats/wal.md`.
package enum TailVerdict: Equatable, Sendable {
    /// The file ends with its last whole record.
    case clean(end: ByteOffset)
    /// A write was cut short. Nothing from `end` on was ever acknowledged, and recovery drops it.
    case torn(end: ByteOffset, dropped: ByteCount)
    /// Bytes that were acknowledged are damaged. The shard does not open for writing.
    case corrupt(Range<ByteOffset>)

    /// - Parameters:
    ///   - validEnd: Where the chain of valid records stops.
    ///   - durableEnd: The highest durable end in any valid record, also behind `validEnd`.
    ///   - writtenEnd: The end of the last byte that is not preallocated zero.
    package init(validEnd: ByteOffset, durableEnd: ByteOffset, writtenEnd: ByteOffset) {
        if validEnd < durableEnd {
            self = .corrupt(validEnd..<durableEnd)
        } else if validEnd < writtenEnd {
            self = .torn(end: validEnd, dropped: writtenEnd - validEnd)
        } else {
            self = .clean(end: validEnd)
        }
    }
}

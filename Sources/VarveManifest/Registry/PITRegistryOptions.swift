/// How the registry's log is written. The defaults are for use, other values for tests.
package struct PITRegistryOptions: Sendable {
    /// A new generation is written when the log is longer than this and than four times its live content.
    package var generationBytesMin: UInt64 = 1 << 20
    /// Zeros written ahead: a sync of bytes that a file already has is twice as fast as one that makes it grow.
    package var preallocatedBytes: UInt64 = 256 << 10
    /// After this long without a change the last one is marked as durable, in nanoseconds.
    package var idleNanoseconds: UInt64 = 200_000_000
    /// Appends are synced together up to this many changes.
    package var groupChangesMax = 4_096
    /// Appends beyond these are rejected until some are durable.
    package var pendingChangesMax = 1 << 17
    package var pendingBytesMax = 24 << 20
    /// How large the records of a base become.
    package var baseRecordBytes = 1 << 20

    package init() {}
}

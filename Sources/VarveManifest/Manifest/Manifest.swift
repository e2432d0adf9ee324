package import VarveBytes

/// The durable state of one shard: a full, immutable generation. It names every file that the shard is made of,
/// and everything it says is true of the disk before it is published.
///
/// Invariants, checked by `brokenRule` on every decode and every publish:
/// - current segments have an infinite `to`, ascend by birth and do not overlap; retired ones have a finite `to`;
/// - ids are unique, not zero, and below `nextFileID`, those of deaths files too;
/// - no birth and no death lies above `flushed`: such operations are in the log alone, whose tail may be lost.
///
/// The bytes are in `docs/formats/manifest.md`; publishing is `ManifestStore`'s.
package struct Manifest: Equatable, Sendable {
    package static let segmentsMax = 65_536
    package static let checkpointsMax = 4_096
    package static let schemaBytesMax = 16 << 20
    /// How many file ids a generation reserves beyond those in use.
    package static let fileIDReserve: UInt64 = 1_024

    /// From 1. Zero as the previous one means that there is none.
    package var generation: UInt64
    package var previousGeneration: UInt64
    /// Grows by one with every writable open.
    package var writerEpoch: UInt64
    /// Every operation at or below it is in segments; nil before the first flush.
    package var flushed: SequenceNumber?
    /// The lowest id of a log file that is still needed.
    package var lowestWAL: UInt64
    /// File ids below it may be in use. A writer hands out only ids below the durable value and raises it, by
    /// `fileIDReserve`, with the next generation; an opener starts at it. So no id is ever reused.
    package var nextFileID: UInt64
    /// The mapping with its dynamic additions, as VarveDocument encodes it.
    package var schema: [UInt8]
    /// The lowest S that can be read without being pinned.
    package var historyFloor: SequenceNumber
    /// Current segments, by birth.
    package var segments: [SegmentEntry]
    /// Segments that a manifest has replaced and that some pinned S may still read.
    package var retired: [SegmentEntry]
    /// How far each source partition is contained in the segments; one for each, in order.
    package private(set) var checkpoints: [SourceCheckpoint]
    package var timeMap: TimeMap
    /// The dead letters that belong to `flushed`; nil if there are none.
    package var letters: LettersEntry?
    /// When it was published, milliseconds since 1970.
    package var committedAt: Int64
    /// Parts that a later minor version added and that may be carried along unread.
    package var unknown: [UnknownSection]

    /// The first generation of an empty shard.
    package init(writerEpoch: UInt64, schema: [UInt8] = [], committedAt: Int64) {
        generation = 1
        previousGeneration = 0
        self.writerEpoch = writerEpoch
        flushed = nil
        lowestWAL = 0
        nextFileID = Self.fileIDReserve
        self.schema = schema
        historyFloor = SequenceNumber(0)
        segments = []
        retired = []
        checkpoints = []
        timeMap = TimeMap()
        self.committedAt = committedAt
        unknown = []
    }

    /// A copy to be changed and published: one generation on, with this one as its predecessor.
    package func successor(committedAt: Int64) -> Manifest {
        var next = self
        next.generation = generation + 1
        next.previousGeneration = generation
        next.committedAt = committedAt
        return next
    }

    /// Sets how far the checkpoint's partition is contained in the segments.
    package mutating func advance(to checkpoint: SourceCheckpoint) {
        let at = checkpoints.partitioningIndex { !checkpoint.place(follows: $0) }
        if at < checkpoints.count && !checkpoints[at].place(follows: checkpoint) {
            checkpoints[at] = checkpoint
        } else {
            checkpoints.insert(checkpoint, at: at)
        }
    }

    /// Forgets the partitions of a source that is no longer ingested.
    package mutating func removeCheckpoints(of source: UUID128) {
        checkpoints.removeAll { $0.source == source }
    }
}

extension SourceCheckpoint {
    /// Order by source and partition.
    func place(follows other: SourceCheckpoint) -> Bool {
        (other.source, other.partition) < (source, partition)
    }
}

/// A section of a kind that this release does not know, marked as one that may be carried along.
package struct UnknownSection: Equatable, Sendable {
    package var kind: UInt32
    package var bytes: [UInt8]

    package init(kind: UInt32, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}

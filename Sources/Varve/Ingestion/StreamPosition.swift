import VarveBytes
public import VarveIngest

/// How far a partition of a stream is contained in something: everything before the pointer is there, and nothing
/// from it on.
public struct StreamPosition: Hashable, Sendable {
    public let partition: UInt32
    public let pointer: StreamPointer
    /// Grows with every reset; pointers compare within one epoch only.
    public let epoch: UInt64

    /// Nil if the pointer is not one of this release.
    init?(_ checkpoint: SourceCheckpoint) {
        guard let pointer = StreamPointer(encoded: checkpoint.pointer) else { return nil }
        partition = checkpoint.partition
        self.pointer = pointer
        epoch = checkpoint.epoch
    }
}

extension Index {
    /// How far each stream is contained in each shard's accepted operations, by shard.
    public var positions: [[StreamPosition]] {
        engine.shards.map { $0.checkpoints.compactMap { StreamPosition($0) } }
    }
}

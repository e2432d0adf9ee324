package import VarveBytes

/// What a stream flows into: the part of an index that its pollers need. The face supplies it.
package protocol IngestionIndex: Sendable {
    /// Names the index for good.
    var uuid: UUID128 { get }
    var shardCount: Int { get }
    func sink(ofShard number: Int) -> any IngestionSink
    /// Flushes, then moves all checkpoints or, across a crash as well, none. Durable when it returns.
    func reset(_ moves: [(shard: Int, checkpoint: SourceCheckpoint)]) async throws
    /// Keeps what must outlive a restart. Durable when it returns.
    func keep(_ record: IngestionRecord) async throws
    /// What was kept last.
    var record: IngestionRecord { get }
    /// Says how many dead letters a shard keeps.
    func limitLetters(bytes: Int, ageMilliseconds: Int64?)
}

/// One partition, and the shard that reads it.
package struct PollerKey: Hashable, Comparable, Sendable {
    package var shard: Int
    package var partition: UInt32

    package init(shard: Int, partition: UInt32) {
        self.shard = shard
        self.partition = partition
    }

    package static func < (left: PollerKey, right: PollerKey) -> Bool {
        (left.shard, left.partition) < (right.shard, right.partition)
    }
}

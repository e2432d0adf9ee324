package import VarveBytes
package import VarveDocument

/// Where applied batches go: the part of a shard that a poller needs. The face supplies it, so that ingestion
/// never sees the engine.
package protocol IngestionSink: Sendable {
    var schema: Schema { get }
    /// The committed pointer of a source's partition, as of the last applied batch.
    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint?
    /// Waits until the shard can take more.
    func waitForRoom(operations: Int, bytes: Int) async throws
    /// Logs and applies a batch with its checkpoint in one record. Not durable yet: `whenDurable` says when.
    ///
    /// - Parameter before: What the shard's checkpoint must be; anything else means that two pollers read the same
    ///   partition, and nothing is applied.
    /// - Returns: How many operations were refused by their condition, and what to wait for.
    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint, after before: SourceCheckpoint?
    ) throws -> (conflicts: Int, wait: IngestionWait)
    /// Lets searches find everything that was applied.
    func refresh() throws
}

/// Why a sink took nothing.
package struct IngestionSinkError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether asking again may help, as when the disk is full.
    package let isTransient: Bool

    package init(_ description: String, isTransient: Bool) {
        self.description = description
        self.isTransient = isTransient
    }
}

/// Something applied that becomes durable.
package struct IngestionWait: Sendable {
    package let whenDurable: @Sendable (@escaping @Sendable (Result<Void, any Error>) -> Void) -> Void

    package init(
        whenDurable: @escaping @Sendable (@escaping @Sendable (Result<Void, any Error>) -> Void) -> Void
    ) {
        self.whenDurable = whenDurable
    }
}

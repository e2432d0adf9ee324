package import VarveBytes
import VarveDocument
import VarveFiles
import VarveLog

/// What a stream source keeps in a shard.
extension Shard {
    /// The committed pointer of a source's partition as of the last accepted batch.
    package func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        sequencer.withLock { sequencer in
            sequencer.checkpoints.first { $0.source == source && $0.partition == partition }
        }
    }

    /// All committed pointers as of the last accepted batch.
    package var checkpoints: [SourceCheckpoint] { sequencer.withLock { $0.checkpoints } }

    /// Flushes, then moves a source's pointer: old or new after a crash, never a third. Durable when it returns.
    package func resetSource(to checkpoint: SourceCheckpoint) throws(EngineError) {
        try flush()
        let payload = BatchListing.checkpointPayload(
            checkpoint, at: UInt64(max(0, environment.clock.wallMilliseconds)))
        let moved = sequencer.withLock { sequencer -> Result<LogTicket?, EngineError> in
            if let failure = sequencer.failure { return .failure(failure) }
            do throws(LogFailure) {
                sequencer.lastTicket = try log?.append(
                    LogRecord(
                        type: .sourceReset, first: SequenceNumber(sequencer.next), payload: payload))
            } catch { return .failure(EngineError(error)) }
            sequencer.commit(checkpoint)
            return .success(sequencer.lastTicket)
        }
        guard let log else {
            // Without a log the pointer is durable with the manifest.
            activity.withLock { $0.mustCommit = true }
            return try flush()
        }
        if let ticket = try moved.get() {
            do throws(LogFailure) { try log.waitUntilDurable(ticket) } catch { throw EngineError(error) }
        }
    }
}

/// What a batch with a checkpoint takes for granted of its partition.
package enum ExpectedCheckpoint: Sendable {
    case any
    /// Nil: nothing was ever read of it.
    case exactly(SourceCheckpoint?)

    func check(
        _ checkpoints: [SourceCheckpoint], for next: SourceCheckpoint
    ) throws(EngineError) {
        guard case .exactly(let expected) = self else { return }
        guard checkpoints.first(where: { $0.isSamePartition(as: next) }) == expected else {
            throw .invalid(
                "partition \(next.partition) was moved by another reader: what comes behind the old place is refused"
            )
        }
    }
}

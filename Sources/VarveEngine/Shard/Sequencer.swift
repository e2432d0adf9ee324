package import VarveBytes
import VarveDocument
import VarveLog
import VarveSegment

/// The state that numbers a shard's operations. Reached under the shard's sequencer lock alone, so operations
/// get their numbers, their place in the log and their row in the memtable in one order.
struct Sequencer: ~Copyable {
    /// Operations that no refresh has published yet.
    var active: Memtable
    /// The memtable that a running refresh is resolving; still consulted by real-time gets.
    var freezing: FrozenMemtable?
    /// Where the shard stood when `freezing` was taken: what the refresh is going to publish.
    var freezingThrough: SequenceNumber?
    var freezingCheckpoints: [SourceCheckpoint] = []
    var freezingTicket: LogTicket?
    /// The number of the next operation.
    var next: UInt64
    /// Committed pointers, one a source partition, as of the last numbered operation.
    var checkpoints: [SourceCheckpoint]
    /// Messages that could not be applied, as of the last numbered operation.
    var letters = LetterStore()
    var freezingLetters = LetterStore()
    /// Nil until somebody has said how many are kept.
    var letterLimits: LetterLimits?
    /// Fields of the schema that the log already knows.
    var loggedFields: Int
    /// The schema's generation that the log already knows.
    var loggedSchema: UInt64
    /// The newest record, to wait for.
    var lastTicket: LogTicket?
    /// Set for good by a failed write or sync.
    var failure: EngineError?
    /// Bytes of `active` that the write budget has been told of.
    var countedBytes = 0
    /// Log bytes since the last flush.
    var bytesSinceFlush = 0

    /// The last numbered operation; nil before the first.
    var last: SequenceNumber? { next == 0 ? nil : SequenceNumber(next - 1) }

    mutating func commit(_ checkpoint: SourceCheckpoint) {
        if let at = checkpoints.firstIndex(where: { $0.isSamePartition(as: checkpoint) }) {
            checkpoints[at] = checkpoint
        } else {
            checkpoints.append(checkpoint)
        }
    }
}

/// What searches see, and what pins keep. Swapped under the publication lock, held for nanoseconds.
struct Publication {
    var state: ShardState
    var pins = PinSet()
    /// Committed pointers as of `state.visible`.
    var checkpoints: [SourceCheckpoint]
    /// Dead letters as of `state.visible`.
    var letters = LetterStore()
    /// Ticket of the newest record that `state.visible` covers.
    var ticket: LogTicket?
}

/// What became of one operation.
package struct OperationResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case created, updated, deleted
        /// A delete of what was not there; recorded all the same.
        case absent
        /// No document was meant: a dead letter, or the removal of some.
        case recorded
        /// The condition did not hold; nothing changed.
        case conflict(VersionConflict)
    }
    package let outcome: Outcome
    /// The operation's own number; for a conflict the number it fills, or the current version's.
    package let sequence: SequenceNumber
    /// The version that the id now has; 0 for operations that did not ask.
    package let version: Int64
}

/// Why a conditional operation did not go ahead.
package enum VersionConflict: Sendable, Equatable {
    /// A create found a live version.
    case exists(version: Int64, sequence: SequenceNumber)
    /// The given version is not above (or not at or above) the current one.
    case version(current: Int64, given: Int64, allowsEqual: Bool)
    /// The current version has another sequence number or term; nil when there is none.
    case sequence(current: SequenceNumber?, given: SequenceNumber)
}

/// The newest version of an id.
package struct CurrentVersion: Sendable, Equatable {
    package var sequence: SequenceNumber
    package var version: Int64
    package var isTombstone: Bool
}

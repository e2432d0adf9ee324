package import VarveBytes

/// Where a poller goes on after a reset.
package struct PollerReset: Sendable {
    /// Nil if nothing was ever read.
    package let old: StreamPointer?
    package let new: StreamPointer
    /// Whether messages may lie between the two that were never read.
    package let maySkip: Bool
    package let checkpoint: SourceCheckpoint
}

/// Only what is paused can be reset.
package struct IngestionNotPaused: Error, CustomStringConvertible {
    package var description: String { "Cannot reset consumer when poller is not paused" }
}

/// A partition does not come to stand at a pointer.
package struct IngestionHoldError: Error, CustomStringConvertible {
    let wanted: StreamPointer
    let applied: StreamPointer?
    let phase: IngestionState.Phase

    /// Waiting does not help any more.
    package var isPast: Bool { applied.map { $0 > wanted } ?? false }

    package var description: String {
        guard let applied, isPast else {
            return "ingestion is \(phase) before pointer \(wanted)"
        }
        return "ingestion has passed pointer \(wanted) already: it is at \(applied)"
    }
}

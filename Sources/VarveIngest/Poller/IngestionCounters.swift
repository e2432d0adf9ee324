/// What a poller has counted since it was started.
///
/// Two ways of counting stand side by side. *Attempts* are counted as OpenSearch does: a message that is read or
/// tried again counts again. *Messages* are counted once each, when the log record that settles them is written.
///
/// At every observation
/// `polled = handedOn + pollerFailures`, `processed = applied + versionConflicts + ignored + failed` and
/// `read = applied + versionConflicts + ignored + dropped + skipped`.
public struct IngestionCounters: Hashable, Sendable {
    // MARK: Attempts

    /// Messages read, each time that they were.
    public var polled = 0
    /// Of these, those that could be taken apart.
    public var handedOn = 0
    /// Of these, those that could not.
    public var pollerFailures = 0
    /// Of the failures, those that were passed over.
    public var pollerDropped = 0
    /// Requests to the source that failed.
    public var sourceErrors = 0
    /// Attempts to apply a message.
    public var processed = 0
    /// Attempts that failed because the envelope was at fault, and deletions without an id.
    public var invalid = 0
    /// Attempts that failed, but for conflicts of versions.
    public var failed = 0
    /// Messages given up after they could be taken apart.
    public var failuresDropped = 0

    // MARK: Messages

    /// Messages settled, in whichever of the following ways.
    public var read = 0
    /// Operations that took effect.
    public var applied = 0
    /// Operations that were refused because of the version that was there.
    public var versionConflicts = 0
    /// Deletions of nobody knows what.
    public var ignored = 0
    /// Messages passed over because they could not be applied.
    public var dropped = 0
    /// The same, each because somebody said so.
    public var skipped = 0
    /// Bytes of settled messages.
    public var bytes = 0
    /// Places where messages were gone before they were read: what a source said is lost, and holes in pointers that
    /// have none by nature.
    public var gaps = 0

    public init() {}

    /// Whether what has to add up does.
    package var addUp: Bool {
        polled == handedOn + pollerFailures
            && processed == applied + versionConflicts + ignored + failed
            && read == applied + versionConflicts + ignored + dropped + skipped
            && pollerDropped <= pollerFailures && failuresDropped <= failed
            && dropped + skipped == pollerDropped + failuresDropped
    }

    static func += (left: inout IngestionCounters, right: IngestionCounters) {
        left.polled += right.polled
        left.handedOn += right.handedOn
        left.pollerFailures += right.pollerFailures
        left.pollerDropped += right.pollerDropped
        left.sourceErrors += right.sourceErrors
        left.processed += right.processed
        left.invalid += right.invalid
        left.failed += right.failed
        left.failuresDropped += right.failuresDropped
        left.read += right.read
        left.applied += right.applied
        left.versionConflicts += right.versionConflicts
        left.ignored += right.ignored
        left.dropped += right.dropped
        left.skipped += right.skipped
        left.bytes += right.bytes
        left.gaps += right.gaps
    }
}

/// What the ingestion of one partition is doing, as of one moment.
public struct IngestionState: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// Finding out where to start.
        case starting
        /// Asking for messages.
        case polling
        /// Applying messages.
        case processing
        /// A request failed and will be repeated; `failure` says what and since when.
        case retrying
        /// Standing at a message that cannot be applied, which is tried again from time to time.
        case blocked
        /// Asked to pause, or about to pause by itself; something is still on its way.
        case pausing
        /// Nothing is on its way. What was applied is committed, unless the log has failed.
        case paused
        /// Stopped for good.
        case closed

        public var description: String { rawValue }
    }

    /// How far behind the end of the stream, in the units of the source's pointers: messages for most, bytes for
    /// a file. Nil if the source cannot tell its end, or has not been asked yet.
    public struct Lag: Hashable, Sendable {
        /// To the last message that was read.
        public var fetched: UInt64?
        /// To the last message that was applied.
        public var applied: UInt64?
        /// To the last message that is durable.
        public var durable: UInt64?
        /// From the first message that the stream still has to where a restart would go on: at 0 it is about to forget
        /// messages that were not read, or has. Nil if the source cannot tell where its stream begins.
        public var retained: UInt64?
        /// How long the oldest message that is not applied yet has been waiting, in milliseconds; 0 if there is
        /// none. By its own time if the stream has times, else since everything was last known to be applied. Nil
        /// before anything is known.
        public var ageMilliseconds: Int64?

        package init() {}
    }

    public var shard = 0
    public var partition: UInt32 = 0
    public var phase = Phase.starting
    /// Why it is retrying, blocked, or has paused by itself.
    public var failure: IngestionFailure?
    /// It was paused, or has paused itself; false while only a write block holds it up.
    public var isPaused = false
    /// Nothing is read because the index takes no writes.
    public var isWriteBlocked = false
    public var onError = ErrorStrategy.block
    /// The place behind the last message that is in the log and synced: where it goes on after a crash.
    public var committed: StreamPointer?
    /// The place behind the last message that was applied.
    public var applied: StreamPointer?
    /// The place behind the last message that was read.
    public var fetched: StreamPointer?
    /// It goes no further for now, because something is done with what lies before this place.
    public var limit: StreamPointer?
    /// Grows with every reset; pointers compare within one epoch only.
    public var epoch: UInt64 = 0
    public var counters = IngestionCounters()
    public var lag = Lag()
    /// Bytes of messages in hand: read, and not applied yet. What is fetched meanwhile is not among them.
    public var queuedBytes = 0
    /// Bytes behind the end of the stream that are no whole message yet; not part of the lag.
    public var incompleteBytes: UInt64 = 0
    /// The last message that could not be applied, where and why.
    public var lastFailure: MessageFailure?
    /// The last place where messages were missing.
    public var lastGap: Gap?
    /// When the stream says that the last message was made, in milliseconds since 1970; 0 if it does not say, or if
    /// the last request found nothing.
    public var lastTimestamp: Int64 = 0
    /// Requests that were answered with nothing.
    public var emptyPolls = 0

    package init() {}

    /// Places of a stream whose messages are gone.
    public struct Gap: Hashable, Sendable {
        public var from: StreamPointer
        /// Where the stream goes on.
        public var to: StreamPointer

        public init(from: StreamPointer, to: StreamPointer) {
            self.from = from
            self.to = to
        }
    }
}

/// What OpenSearch calls it.
extension IngestionState {
    /// `NONE`, `POLLING`, `PROCESSING`, `PAUSED` or `CLOSED`.
    public var pollerState: String {
        switch phase {
        case .closed: "CLOSED"
        case .paused: "PAUSED"
        case _ where isWriteBlocked: "PAUSED"
        case .starting: "NONE"
        case .polling, .retrying: "POLLING"
        case .processing, .blocked, .pausing: "PROCESSING"
        }
    }

    /// Its `lag_in_millis`: 0 while paused, when nothing came last, and without times.
    public func lagMilliseconds(at wallMilliseconds: Int64) -> Int64 {
        lastTimestamp == 0 || phase == .paused ? 0 : max(0, wallMilliseconds - lastTimestamp)
    }
}

/// What keeps ingestion from going on.
public struct IngestionFailure: Hashable, Sendable, CustomStringConvertible {
    public var reason: String
    /// The message that cannot be applied, if that is it.
    public var message: MessageFailure?
    /// When it failed for the first time, in milliseconds since 1970.
    public var since: Int64
    public var attempts: Int
    /// Asking again does not help.
    public var isPermanent: Bool

    package init(
        reason: String, message: MessageFailure? = nil, since: Int64, attempts: Int = 1, isPermanent: Bool
    ) {
        self.reason = reason
        self.message = message
        self.since = since
        self.attempts = attempts
        self.isPermanent = isPermanent
    }

    public var description: String { reason }
}

/// A message that could not be applied.
public struct MessageFailure: Hashable, Sendable, CustomStringConvertible {
    public enum Stage: String, Hashable, Sendable {
        /// It could not be taken apart.
        case mapping
        /// It could be, and its document or operation was refused.
        case processing
    }
    public var pointer: StreamPointer
    /// The pointer in the words of the stream, such as `line 7`.
    public var place: String
    public var stage: Stage
    /// What OpenSearch calls such an error.
    public var type: String
    public var reason: String

    package init(pointer: StreamPointer, place: String, stage: Stage, type: String, reason: String) {
        self.pointer = pointer
        self.place = place
        self.stage = stage
        self.type = type
        self.reason = reason
    }

    public var description: String { "\(place): \(reason)" }
}

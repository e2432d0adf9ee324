/// What ingestion is doing, as of one moment.
public struct IngestionState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable, CustomStringConvertible {
        /// Finding out where to start.
        case starting
        /// Asking for messages and applying them.
        case polling
        /// A request to the source failed and will be repeated.
        case retrying(String)
        /// Paused, with nothing on its way: asked for, or by itself with the reason. What was applied is
        /// committed, unless the reason is that the log has failed.
        case paused(reason: String?)
        /// Stopped for good.
        case closed

        public var description: String {
            switch self {
            case .starting: "starting"
            case .polling: "polling"
            case .retrying(let reason): "retrying: \(reason)"
            case .paused(nil): "paused"
            case .paused(let reason?): "paused: \(reason)"
            case .closed: "closed"
            }
        }
    }

    /// How far behind the end of the stream, in the units of the source's pointers: messages for most, bytes for
    /// a file. Nil if the source cannot tell its end, or has not been asked yet.
    public struct Lag: Hashable, Sendable {
        /// To the last message that was applied.
        public var applied: UInt64?
        /// To the last message that is durable.
        public var durable: UInt64?

        package init(applied: UInt64? = nil, durable: UInt64? = nil) {
            self.applied = applied
            self.durable = durable
        }
    }

    public var phase = Phase.starting
    /// The place behind the last message that is in the log and synced: where it goes on after a crash.
    public var committed: StreamPointer?
    /// The place behind the last message that was applied.
    public var applied: StreamPointer?
    /// Grows with every reset; pointers compare within one epoch only.
    public var epoch: UInt64 = 0
    /// Messages read from the source since ingestion was started.
    public var messagesPolled = 0
    /// Of these, applied.
    public var messagesApplied = 0
    /// Of these, left out because they could not be applied.
    public var messagesDropped = 0
    /// Of these, refused by their version condition.
    public var conflicts = 0
    public var lag = Lag()
    /// Bytes behind the end of the stream that are no whole message yet; not part of the lag.
    public var incompleteBytes: UInt64 = 0
    /// The last message that could not be applied, where and why.
    public var lastFailure: MessageFailure?

    package init() {}
}

/// A message that could not be applied.
public struct MessageFailure: Hashable, Sendable, CustomStringConvertible {
    public var pointer: StreamPointer
    /// The pointer in the words of the stream, such as `line 7`.
    public var place: String
    public var reason: String

    package init(pointer: StreamPointer, place: String, reason: String) {
        self.pointer = pointer
        self.place = place
        self.reason = reason
    }

    public var description: String { "\(place): \(reason)" }
}

/// What becomes of a message that cannot be applied.
public enum ErrorStrategy: Hashable, Sendable {
    /// It is left out, counted, and its pointer is committed with the batch that it was in.
    case drop
    /// Ingestion pauses at it; nothing behind it is applied.
    case block
}

/// How ingestion runs.
public struct IngestionOptions: Sendable {
    /// Names the stream in the shard's checkpoints. Another name is another stream, with its own pointer.
    public var name = "default"
    public var onError = ErrorStrategy.block
    /// Messages asked for at a time.
    public var batchMessages = 1_000
    /// How long one request may wait for a first message.
    public var pollTimeout: Duration = .seconds(1)
    /// Batches that may be applied and not yet durable.
    public var batchesInFlight = 64
    /// Longest wait between two attempts after transient failures.
    public var retryDelayMax: Duration = .seconds(30)

    public init() {}
}

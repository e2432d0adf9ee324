/// Where messages come from: one partition of a stream that can be read again from any pointer.
///
/// A source is two questions: where is that position, and what comes after this pointer? The store asks; a source
/// only ever answers. Answers must be repeatable: reading again from a pointer gives the same messages with the
/// same pointers, since after a crash the store goes on exactly where its log says that it was.
///
/// Errors that a source throws end up in the ingestion's state, and the store asks again after a while. A
/// `StreamSourceError` says whether that may help; if not, ingestion pauses.
public protocol StreamSource: Sendable {
    /// What the stream is called in states and messages, such as `file:feed.ndjson`.
    var name: String { get }
    /// The pointer of a position. A pointer that does not exist in the stream is an error, never another one.
    func resolve(_ position: StartPosition) async throws -> StreamPointer
    /// The messages from `pointer` on, in order, at most `limit`; none if there are none yet.
    ///
    /// Waits at most `timeout` for a first message.
    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message]
    /// The same, and no more bytes of messages than `bytes`, but for one message that is larger. Without an own
    /// answer the limit of messages alone counts, and the store chooses it by the size of those that came before.
    func poll(
        from pointer: StreamPointer, limit: Int, bytes: Int, timeout: Duration
    ) async throws -> [Message]
    /// How far the stream reaches now, for lag: the pointer behind the last message. Nil if it cannot tell.
    func end() async throws -> StreamPointer?
    /// Where the stream begins now: the first message that can still be read. It says how much is left before messages
    /// are lost that were not read. Nil if the stream cannot tell, or forgets nothing.
    func start() async throws -> StreamPointer?
    /// Whether going on at `new` may pass over messages that were not read before `old`. Without an own answer: if it
    /// lies behind. A source whose pointers can be moments cannot tell, and says true of those.
    func maySkip(from old: StreamPointer, to new: StreamPointer) -> Bool
    /// Bytes behind the end of a message that is still being written. They are no lag: nobody can read them yet.
    func incompleteBytes() async throws -> UInt64
    /// A message's place in the words of the stream, such as `line 7`.
    func describe(_ pointer: StreamPointer) -> String
    /// Whether each message stands right where the one before it says that the next one is, so that a hole between
    /// them is messages that are gone. Where pointers have holes by nature this is false, and only what an error says
    /// is `lost` counts.
    var arePointersDense: Bool { get }
}

extension StreamSource {
    public func poll(
        from pointer: StreamPointer, limit: Int, bytes: Int, timeout: Duration
    ) async throws -> [Message] {
        try await poll(from: pointer, limit: limit, timeout: timeout)
    }

    public func end() async throws -> StreamPointer? { nil }
    public func start() async throws -> StreamPointer? { nil }
    public func maySkip(from old: StreamPointer, to new: StreamPointer) -> Bool { new > old }
    public func incompleteBytes() async throws -> UInt64 { 0 }
    public func describe(_ pointer: StreamPointer) -> String { "message at \(pointer)" }
    public var arePointersDense: Bool { true }
}

/// A position that is not a pointer yet.
public enum StartPosition: Hashable, Sendable {
    /// The first message that can still be read.
    case earliest
    /// Behind the last message.
    case latest
    /// The message at this pointer.
    case pointer(StreamPointer)
    /// The first message at or after this time, in milliseconds since 1970.
    case timestamp(milliseconds: Int64)
}

/// One message of a stream.
///
/// `payload` and `key` may be slices of a larger array, so that a source hands out a whole read without copying.
public struct Message: Sendable {
    /// Where it stands.
    public var pointer: StreamPointer
    /// Where the message after it stands: what is committed once this one is applied.
    public var next: StreamPointer
    /// Empty if it is a tombstone.
    public var payload: ArraySlice<UInt8>
    /// What the stream says the message is about, if it has such a thing.
    public var key: ArraySlice<UInt8>?
    /// Whether it has no payload at all, which is not the same as an empty one: it says that what its key names is
    /// gone.
    public var isTombstone: Bool
    /// When the stream says it was made, in milliseconds since 1970; 0 if it does not say.
    public var timestamp: Int64

    public init(
        pointer: StreamPointer, next: StreamPointer, payload: ArraySlice<UInt8>, timestamp: Int64 = 0,
        key: ArraySlice<UInt8>? = nil, isTombstone: Bool = false
    ) {
        self.pointer = pointer
        self.next = next
        self.payload = payload
        self.timestamp = timestamp
        self.key = key
        self.isTombstone = isTombstone
    }
}

/// A source's own failure.
public struct StreamSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    /// Whether asking again may help, as after a lost connection.
    public var isTransient: Bool
    /// Messages that are gone, where the source goes on behind them: counted as a gap.
    public var lost: IngestionState.Gap?

    public init(_ message: String, isTransient: Bool = false, lost: IngestionState.Gap? = nil) {
        self.message = message
        self.isTransient = isTransient
        self.lost = lost
    }

    public var description: String { message }
}

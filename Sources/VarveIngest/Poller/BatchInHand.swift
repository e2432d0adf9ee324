import VarveDocument

/// What a poller's loop works on: the messages that are being applied, and the request for those behind them that is
/// answered meanwhile. Only the loop touches it.
final class BatchInHand {
    var builder: BatchBuilder
    /// Messages that are not settled yet, from `index` on.
    private(set) var messages: [Message] = []
    private(set) var index = 0
    /// Messages up to here were counted as read.
    private(set) var counted = 0
    private var fetch: Fetch?
    /// Bytes of a message, on average of the last batch; nil before the first.
    private var meanBytes: Int?

    private struct Fetch {
        let pointer: StreamPointer
        /// Of the source.
        let generation: Int
        let task: Task<[Message], any Error>
    }

    init(schema: Schema) { builder = BatchBuilder(schema: schema) }

    var isEmpty: Bool { index == messages.count }
    var rest: ArraySlice<Message> { messages[index...] }
    /// Of the rest, those that were counted as read.
    var known: Int { max(0, counted - index) }
    /// Where the messages behind those in hand are.
    var end: StreamPointer? { messages.last?.next }

    /// Takes messages into the hand, which is empty.
    ///
    /// - Returns: How many bytes they have.
    func take(_ messages: [Message]) -> Int {
        self.messages = messages
        index = 0
        counted = 0
        let bytes = messages.reduce(0) { $0 + $1.payload.count }
        if !messages.isEmpty { meanBytes = max(1, bytes / messages.count) }
        return bytes
    }

    /// So many messages are settled.
    func settle(_ count: Int) {
        index += count
        counted = max(counted, index)
        if isEmpty { messages = []; index = 0; counted = 0 }
    }

    /// So many messages were counted as read, settled or not.
    func count(_ count: Int) { counted = max(counted, index + count) }

    /// How many messages to ask for so that they are about as large as they may be.
    func limit(messages: Int, bytes: Int) -> Int {
        guard let meanBytes else { return min(messages, 64) }
        return max(1, min(messages, bytes / meanBytes))
    }

    // MARK: Requests

    /// The running request for what comes at a pointer; one is started if there is none. One for another place, or to
    /// a source that is no longer the source, is waited out and forgotten.
    func request(
        at pointer: StreamPointer, of generation: Int,
        _ body: @escaping @Sendable () async throws -> [Message]
    ) async -> Task<[Message], any Error> {
        if let fetch, fetch.pointer == pointer, fetch.generation == generation { return fetch.task }
        await forgetRequest()
        let task = Task { try await body() }
        fetch = Fetch(pointer: pointer, generation: generation, task: task)
        return task
    }

    /// The request was answered.
    func endRequest() { fetch = nil }

    func forgetRequest() async {
        guard let fetch else { return }
        fetch.task.cancel()
        _ = await fetch.task.result
        self.fetch = nil
    }

    /// Forgets everything that is not settled: it is read again.
    func clear() async {
        builder.removeAll()
        messages = []
        index = 0
        counted = 0
        await forgetRequest()
    }
}

import Varve

/// A source that has no messages: for looking at a committed pointer, and for moving it.
struct ParkedSource: StreamSource {
    /// Answers where positions are; nil if only a pointer that is stored already is of interest.
    let positions: JSONLinesSource?

    var name: String { positions?.name ?? "the source" }

    func resolve(_ position: StartPosition) async throws -> StreamPointer {
        if let positions { return try await positions.resolve(position) }
        // The start of a stream is the start of every file.
        if position == .earliest { return StreamPointer(0) }
        // A bare number: the source looks it up when it is read from there.
        if case .pointer(let pointer) = position { return pointer }
        throw StreamSourceError("nothing was ever read")
    }

    func poll(
        from pointer: StreamPointer, limit: Int, timeout: Duration
    ) async throws -> [Message] {
        // A pause waits for the request that is on its way, and the command waits for the pause.
        try await Task.sleep(for: min(timeout, .milliseconds(10)))
        return []
    }
}

extension Ingestion {
    /// The state once it is known where it would go on.
    func settled() async -> IngestionState {
        for await state in states where state.phase != .starting { return state }
        return state
    }
}

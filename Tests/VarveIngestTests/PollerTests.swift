import Testing
import VarveBytes
import VarveDocument

@testable import VarveIngest

/// A shard whose log is slow: what is applied becomes durable when the test says so.
private final class SlowSink: IngestionSink {
    private struct State {
        var checkpoint: SourceCheckpoint?
        var waiting: [@Sendable (Result<Void, any Error>) -> Void] = []
    }
    private let state = Locked(State())
    let schema = Schema()
    let wallMilliseconds: Int64 = 0

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        state.withLock { $0.checkpoint }
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {}

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        let isStart = draft.operations.isEmpty
        state.withLock { $0.checkpoint = checkpoint }
        let wait = IngestionWait { body in
            if isStart { return body(.success(())) }
            self.state.withLock { $0.waiting.append(body) }
        }
        return (0, wait)
    }

    func reset(to checkpoint: SourceCheckpoint) async throws {
        state.withLock { $0.checkpoint = checkpoint }
    }

    func sync() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for body in waiting { body(.success(())) }
    }
}

@Suite struct `A poller` {
    @Test func `that pauses by itself has committed what it applied`() async throws {
        let source = MemorySource()
        for text in [#"{"_source":{"n":1}}"#, #"{"_source":{"n":2}}"#, "{broken"] { source.append(text) }
        let sink = SlowSink()
        let poller = Poller(
            source: source, sink: sink, partition: 0, index: UUID128(high: 1, low: 2),
            startingAt: .earliest, options: IngestionOptions())
        poller.run()
        for await state in poller.states() where state.lastFailure != nil { break }
        #expect(poller.current.applied == 2)
        #expect(poller.current.committed == 0)
        #expect(poller.current.lag.durable == 3)
        if case .paused = poller.current.phase { Issue.record("paused before the log was synced") }
        sink.sync()
        for await state in poller.states() {
            guard case .paused = state.phase else { continue }
            #expect(state.committed == state.applied && state.committed == 2)
            #expect(state.lag.durable == 1 && state.lag.applied == 1)
            break
        }
        try await poller.reset(to: .earliest)
        #expect(poller.current.lag.durable == 3)
        await poller.close()
    }
}

import Testing
import VarveBytes
import VarveDocument

@testable import VarveIngest

/// A shard whose log is slow: what is applied becomes durable when the test says so.
private final class SlowSink: IngestionSink {
    private struct State {
        var checkpoint: SourceCheckpoint?
        var refreshes = 0
        var waiting: [@Sendable (Result<Void, any Error>) -> Void] = []
    }
    private let state = Locked(State())
    let schema = Schema()

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        state.withLock { $0.checkpoint }
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {}

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint, after before: SourceCheckpoint?
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        let isStart = draft.operations.isEmpty
        state.withLock { $0.checkpoint = checkpoint }
        let wait = IngestionWait { body in
            if isStart { return body(.success(())) }
            self.state.withLock { $0.waiting.append(body) }
        }
        return (0, wait)
    }

    func refresh() throws { state.withLock { $0.refreshes += 1 } }
    var refreshes: Int { state.withLock { $0.refreshes } }

    func sync() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for body in waiting { body(.success(())) }
    }
}

/// A shard whose memory is full from the second batch on, until the test lets one in.
private final class CrowdedSink: IngestionSink {
    private struct State {
        var checkpoint: SourceCheckpoint?
        var asked = 0
        var isOpen = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Locked(State())
    let schema = Schema()
    /// Which batch asks for room.
    let waiting: AsyncStream<Int>
    private let announce: AsyncStream<Int>.Continuation

    init() { (waiting, announce) = AsyncStream.makeStream(of: Int.self) }

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        state.withLock { $0.checkpoint }
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {
        await withCheckedContinuation { continuation in
            let asked = state.withLock { state in
                state.asked += 1
                if state.asked > 1 && !state.isOpen {
                    state.waiter = continuation
                } else {
                    continuation.resume()
                }
                return state.asked
            }
            announce.yield(asked)
        }
    }

    func letIn() {
        let waiter = state.withLock { state in
            state.isOpen = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint, after before: SourceCheckpoint?
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        state.withLock { $0.checkpoint = checkpoint }
        return (0, IngestionWait { $0(.success(())) })
    }

    func refresh() throws {}
}

@Suite struct `A poller` {
    @Test(arguments: IngestionRefresh.allCases)
    func `refreshes what it applied at once, or leaves it to the index`(_ refresh: IngestionRefresh) async {
        let source = MemorySource()
        for number in 0..<3 { source.append(#"{"_source":{"n":\#(number)}}"#) }
        let sink = SlowSink()
        var settings = IngestionSettings()
        settings.refresh = refresh
        let poller = Poller(source: source, sink: sink, clock: TestClock(), settings: settings)
        poller.run()
        for await state in poller.states() where state.applied == 3 { break }
        // Nothing is durable yet, and closing waits for it.
        sink.sync()
        await poller.close()
        #expect(refresh == .immediate ? sink.refreshes >= 1 : sink.refreshes == 0)
    }

    @Test func `tells those who watch it that it has ended`() async {
        let poller = Poller(source: MemorySource(), sink: SlowSink(), clock: TestClock())
        poller.run()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let watching = Task {
            for await _ in poller.states() { begin.yield() }
        }
        for await _ in begun { break }
        await poller.close()
        await watching.value
        #expect(poller.current.phase == .closed)
    }

    @Test func `is not at a pointer while a batch that goes further is applied`() async throws {
        let source = MemorySource()
        for number in 0..<6 { source.append(#"{"_source":{"n":\#(number)}}"#) }
        var settings = IngestionSettings()
        settings.batchMessages = 3
        let sink = CrowdedSink()
        let poller = Poller(source: source, sink: sink, clock: TestClock(), settings: settings)
        poller.run()
        // The first batch is applied; the second one waits for room.
        for await waiting in sink.waiting where waiting == 2 { break }
        #expect(poller.current.applied == 3)
        let holding = Task { try await poller.hold(at: 3) }
        await poller.until { $0.machine.limit == 3 }
        sink.letIn()
        await #expect(throws: IngestionHoldError.self) { try await holding.value }
        #expect(poller.current.applied == 6)
        await poller.close()
    }

    @Test func `that is asked for nothing any more lets go of a stream in memory`() async throws {
        for _ in 0..<200 {
            let source = MemorySource()
            let asking = Task { try await source.poll(from: 0, limit: 1, timeout: .seconds(3_600)) }
            asking.cancel()
            #expect(try await asking.value.isEmpty)
        }
    }

    @Test func `that pauses by itself has committed what it applied`() async throws {
        let source = MemorySource()
        for text in [#"{"_source":{"n":1}}"#, #"{"_source":{"n":2}}"#, "{broken"] { source.append(text) }
        let sink = SlowSink()
        let poller = Poller(source: source, sink: sink, clock: TestClock())
        poller.run()
        for await state in poller.states() where state.lastFailure != nil { break }
        await poller.until { $0.machine.isPausingOrPaused }
        #expect(poller.current.applied == 2)
        #expect(poller.current.committed == 0)
        #expect(poller.current.lag.durable == 3)
        #expect(poller.current.phase == .pausing && poller.current.isPaused)
        sink.sync()
        for await state in poller.states() where state.phase == .paused {
            #expect(state.committed == state.applied && state.committed == 2)
            #expect(state.lag.durable == 1 && state.lag.applied == 1)
            #expect(state.failure?.message?.pointer == 2 && state.failure?.isPermanent == true)
            break
        }
        let reset = try await poller.resolve(.earliest)
        #expect(reset.old == 2 && reset.new == 0 && reset.checkpoint.epoch == 1)
        poller.finish(reset)
        #expect(poller.current.lag.durable == 3 && poller.current.failure == nil)
        await poller.close()
    }

    @Test func `asks for no more bytes than it may hold`() async throws {
        let source = MemorySource()
        let large = #"{"_source":{"t":""# + String(repeating: "x", count: 100_000) + #""}}"#
        for _ in 0..<60 { source.append(large) }
        let sink = MemorySink(conflictsEvery: 0)
        var settings = IngestionSettings()
        settings.queueBytes = 1 << 20
        let poller = Poller(source: source, sink: sink, clock: TestClock(), settings: settings)
        poller.run()
        for await state in poller.states() where state.counters.applied == 60 { break }
        await poller.close()
        #expect(sink.largestBatch <= 5)
    }

    @Test func `applies large messages in small batches, whatever the queue may hold`() async throws {
        let source = MemorySource()
        let large = #"{"_source":{"t":""# + String(repeating: "x", count: 900_000) + #""}}"#
        for _ in 0..<12 { source.append(large) }
        let sink = MemorySink(conflictsEvery: 0)
        let poller = Poller(source: source, sink: sink, clock: TestClock())
        poller.run()
        for await state in poller.states() where state.counters.applied == 12 { break }
        await poller.close()
        #expect(sink.largestBatch == 2)
    }

    @Test func `keeps to a rate of messages and of bytes`() async throws {
        for byBytes in [false, true] {
            let source = MemorySource()
            for number in 0..<2_000 { source.append(#"{"_source":{"n":\#(1_000 + number)}}"#) }
            let clock = TestClock()
            var settings = IngestionSettings()
            settings.rate =
                byBytes ? IngestionRate(bytesPerSecond: 22 * 500) : IngestionRate(messagesPerSecond: 500)
            let poller = Poller(
                source: source, sink: MemorySink(conflictsEvery: 0), clock: clock, settings: settings)
            let start = clock.nanoseconds
            poller.run()
            for await state in poller.states() where state.counters.applied == 2_000 { break }
            let seconds = Double(clock.nanoseconds - start) / 1e9
            await poller.close()
            #expect(seconds > 3.6 && seconds < 4.2, "\(seconds)")
        }
    }

    @Test func `says how old what it has not applied is, and does not forget it when paused`() async throws {
        let source = MemorySource()
        let clock = TestClock()
        source.append(#"{"_source":{"n":1}}"#, timestamp: clock.wallMilliseconds)
        let poller = Poller(source: source, sink: MemorySink(conflictsEvery: 0), clock: clock)
        poller.run()
        for await state in poller.states() where state.lag.durable == 0 { break }
        await poller.pause()
        source.append(#"{"_source":{"n":2}}"#, timestamp: clock.wallMilliseconds)
        clock.advance(seconds: 60)
        await poller.look()
        #expect(poller.current.lag.applied == 1)
        #expect(poller.current.lag.ageMilliseconds == 60_000)
        clock.advance(seconds: 5)
        #expect(poller.current.lag.ageMilliseconds == 65_000)
        await poller.close()
    }

    @Test func `skips the one message that it stands at`() async throws {
        for poison in ["{broken", #"{"_source":7}"#] {
            let source = MemorySource()
            for text in [#"{"_source":{"n":1}}"#, poison, #"{"_source":{"n":2}}"#, poison] {
                source.append(text)
            }
            let sink = MemorySink(conflictsEvery: 0)
            let poller = Poller(source: source, sink: sink, clock: TestClock())
            poller.run()
            for await state in poller.states() where state.failure?.message?.pointer == 1 { break }
            let skipped = await poller.skip()
            #expect(skipped?.pointer == 1)
            for await state in poller.states() where state.failure?.message?.pointer == 3 { break }
            #expect(poller.current.counters.applied == 2 && poller.current.counters.skipped == 1)
            #expect(sink.letters.map(\.pointer) == [StreamPointer(1).encoded])
            #expect(poller.current.counters.addUp)
            await poller.close()
        }
    }

    @Test func `released by another strategy goes on at once`() async throws {
        let source = MemorySource()
        for text in [#"{"_id":"1"}"#, #"{"_source":{"n":2}}"#] { source.append(text) }
        let poller = Poller(source: source, sink: MemorySink(conflictsEvery: 0), clock: TestClock())
        poller.run()
        for await state in poller.states() where state.phase == .blocked { break }
        #expect(poller.current.pollerState == "PROCESSING" && !poller.current.isPaused)
        var settings = IngestionSettings()
        settings.onError = .drop
        poller.change(to: settings)
        for await state in poller.states() where state.counters.applied == 1 { break }
        #expect(poller.current.counters.failuresDropped == 1 && poller.current.counters.dropped == 1)
        await poller.close()
    }

    @Test func `goes on with another source where it stands`() async throws {
        let (first, second) = (MemorySource(), MemorySource())
        for number in 0..<6 {
            if number < 3 { first.append(#"{"_source":{"n":\#(number)}}"#) }
            second.append(#"{"_source":{"n":\#(number)}}"#)
        }
        let poller = Poller(source: first, sink: MemorySink(conflictsEvery: 0), clock: TestClock())
        poller.run()
        for await state in poller.states() where state.counters.applied == 3 { break }
        poller.replaceSource(with: second)
        for await state in poller.states() where state.counters.applied == 6 { break }
        #expect(poller.current.counters.gaps == 0)
        await poller.close()
    }

    @Test func `refuses to write behind another reader of the partition`() async throws {
        let source = MemorySource()
        for _ in 0..<4 { source.append(#"{"_source":{}}"#) }
        let sink = MemorySink(conflictsEvery: 0)
        let poller = Poller(source: source, sink: sink, clock: TestClock())
        poller.run()
        for await state in poller.states() where state.counters.applied == 4 { break }
        sink.moveCheckpoint(to: 2)
        source.append(#"{"_source":{}}"#)
        for await state in poller.states() where state.phase == .paused { break }
        #expect(poller.current.failure?.reason.contains("another reader") == true)
        #expect(poller.current.counters.applied == 4 && poller.current.counters.addUp)
        await poller.close()
    }

    @Test(arguments: [true, false])
    func `counts places that held no message, where each has one`(areDense: Bool) async throws {
        let source = MemorySource()
        for _ in 0..<4 { source.append(#"{"_source":{}}"#) }
        let poller = Poller(
            source: HoleySource(source, hole: 2, arePointersDense: areDense),
            sink: MemorySink(conflictsEvery: 0), clock: TestClock())
        poller.run()
        for await state in poller.states() where state.applied == 4 { break }
        #expect(poller.current.counters.gaps == (areDense ? 1 : 0) && poller.current.counters.applied == 3)
        #expect(poller.current.lastGap == (areDense ? IngestionState.Gap(from: 2, to: 3) : nil))
        await poller.close()
    }

    @Test func `counts what a source says is lost`() async throws {
        let source = MemorySource()
        for _ in 0..<4 { source.append(#"{"_source":{}}"#) }
        let poller = Poller(
            source: HoleySource(source, hole: 2, arePointersDense: false, tells: true),
            sink: MemorySink(conflictsEvery: 0), clock: TestClock())
        poller.run()
        for await state in poller.states() where state.applied == 4 { break }
        #expect(poller.current.counters.gaps == 1 && poller.current.counters.applied == 3)
        #expect(poller.current.lastGap == IngestionState.Gap(from: 2, to: 3))
        await poller.close()
    }
}

/// A stream that has lost a message.
private final class HoleySource: StreamSource {
    let source: MemorySource
    let hole: StreamPointer
    let arePointersDense: Bool
    /// Whether it says once that the message is gone.
    private let isUntold: Locked<Bool>
    let name = "holey"

    init(_ source: MemorySource, hole: StreamPointer, arePointersDense: Bool, tells: Bool = false) {
        self.source = source
        self.hole = hole
        self.arePointersDense = arePointersDense
        isUntold = Locked(tells)
    }

    func resolve(_ position: StartPosition) async throws -> StreamPointer { try source.resolve(position) }

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        let isUntold = isUntold.withLock { isUntold in
            defer { isUntold = false }
            return isUntold
        }
        if isUntold {
            throw StreamSourceError(
                "a message is gone", isTransient: true,
                lost: IngestionState.Gap(from: hole, to: StreamPointer(hole.low + 1)))
        }
        return try await source.poll(from: pointer, limit: limit, timeout: .zero)
            .filter { $0.pointer != hole }
    }
}

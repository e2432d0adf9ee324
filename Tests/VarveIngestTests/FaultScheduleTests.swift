import Testing
import VarveBytes
import VarveDocument
import VarveSimulation

@testable import VarveIngest

/// A stream whose requests fail, find nothing or little, as the seed decides.
private final class FaultySource: StreamSource {
    let name = "faulty"
    private let messages: [Message]
    private let random: Locked<SplitMix64>

    init(_ payloads: [String], seed: UInt64) {
        messages = payloads.enumerated().map { at, text in
            Message(
                pointer: StreamPointer(UInt64(at)), next: StreamPointer(UInt64(at + 1)),
                payload: Array(text.utf8)[...])
        }
        random = Locked(SplitMix64(seed: seed))
    }

    func resolve(_ position: StartPosition) async throws -> StreamPointer {
        if random.withLock({ $0.chance(1, in: 4) }) { throw StreamSourceError("not yet", isTransient: true) }
        return 0
    }

    func poll(from pointer: StreamPointer, limit: Int, timeout: Duration) async throws -> [Message] {
        let (fault, count) = random.withLock { ($0.next(below: 40), 1 + $0.next(below: 6)) }
        await Task.yield()
        switch fault {
        case 0..<6: throw StreamSourceError("connection lost", isTransient: true)
        case 6: throw StreamSourceError("not allowed")
        case 7..<10: return []
        default: return Array(messages[Int(pointer.low)...].prefix(min(limit, count)))
        }
    }

    func end() async throws -> StreamPointer? { StreamPointer(UInt64(messages.count)) }
}

@Suite struct `Ingestion under faults` {
    private static let payloads = [
        #"{"_source":{"n":1}}"#, #"{"_source":{"n":2}}"#, #"{"_source":{"n":3}}"#, #"{"_source":{"n":4}}"#,
        #"{"_id":"7","_version":3,"_source":{}}"#, #"{"_op_type":"delete","_id":"7"}"#,
        #"{"_op_type":"delete"}"#, #"{"_id":"8"}"#, #"{"_op_type":"update","_source":{}}"#, "{broken", "",
        #"{"_id":[],"_source":{}}"#,
    ]

    /// What an operator may do about what is shown.
    private func operate(_ poller: Poller, _ state: IngestionState, _ random: inout SplitMix64) async {
        var settings = IngestionSettings()
        settings.onError = random.chance(1, in: 2) ? .drop : .block
        switch state.phase {
        case .paused:
            if state.failure?.message != nil, random.chance(1, in: 2) {
                _ = await poller.skip()
            } else {
                poller.change(to: settings)
                poller.resume()
            }
        case .blocked:
            if random.chance(1, in: 2) { _ = await poller.skip() } else { poller.change(to: settings) }
        case .polling, .processing, .retrying:
            switch random.next(below: 30) {
            case 0: await poller.pause()
            case 1: poller.requestPause()
            case 2: poller.change(to: settings)
            case 3:
                await poller.setWriteBlocked(true)
                await poller.setWriteBlocked(false)
            default: break
            }
        case .starting, .pausing, .closed: break
        }
    }

    private func live(seed: UInt64) async -> String? {
        var random = SplitMix64(seed: seed)
        let count = 1 + random.next(below: 16)
        let payloads = (0..<count).map { _ in Self.payloads[random.next(below: Self.payloads.count)] }
        let sink = MemorySink(conflictsEvery: 5, failuresOutOf16: 3, seed: seed)
        var settings = IngestionSettings()
        settings.onError = random.chance(1, in: 2) ? .drop : .block
        let wrong = Locked<String?>(nil)
        let poller = Poller(
            source: FaultySource(payloads, seed: ~seed), sink: sink, clock: TestClock(), settings: settings,
            seed: seed
        ) { shown in
            if !shown.counters.addUp { wrong.withLock { $0 = "\(shown.counters)" } }
            if let committed = shown.committed, let applied = shown.applied, committed > applied {
                wrong.withLock { $0 = "committed \(committed) before \(applied) was applied" }
            }
        }
        poller.run()
        let end = StreamPointer(UInt64(count))
        for await state in poller.states() {
            if state.committed == end { break }
            await operate(poller, state, &random)
        }
        await poller.close()
        let counters = poller.current.counters
        if let wrong = wrong.withLock({ $0 }) { return wrong }
        if counters.read != count { return "\(counters.read) of \(count) messages" }
        if sink.ids.count != counters.applied {
            return "\(sink.ids.count) applied, \(counters.applied) counted"
        }
        if sink.letters.count != counters.dropped + counters.skipped {
            return "\(sink.letters.count) letters"
        }
        if Set(sink.letters.map(\.pointer)).count != sink.letters.count { return "a message dropped twice" }
        return nil
    }

    @Test func `ten thousand lives apply each message once, and their counters add up at every moment`() async
    {
        for seed in 0..<10_000 as Range<UInt64> {
            if let wrong = await live(seed: seed) {
                Issue.record("seed \(seed): \(wrong)")
                return
            }
        }
    }
}

import VarveBytes
import VarveDocument
import VarveSimulation

@testable import VarveIngest

/// Time that passes when somebody waits for it.
final class TestClock: PollerClock {
    private let clock = SimulatedClock()

    var nanoseconds: UInt64 { clock.monotonicNanoseconds }
    var wallMilliseconds: Int64 { clock.wallMilliseconds }

    func sleep(until nanoseconds: UInt64) async {
        await Task.yield()
        if !Task.isCancelled { clock.advance(toNanoseconds: nanoseconds) }
    }

    func advance(seconds: UInt64) { clock.advance(byMilliseconds: seconds * 1_000) }
}

/// A shard in memory that keeps what it is given, and fails now and then.
final class MemorySink: IngestionSink {
    struct State {
        var checkpoints: [UInt32: SourceCheckpoint] = [:]
        var ids: [String] = []
        var letters: [DeadLetter] = []
        var operations = 0
        var largest = 0
        var random: SplitMix64
    }
    private let state: Locked<State>
    let schema = Schema()
    private let conflictsEvery: Int
    private let failuresOutOf16: Int

    init(conflictsEvery: Int = 7, failuresOutOf16: Int = 0, seed: UInt64 = 0) {
        self.conflictsEvery = conflictsEvery
        self.failuresOutOf16 = failuresOutOf16
        state = Locked(State(random: SplitMix64(seed: seed)))
    }

    var letters: [DeadLetter] { state.withLock { $0.letters } }
    var ids: [String] { state.withLock { $0.ids } }
    var largestBatch: Int { state.withLock { $0.largest } }

    func moveCheckpoint(to pointer: StreamPointer) {
        state.withLock { $0.checkpoints[0]?.pointer = pointer.encoded }
    }

    func checkpoint(source: UUID128, partition: UInt32) -> SourceCheckpoint? {
        state.withLock { $0.checkpoints[partition] }
    }

    func waitForRoom(operations: Int, bytes: Int) async throws {}

    func apply(
        _ draft: consuming BatchDraft, _ checkpoint: SourceCheckpoint, after before: SourceCheckpoint?
    ) throws -> (conflicts: Int, wait: IngestionWait) {
        let batch = draft.seal()
        let conflicts = try state.withLock { state in
            guard state.checkpoints[checkpoint.partition] == before else {
                throw IngestionSinkError("moved by another reader", isTransient: false)
            }
            if !batch.operations.isEmpty, state.random.chance(failuresOutOf16, in: 16) {
                throw IngestionSinkError("the disk is full", isTransient: true)
            }
            state.checkpoints[checkpoint.partition] = checkpoint
            var conflicts = 0
            state.largest = max(state.largest, batch.operations.count)
            for operation in batch.operations {
                func bytes(_ start: UInt32, _ count: Int) -> [UInt8] {
                    batch.payload.bytes.slice(Int(start), count).copyBytes()
                }
                if operation.kind == .deadLetter {
                    let body = bytes(operation.sourceOffset, Int(operation.sourceCount))
                    state.letters.append(try DeadLetter(decoding: body.rawSpan))
                    continue
                }
                state.operations += 1
                if conflictsEvery > 0, state.operations % conflictsEvery == 0 {
                    conflicts += 1
                } else {
                    let id = bytes(operation.idOffset, Int(operation.idCount))
                    state.ids.append(String(decoding: id, as: UTF8.self))
                }
            }
            return conflicts
        }
        return (conflicts, IngestionWait { $0(.success(())) })
    }

    func refresh() throws {}
}

extension Poller {
    convenience init(
        source: any StreamSource, sink: any IngestionSink, clock: any PollerClock,
        settings: IngestionSettings = IngestionSettings(), seed: UInt64 = 0,
        observe: (@Sendable (IngestionState) -> Void)? = nil
    ) {
        let random = SeededRandom(seed: seed)
        self.init(
            source: source, sink: sink,
            place: PollerPlace(shard: 0, partition: 0, source: UUID128(high: 1, low: 2)),
            startingAt: .earliest, settings: settings, clock: clock, random: { random.next() },
            observe: observe)
    }
}

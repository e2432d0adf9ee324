import Testing

@testable import VarveIngest

@Suite struct `The life of a poller` {
    private func at(_ seconds: UInt64) -> PollerMachine.Moment {
        PollerMachine.Moment(nanoseconds: seconds * 1_000_000_000, wallMilliseconds: Int64(seconds) * 1_000)
    }

    private func running(at pointer: StreamPointer = 7, seed: UInt64 = 0) -> PollerMachine {
        var machine = PollerMachine(retryMaxMilliseconds: 1_000, seed: seed)
        machine.handle(.started(pointer), at: at(0))
        return machine
    }

    private func poison(_ stage: MessageFailure.Stage, at pointer: StreamPointer = 8) -> MessageFailure {
        MessageFailure(
            pointer: pointer, place: "message at \(pointer)", stage: stage, type: "parse_exception",
            reason: "poison")
    }

    @Test func `it starts before it polls`() {
        #expect(PollerMachine().next(at: 0) == .start)
        #expect(running().next(at: 0) == .poll(7))
    }

    @Test func `an applied batch moves the pointer`() {
        var machine = running()
        machine.handle(.took, at: at(0))
        #expect(machine.shown == .processing)
        machine.handle(.applied(9), at: at(0))
        machine.handle(.finished, at: at(0))
        #expect(machine.next(at: 0) == .poll(9) && machine.shown == .polling)
    }

    @Test func `a reset is in force for whoever resumes meanwhile`() {
        var machine = running()
        for event in [.pause, .quiesced, .hold(0), .resume] as [PollerMachine.Event] {
            machine.handle(event, at: at(0))
        }
        #expect(machine.next(at: 0) == .rest)
        machine.handle(.moved(2), at: at(0))
        #expect(machine.next(at: 0) == .rest)
        machine.handle(.release(0), at: at(0))
        #expect(machine.next(at: 0) == .poll(2))
    }

    @Test func `what is closed does not begin paused`() {
        var machine = PollerMachine()
        machine.handle(.close, at: at(0))
        machine.beginPaused(nil)
        #expect(machine.isClosed && machine.next(at: 0) == .end)
    }

    @Test func `a pause waits for what is on its way`() {
        var machine = running()
        machine.handle(.pause, at: at(0))
        #expect(machine.next(at: 0) == .quiesce)
        #expect(!machine.isPaused && machine.isPausingOrPaused)
        machine.handle(.quiesced, at: at(0))
        #expect(machine.isPaused)
        #expect(machine.next(at: 0) == .rest)
        machine.handle(.resume, at: at(0))
        #expect(machine.next(at: 0) == .poll(7))
    }

    @Test func `nothing behind a limit is polled until it is released`() {
        var machine = running()
        machine.handle(.hold(9), at: at(0))
        machine.handle(.hold(8), at: at(0))
        #expect(machine.limit == 8 && machine.next(at: 0) == .poll(7))
        machine.handle(.applied(8), at: at(0))
        #expect(machine.next(at: 0) == .rest)
        machine.handle(.release(8), at: at(0))
        #expect(machine.limit == 9 && machine.next(at: 0) == .poll(8))
        machine.handle(.applied(9), at: at(0))
        #expect(machine.next(at: 0) == .rest)
        machine.handle(.pause, at: at(0))
        #expect(machine.next(at: 0) == .quiesce)
        machine.handle(.quiesced, at: at(0))
        machine.handle(.release(9), at: at(0))
        machine.handle(.resume, at: at(0))
        #expect(machine.limit == nil && machine.next(at: 0) == .poll(9))
    }

    @Test func `only a paused poller is moved`() {
        var machine = running()
        machine.handle(.moved(100), at: at(0))
        #expect(machine.next(at: 0) == .poll(7))
        machine.handle(.pause, at: at(0))
        machine.handle(.quiesced, at: at(0))
        machine.handle(.moved(100), at: at(0))
        machine.handle(.resume, at: at(0))
        #expect(machine.next(at: 0) == .poll(100))
    }

    @Test func `transient failures wait longer each time, by chance, and end with the next success`() {
        var waits: [[UInt64]] = []
        for seed: UInt64 in [1, 1, 2] {
            var machine = running(seed: seed)
            var found: [UInt64] = []
            for attempt in 1...7 {
                machine.handle(.failed(reason: "gone", isTransient: true), at: at(UInt64(attempt)))
                #expect(machine.shown == .retrying)
                #expect(machine.failure?.attempts == attempt && machine.failure?.since == 1_000)
                guard case .wait(let until) = machine.next(at: UInt64(attempt) * 1_000_000_000) else {
                    Issue.record("no wait")
                    return
                }
                #expect(machine.next(at: until) == .poll(7))
                found.append((until - UInt64(attempt) * 1_000_000_000) / 1_000_000)
            }
            for (wait, whole) in zip(found, [100, 200, 400, 800, 1_000, 1_000, 1_000]) {
                #expect((UInt64(whole) / 2...UInt64(whole)).contains(wait))
            }
            waits.append(found)
            machine.handle(.nothingThere, at: at(9))
            #expect(machine.shown == .polling && machine.failure == nil)
        }
        #expect(waits[0] == waits[1] && waits[0] != waits[2])
    }

    @Test func `a permanent failure pauses with its reason`() {
        var machine = running()
        machine.handle(.failed(reason: "no such topic", isTransient: false), at: at(3))
        #expect(machine.next(at: 0) == .quiesce)
        machine.handle(.quiesced, at: at(4))
        #expect(machine.isPaused)
        #expect(
            machine.failure
                == IngestionFailure(reason: "no such topic", since: 3_000, attempts: 1, isPermanent: true))
    }

    @Test func `a message that cannot be taken apart pauses, and is where it goes on`() {
        var machine = running()
        machine.handle(.applied(8), at: at(0))
        machine.handle(.blocked(poison(.mapping)), at: at(0))
        machine.handle(.quiesced, at: at(0))
        #expect(machine.isPaused && machine.failure?.message?.pointer == 8)
        machine.handle(.resume, at: at(0))
        #expect(machine.next(at: 0) == .poll(8) && machine.failure == nil)
    }

    @Test func `a message that is refused is tried again, and not paused at`() {
        var machine = running()
        for attempt in 1...3 {
            machine.handle(.blocked(poison(.processing)), at: at(UInt64(attempt) * 10))
            #expect(machine.shown == .blocked && machine.failure?.attempts == attempt)
            #expect(machine.failure?.since == 10_000)
        }
        machine.handle(.tryNow, at: at(30))
        #expect(machine.next(at: 0) == .poll(7) && machine.failure?.attempts == 3)
        machine.handle(.blocked(poison(.processing, at: 9)), at: at(40))
        #expect(machine.failure?.attempts == 1 && machine.failure?.since == 40_000)
    }

    @Test func `a write block holds it up, and is no pause`() {
        var machine = running()
        machine.handle(.writeBlock(true), at: at(0))
        #expect(machine.next(at: 0) == .rest && !machine.isPausingOrPaused)
        machine.handle(.writeBlock(false), at: at(0))
        #expect(machine.next(at: 0) == .poll(7))
    }

    @Test func `closing is for good`() {
        var machine = running()
        for event in [
            PollerMachine.Event.close, .resume, .started(1), .took, .applied(2), .pause, .nothingThere,
            .failed(reason: "", isTransient: true), .writeBlock(true),
        ] {
            machine.handle(event, at: at(0))
            #expect(machine.next(at: 0) == .end && machine.isClosed)
        }
    }

    @Test func `a pointer comes back from its bytes and its digits with its details`() {
        var pointer = StreamPointer(high: 1, middle: 2, low: 3)
        pointer.details = (4, 5)
        for again in [StreamPointer(encoded: pointer.encoded), StreamPointer(hex: pointer.hex)] {
            #expect(again == pointer)
            #expect(again?.details.0 == 4 && again?.details.1 == 5)
        }
        #expect(StreamPointer(encoded: Array(pointer.encoded.dropLast())) == nil)
        #expect(StreamPointer(hex: String(pointer.hex.dropLast())) == nil)
    }

    @Test func `each phase has OpenSearch's word`() {
        let words = IngestionState.Phase.allCases.map { phase in
            var state = IngestionState()
            state.phase = phase
            state.isWriteBlocked = false
            return state.pollerState
        }
        #expect(
            words == [
                "NONE", "POLLING", "PROCESSING", "POLLING", "PROCESSING", "PROCESSING", "PAUSED", "CLOSED",
            ])
        var blocked = IngestionState()
        blocked.phase = .polling
        blocked.isWriteBlocked = true
        #expect(blocked.pollerState == "PAUSED")
    }
}

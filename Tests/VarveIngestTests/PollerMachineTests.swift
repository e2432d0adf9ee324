import Testing

@testable import VarveIngest

@Suite struct `The life of a poller` {
    private func running(at pointer: StreamPointer = 7) -> PollerMachine {
        var machine = PollerMachine(retryMaxMilliseconds: 1_000)
        machine.handle(.started(pointer))
        return machine
    }

    @Test func `it starts before it polls`() {
        #expect(PollerMachine().next == .start)
        #expect(running().next == .poll(7))
    }

    @Test func `an applied batch moves the pointer`() {
        var machine = running()
        machine.handle(.applied(9))
        #expect(machine.next == .poll(9))
    }

    @Test func `a pause waits for what is on its way`() {
        var machine = running()
        machine.handle(.pause)
        #expect(machine.next == .quiesce)
        #expect(!machine.isPaused)
        machine.handle(.quiesced)
        #expect(machine.isPaused)
        #expect(machine.next == .rest)
        machine.handle(.resume)
        #expect(machine.next == .poll(7))
    }

    @Test func `only a paused poller is moved`() {
        var machine = running()
        machine.handle(.moved(100))
        #expect(machine.next == .poll(7))
        machine.handle(.pause)
        machine.handle(.quiesced)
        machine.handle(.moved(100))
        machine.handle(.resume)
        #expect(machine.next == .poll(100))
    }

    @Test func `transient failures wait longer each time and end with the next success`() {
        var machine = running()
        var waits: [Int64] = []
        for _ in 0..<6 {
            machine.handle(.failed(reason: "gone", isTransient: true))
            if case .backOff(let milliseconds) = machine.next { waits.append(milliseconds) }
            machine.waited()
            #expect(machine.next == .poll(7))
            #expect(machine.shown == .retrying("gone"))
        }
        #expect(waits == [100, 200, 400, 800, 1_000, 1_000])
        machine.handle(.nothingThere)
        #expect(machine.shown == .polling)
    }

    @Test func `a permanent failure pauses with its reason`() {
        var machine = running()
        machine.handle(.failed(reason: "no such topic", isTransient: false))
        machine.handle(.quiesced)
        #expect(machine.shown == .paused(reason: "no such topic"))
    }

    @Test func `a blocked message is where it goes on`() {
        var machine = running()
        machine.handle(.blocked(at: 8, reason: "poison"))
        machine.handle(.quiesced)
        machine.handle(.resume)
        #expect(machine.next == .poll(8))
    }

    @Test func `closing is for good`() {
        var machine = running()
        machine.handle(.close)
        machine.handle(.resume)
        machine.handle(.started(1))
        #expect(machine.next == .end)
    }

    @Test func `a pointer comes back from its bytes with its details`() {
        var pointer = StreamPointer(high: 1, middle: 2, low: 3)
        pointer.details = (4, 5)
        let again = StreamPointer(encoded: pointer.encoded)
        #expect(again == pointer)
        #expect(again?.details.0 == 4 && again?.details.1 == 5)
        #expect(StreamPointer(encoded: Array(pointer.encoded.dropLast())) == nil)
    }
}

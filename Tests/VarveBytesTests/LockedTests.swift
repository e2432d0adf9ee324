import Testing
import VarveBytes

@Suite struct `A locked value` {
    @Test func `loses no change that threads make`() async {
        let total = Shared(Locked(0))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { total.value.withLock { $0 += 1 } } }
            }
        }
        #expect(total.value.withLock { $0 } == 80_000)
    }

    @Test func `is free again after a throw`() throws {
        let value = Locked([1])
        #expect(throws: FormatError.self) {
            try value.withLock { (value) throws(FormatError) in
                value.append(2)
                throw FormatError("no", offset: 0)
            }
        }
        #expect(value.withLock { $0 } == [1, 2])
    }

    @Test func `lets go of what it holds when it goes`() {
        let event = Event()
        final class Held: Sendable {
            let event: Event
            init(_ event: Event) { self.event = event }
            deinit { event.signal() }
        }
        do {
            let value = Locked(Held(event))
            value.withLock { $0 = Held(Event()) }
            #expect(event.isSet)
        }
    }
}

/// A locked value that several tasks hold.
private final class Shared: Sendable {
    let value: Locked<Int>
    init(_ value: consuming Locked<Int>) { self.value = value }
}

@Suite struct `An event` {
    @Test func `wakes all who wait, and does not wait once set`() async {
        let (event, counter) = (Event(), Shared(Locked(0)))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while counter.value.withLock({ $0 }) < 1 { await Task.yield() }
                event.signal()
            }
            group.addTask {
                counter.value.withLock { $0 += 1 }
                event.blockUntilSet()
            }
        }
        event.blockUntilSet()
        #expect(event.isSet)
    }

    @Test func `runs each callback once, before or after it is set`() {
        let (event, count) = (Event(), Shared(Locked(0)))
        event.whenSet { count.value.withLock { $0 += 1 } }
        #expect(count.value.withLock { $0 } == 0)
        event.signal()
        event.signal()
        #expect(count.value.withLock { $0 } == 1)
        event.whenSet { count.value.withLock { $0 += 1 } }
        #expect(count.value.withLock { $0 } == 2)
    }
}

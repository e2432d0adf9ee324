import Testing
import VarveBytes
import VarveSimulation

@testable import VarveFiles

@Suite struct `The thread scheduler` {
    private let scheduler = ThreadScheduler()
    private let clock = SystemClock()

    @Test func `no step runs before the first wake`() {
        let count = Locked(0)
        let work = scheduler.schedule("counting") {
            count.withLock { $0 += 1 }
            return .idle
        }
        work.stop()
        #expect(count.withLock { $0 } == 0)
    }

    @Test func `steps run again until they are done`() {
        let ended = Event()
        let count = Locked(0)
        let work = scheduler.schedule("counting to a thousand") {
            let now = count.withLock { count in
                count += 1
                return count
            }
            guard now == 1_000 else { return .again }
            ended.signal()
            return .done
        }
        work.wake()
        scheduler.wait(for: ended)
        work.wake()
        work.stop()
        #expect(count.withLock { $0 } == 1_000)
    }

    @Test func `a wake during a step is not lost`() {
        let (begun, mayEnd, second) = (Event(), Event(), Event())
        let count = Locked(0)
        let work = scheduler.schedule("woken inside") {
            let now = count.withLock { count in
                count += 1
                return count
            }
            if now == 1 {
                begun.signal()
                mayEnd.blockUntilSet()
            } else {
                second.signal()
            }
            return .idle
        }
        work.wake()
        scheduler.wait(for: begun)
        work.wake()
        mayEnd.signal()
        scheduler.wait(for: second)
        work.stop()
        #expect(count.withLock { $0 } == 2)
    }

    @Test func `a work at rest goes on at the time it asked for`() {
        let ended = Event()
        let start = clock.monotonicNanoseconds
        let isFirst = Locked(true)
        let work = scheduler.schedule("sleeping") {
            let first = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            if first { return .idleUntil(start + 20_000_000) }
            ended.signal()
            return .done
        }
        work.wake()
        scheduler.wait(for: ended)
        #expect(clock.monotonicNanoseconds >= start + 20_000_000)
        work.stop()
    }

    @Test func `stopping waits for the running step and runs no other`() {
        let begun = Event()
        let isInside = Locked(false)
        let count = Locked(0)
        let work = scheduler.schedule("busy") {
            isInside.withLock { $0 = true }
            begun.signal()
            for _ in 0..<1_000 { count.withLock { $0 += 1 } }
            isInside.withLock { $0 = false }
            return .again
        }
        work.wake()
        scheduler.wait(for: begun)
        work.stop()
        #expect(!isInside.withLock { $0 })
        let before = count.withLock { $0 }
        work.wake()
        work.stop()
        #expect(count.withLock { $0 } == before)
    }

    @Test func `what a step holds is let go when the work ends`() {
        final class Held: Sendable {
            let released: Event
            init(_ released: Event) { self.released = released }
            deinit { released.signal() }
        }
        func schedule(_ released: Event) -> any ScheduledWork {
            let held = Held(released)
            return scheduler.schedule("holding") { withExtendedLifetime(held) { .done } }
        }
        let (stopped, done, dropped) = (Event(), Event(), Event())
        schedule(stopped).stop()
        #expect(stopped.isSet, "stopping returns after that")
        let work = schedule(done)
        work.wake()
        scheduler.wait(for: done)
        _ = schedule(dropped)
        scheduler.wait(for: dropped)
    }

    @Test func `many works run beside each other, each on one thread at a time`() {
        let total = Locked(0)
        let works = (0..<16).map { number in
            let steps = Locked(0)
            let ended = Event()
            let work = scheduler.schedule("work \(number)") {
                let now = steps.withLock { steps in
                    steps += 1
                    return steps
                }
                total.withLock { $0 += 1 }
                if now == 200 { ended.signal() }
                return now == 200 ? .done : .idle
            }
            return (work, ended)
        }
        for _ in 0..<100 {
            for (work, _) in works { work.wake() }
        }
        for (work, ended) in works {
            while !ended.isSet { work.wake() }
            work.stop()
        }
        #expect(total.withLock { $0 } == 16 * 200)
    }
}

@Suite struct `The system's clock and chance` {
    @Test func `monotonic time does not go back`() {
        let clock = SystemClock()
        var last = clock.monotonicNanoseconds
        for _ in 0..<1_000 {
            let now = clock.monotonicNanoseconds
            #expect(now >= last)
            last = now
        }
    }

    @Test func `wall time lies after this was written`() {
        #expect(SystemClock().wallMilliseconds > 1_700_000_000_000)
    }

    @Test func `numbers do not repeat`() {
        let random = SystemRandom()
        #expect(Set((0..<1_000).map { _ in random.next() }).count == 1_000)
    }
}

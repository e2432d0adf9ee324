import Testing
import VarveBytes
import VarveFiles
import VarveSimulation

@Suite struct `The seeded scheduler` {
    private let clock = SimulatedClock()

    /// The order in which eight works of three steps each ran.
    private func order(seed: UInt64) -> [Int] {
        let scheduler = SeededScheduler(seed: seed, clock: clock)
        let ran = Locked<[Int]>([])
        let works = (0..<8).map { number in
            scheduler.schedule("work \(number)") {
                ran.withLock { ran in
                    ran.append(number)
                    return ran.count { $0 == number } == 3 ? .done : .again
                }
            }
        }
        for work in works { work.wake() }
        scheduler.runUntilIdle()
        return ran.withLock { $0 }
    }

    @Test func `runs the same order for a seed, and another for another`() {
        #expect(order(seed: 1) == order(seed: 1))
        #expect(order(seed: 1) != order(seed: 2))
        #expect(order(seed: 3).sorted() == (0..<24).map { $0 / 3 })
    }

    @Test func `runs no step before the first wake, and none after the work has ended`() {
        let scheduler = SeededScheduler(seed: 1, clock: clock)
        let count = Locked(0)
        let work = scheduler.schedule("once") {
            count.withLock { $0 += 1 }
            return .done
        }
        scheduler.runUntilIdle()
        #expect(count.withLock { $0 } == 0)
        work.wake()
        work.wake()
        scheduler.runUntilIdle()
        work.wake()
        scheduler.runUntilIdle()
        #expect(count.withLock { $0 } == 1)
        let stopped = scheduler.schedule("stopped") {
            count.withLock { $0 += 1 }
            return .again
        }
        stopped.wake()
        stopped.stop()
        stopped.stop()
        scheduler.runUntilIdle()
        #expect(count.withLock { $0 } == 1)
        #expect(scheduler.liveNames.isEmpty)
    }

    @Test func `lets time stand still until it is told to pass`() {
        let scheduler = SeededScheduler(seed: 1, clock: clock)
        let start = clock.monotonicNanoseconds
        let times = Locked<[UInt64]>([])
        let work = scheduler.schedule("every 10 ms") { [clock] in
            let now = clock.monotonicNanoseconds
            times.withLock { $0.append((now - start) / 1_000_000) }
            return .idleUntil(now + 10_000_000)
        }
        work.wake()
        scheduler.runUntilIdle()
        scheduler.runUntilIdle()
        #expect(times.withLock { $0 } == [0])
        scheduler.advance(byMilliseconds: 35)
        #expect(times.withLock { $0 } == [0, 10, 20, 30])
        #expect(clock.monotonicNanoseconds - start == 35_000_000)
        work.wake()
        scheduler.runUntilIdle()
        #expect(times.withLock { $0 } == [0, 10, 20, 30, 35])
        #expect(scheduler.earliestDeadline == start + 45_000_000)
    }

    @Test func `runs steps while it waits, and lets time pass only when none is ready`() {
        let scheduler = SeededScheduler(seed: 7, clock: clock)
        let start = clock.monotonicNanoseconds
        let event = Event()
        let steps = Locked(0)
        let busy = scheduler.schedule("busy") {
            let now = steps.withLock { steps in
                steps += 1
                return steps
            }
            return now < 100 ? .again : .idle
        }
        let late = scheduler.schedule("late") { [clock] in
            if clock.monotonicNanoseconds < start + 1_000 { return .idleUntil(start + 1_000) }
            event.signal()
            return .done
        }
        busy.wake()
        late.wake()
        scheduler.wait(for: event)
        #expect(steps.withLock { $0 } == 100)
        #expect(clock.monotonicNanoseconds == start + 1_000)
    }

    @Test func `runs the steps of others while a step waits, never the same step`() {
        let scheduler = SeededScheduler(seed: 7, clock: clock)
        let event = Event()
        let outer = scheduler.schedule("outer") {
            scheduler.wait(for: event)
            return .done
        }
        let inner = scheduler.schedule("inner") {
            outer.wake()
            event.signal()
            return .done
        }
        outer.wake()
        inner.wake()
        scheduler.runUntilIdle()
        #expect(event.isSet)
        #expect(scheduler.liveNames.isEmpty)
    }

    @Test func `refuses a wait that nothing can end`() async {
        await #expect(processExitsWith: .failure) {
            SeededScheduler(seed: 1, clock: SimulatedClock()).wait(for: Event())
        }
    }

    @Test func `refuses works that never come to rest`() async {
        await #expect(processExitsWith: .failure) {
            let scheduler = SeededScheduler(seed: 1, clock: SimulatedClock())
            scheduler.schedule("restless") { .again }.wake()
            scheduler.runUntilIdle(atMost: 1_000)
        }
    }
}

@Suite struct `Simulated time and chance` {
    @Test func `both clocks go on together, and only when told`() {
        let clock = SimulatedClock(wallMilliseconds: 1_000)
        let start = clock.monotonicNanoseconds
        #expect(clock.monotonicNanoseconds == start)
        for _ in 0..<4 { clock.advance(byNanoseconds: 750_000) }
        #expect(clock.wallMilliseconds == 1_003)
        #expect(clock.monotonicNanoseconds - start == 3_000_000)
        clock.advance(toNanoseconds: start)
        #expect(clock.monotonicNanoseconds - start == 3_000_000)
    }

    @Test func `the wall clock alone can jump`() {
        let clock = SimulatedClock(wallMilliseconds: 1_000)
        let start = clock.monotonicNanoseconds
        clock.jumpWall(byMilliseconds: -3_000)
        #expect(clock.wallMilliseconds == -2_000)
        #expect(clock.monotonicNanoseconds == start)
    }

    /// From the reference implementation, https://prng.di.unimi.it/splitmix64.c, with seed 1234567.
    @Test func `SplitMix64 gives the published numbers`() {
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (0..<5).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func `numbers below a bound reach all of them`() {
        var random = SplitMix64(seed: 3)
        let numbers = (0..<1_000).map { _ in random.next(below: 7) }
        #expect(Set(numbers) == Set(0..<7))
    }
}

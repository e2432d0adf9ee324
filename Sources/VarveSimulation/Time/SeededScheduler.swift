package import VarveBytes
package import VarveFiles

/// Runs background work on the thread that asks for it, one step at a time, in an order that the seed decides.
///
/// A step that waits for an event runs the steps of other works meanwhile, as other threads would. Time stands
/// still while any step is ready; when none is, `wait` moves the clock to the earliest time that a work asked
/// for. Meant for one thread; calls from several are safe, but their order is then not the seed's.
package final class SeededScheduler: Scheduler {
    private let state: Locked<State>
    private let clock: SimulatedClock

    package init(seed: UInt64, clock: SimulatedClock) {
        state = Locked(State(random: SplitMix64(seed: seed)))
        self.clock = clock
    }

    package func schedule(
        _ name: String, _ step: @escaping @Sendable () -> StepOutcome
    ) -> any ScheduledWork {
        state.withLock { state in
            let number = state.works.count
            state.works.append(Work(name: name, step: step))
            state.live.append(number)
            return SeededWork(scheduler: self, number: number)
        }
    }

    package func wait(for event: Event) {
        while !event.isSet {
            if runOneStep() { continue }
            guard advanceToDeadline() else {
                preconditionFailure("a wait that nothing can end: no step is ready and none has a deadline")
            }
        }
    }

    /// Runs ready steps until there is none. Time does not pass.
    ///
    /// - Parameter steps: More than this many are a mistake: a work that never comes to rest.
    package func runUntilIdle(atMost steps: Int = 10_000_000) {
        var left = steps
        while runOneStep() {
            left -= 1
            precondition(left > 0, "works that never come to rest: \(readyNames)")
        }
    }

    /// Runs one ready step of the seed's choice; false if none is ready.
    @discardableResult
    package func runOneStep() -> Bool {
        guard let (number, step) = begin() else { return false }
        let outcome = step()
        // What an ended step holds is dropped here, outside the lock.
        _ = state.withLock { $0.finish(number, outcome) }
        return true
    }

    /// Lets time pass until the monotonic clock stands at `nanoseconds`, and runs what becomes due on the way.
    package func advance(to nanoseconds: UInt64) {
        runUntilIdle()
        while let deadline = earliestDeadline, deadline <= nanoseconds {
            clock.advance(toNanoseconds: deadline)
            runUntilIdle()
        }
        clock.advance(toNanoseconds: nanoseconds)
    }

    package func advance(byMilliseconds span: UInt64) {
        advance(to: clock.monotonicNanoseconds + span * 1_000_000)
    }

    /// How many steps were run so far.
    package var stepCount: Int { state.withLock { $0.stepCount } }

    /// The names of the works that are not done or stopped, in the order of their scheduling.
    package var liveNames: [String] {
        state.withLock { state in state.live.map { state.works[$0].name } }
    }

    /// The earliest time that a work at rest asked for.
    package var earliestDeadline: UInt64? {
        state.withLock { state in
            state.live.filter { !state.works[$0].isRunning }.compactMap { state.works[$0].deadline }.min()
        }
    }

    private var readyNames: [String] {
        let now = clock.monotonicNanoseconds
        return state.withLock { state in state.ready(at: now).map { state.works[$0].name } }
    }

    private func begin() -> (Int, @Sendable () -> StepOutcome)? {
        let now = clock.monotonicNanoseconds
        return state.withLock { $0.begin(at: now) }
    }

    private func advanceToDeadline() -> Bool {
        guard let deadline = earliestDeadline else { return false }
        clock.advance(toNanoseconds: deadline)
        return true
    }

    fileprivate func wake(_ number: Int) {
        state.withLock { $0.works[number].isWoken = true }
    }

    fileprivate func stop(_ number: Int) {
        _ = state.withLock { state in
            precondition(
                !state.works[number].isRunning,
                "\(state.works[number].name) was stopped from inside its step, or from a step it waits for")
            return state.end(number)
        }
    }
}

extension SeededScheduler {
    private struct Work {
        let name: String
        /// Nil once the work is done or stopped.
        var step: (@Sendable () -> StepOutcome)?
        var isWoken = false
        var isRunning = false
        var deadline: UInt64?

        init(name: String, step: @escaping @Sendable () -> StepOutcome) {
            self.name = name
            self.step = step
        }

        func isReady(at now: UInt64) -> Bool {
            guard step != nil && !isRunning else { return false }
            if isWoken { return true }
            guard let deadline else { return false }
            return deadline <= now
        }
    }

    private struct State {
        var random: SplitMix64
        var works: [Work] = []
        /// The numbers of the works that are not done or stopped, ascending.
        var live: [Int] = []
        var stepCount = 0

        func ready(at now: UInt64) -> [Int] { live.filter { works[$0].isReady(at: now) } }

        mutating func begin(at now: UInt64) -> (Int, @Sendable () -> StepOutcome)? {
            let ready = ready(at: now)
            guard !ready.isEmpty else { return nil }
            let number = ready[random.next(below: ready.count)]
            guard let step = works[number].step else { return nil }
            works[number].isWoken = false
            works[number].deadline = nil
            works[number].isRunning = true
            stepCount += 1
            return (number, step)
        }

        mutating func finish(_ number: Int, _ outcome: StepOutcome) -> (@Sendable () -> StepOutcome)? {
            works[number].isRunning = false
            switch outcome {
            case .again: works[number].isWoken = true
            case .idle: break
            case .idleUntil(let deadline): works[number].deadline = deadline
            case .done: return end(number)
            }
            return nil
        }

        mutating func end(_ number: Int) -> (@Sendable () -> StepOutcome)? {
            live.removeAll { $0 == number }
            return works[number].step.take()
        }
    }
}

/// One work of a seeded scheduler, by its number.
private final class SeededWork: ScheduledWork {
    private let scheduler: SeededScheduler
    private let number: Int

    init(scheduler: SeededScheduler, number: Int) {
        self.scheduler = scheduler
        self.number = number
    }

    func wake() { scheduler.wake(number) }
    func stop() { scheduler.stop(number) }
}

package import VarveBytes

/// Runs background work as step machines: threads in production, a seeded choice of the next step in a
/// simulation. Nothing in the engine starts a thread by itself.
package protocol Scheduler: Sendable {
    /// Adds work. `step` is never run by two threads at once, and not before the first `wake`.
    func schedule(_ name: String, _ step: @escaping @Sendable () -> StepOutcome) -> any ScheduledWork
    /// Waits for an event: blocks the thread, or runs steps until the event is set. In a simulation it is a
    /// precondition failure if no step is left to run and the event is still not set.
    func wait(for event: Event)
}

/// What a step asks for.
package enum StepOutcome: Sendable, Equatable {
    /// There is more to do now.
    case again
    /// Nothing to do until the next `wake`.
    case idle
    /// Nothing to do until the next `wake` or this time of the monotonic clock, in nanoseconds.
    case idleUntil(UInt64)
    /// The work has ended and is not run again.
    case done
}

package protocol ScheduledWork: AnyObject, Sendable {
    /// Asks for a step soon. Cheap, from any thread, also from inside the step; wakes are not counted.
    func wake()
    /// Runs no further step; returns when none is running. Not to be called from inside the step.
    func stop()
}

package import VarveFiles

/// A disk, a clock, chance and a scheduler that one seed decides: all that a store needs in a test.
///
/// ```
/// var world = Simulation(seed: 7)
/// run(script, in: world.environment)
/// for survivor in world.disk.crashStates(seed: 7) {
///     check(open(in: world.restarted(on: survivor).environment))
/// }
/// ```
package struct Simulation: Sendable {
    package let disk: SimulatedDisk
    package let clock: SimulatedClock
    package let random: SeededRandom
    package let scheduler: SeededScheduler
    private let seed: UInt64

    package init(seed: UInt64, options: DiskOptions = DiskOptions()) {
        self.init(seed: seed, disk: SimulatedDisk(options: options), clock: SimulatedClock())
    }

    private init(seed: UInt64, disk: SimulatedDisk, clock: SimulatedClock) {
        self.seed = seed
        self.disk = disk
        self.clock = clock
        random = SeededRandom(seed: seed)
        scheduler = SeededScheduler(seed: ~seed, clock: clock)
    }

    package var environment: Environment {
        Environment(files: disk, clock: clock, random: random, scheduler: scheduler)
    }

    /// The next process on another disk, such as a survivor of a crash: time goes on, chance is that of the next
    /// seed, and no background work is left.
    package func restarted(on disk: SimulatedDisk) -> Simulation {
        Simulation(seed: seed &+ 1, disk: disk, clock: clock)
    }
}

package import VarveBytes

/// Where a store lives: its files, its time, its chance and its background work.
package struct Environment: Sendable {
    package var files: any FileSystem
    package var clock: any StoreClock
    package var random: any RandomSource
    package var scheduler: any Scheduler

    package init(
        files: any FileSystem, clock: any StoreClock, random: any RandomSource, scheduler: any Scheduler
    ) {
        self.files = files
        self.clock = clock
        self.random = random
        self.scheduler = scheduler
    }
}

/// Time, in the two forms the engine needs.
package protocol StoreClock: Sendable {
    /// Milliseconds since 1970, UTC. May jump both ways.
    var wallMilliseconds: Int64 { get }
    /// Nanoseconds that never go back; without meaning across processes.
    var monotonicNanoseconds: UInt64 { get }
}

/// Chance: ids and seeds. Unpredictable in production, replayable in a simulation.
package protocol RandomSource: Sendable {
    func next() -> UInt64
}

extension RandomSource {
    package func uuid() -> UUID128 { UUID128(high: next(), low: next()) }
}

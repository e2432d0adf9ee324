package import VarveFiles

/// Time as a poller needs it.
package protocol PollerClock: Sendable {
    /// Monotonic.
    var nanoseconds: UInt64 { get }
    /// Since 1970.
    var wallMilliseconds: Int64 { get }
    /// Returns at that time, or earlier if the task is cancelled.
    func sleep(until nanoseconds: UInt64) async
}

/// The time of a store's environment, slept through with the system's clock.
package struct StorePollerClock: PollerClock {
    private let clock: any StoreClock

    package init(_ clock: any StoreClock) { self.clock = clock }

    package var nanoseconds: UInt64 { clock.monotonicNanoseconds }
    package var wallMilliseconds: Int64 { clock.wallMilliseconds }

    package func sleep(until nanoseconds: UInt64) async {
        let now = self.nanoseconds
        guard nanoseconds > now else { return }
        try? await Task.sleep(nanoseconds: nanoseconds - now)
    }
}

extension Duration {
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, min(seconds, 1 << 33))) * 1_000_000_000
            + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
    var wholeMilliseconds: Int64 { Int64(wholeNanoseconds / 1_000_000) }
}

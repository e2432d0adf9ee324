#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The clocks of the system.
package struct SystemClock: StoreClock {
    package init() {}

    package var wallMilliseconds: Int64 {
        let time = Self.read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    package var monotonicNanoseconds: UInt64 {
        let time = Self.read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        let status = unsafe clock_gettime(clock, &time)
        precondition(status == 0, "the system has no such clock")
        return time
    }
}

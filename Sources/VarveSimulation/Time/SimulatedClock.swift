import VarveBytes
import VarveFiles

/// Time that passes only when it is told to.
package final class SimulatedClock: StoreClock {
    private struct State {
        var wallMilliseconds: Int64
        var nanoseconds: UInt64
        /// What `nanoseconds` has that did not make a whole millisecond of wall time yet.
        var remainder: UInt64 = 0
    }

    private let state: Locked<State>

    /// - Parameter wallMilliseconds: Wall time at the start; 2026-01-01 unless told otherwise.
    package init(wallMilliseconds: Int64 = 1_767_225_600_000) {
        state = Locked(State(wallMilliseconds: wallMilliseconds, nanoseconds: 1_000_000_000))
    }

    package var wallMilliseconds: Int64 { state.withLock { $0.wallMilliseconds } }
    package var monotonicNanoseconds: UInt64 { state.withLock { $0.nanoseconds } }

    /// Both clocks go on by this long.
    package func advance(byNanoseconds span: UInt64) {
        state.withLock { state in
            state.nanoseconds += span
            state.remainder += span
            state.wallMilliseconds += Int64(state.remainder / 1_000_000)
            state.remainder %= 1_000_000
        }
    }

    package func advance(byMilliseconds span: UInt64) { advance(byNanoseconds: span * 1_000_000) }

    /// Both clocks go on to where the monotonic one stands at `nanoseconds`; nothing if it has passed that.
    package func advance(toNanoseconds nanoseconds: UInt64) {
        let now = monotonicNanoseconds
        if nanoseconds > now { advance(byNanoseconds: nanoseconds - now) }
    }

    /// The wall clock alone jumps, forwards or back, as when somebody sets it.
    package func jumpWall(byMilliseconds span: Int64) {
        state.withLock { $0.wallMilliseconds += span }
    }
}

package import VarveBytes

/// Memory that all memtables of a store may take together, counted exactly: their arenas are their only storage.
///
/// Writers ask before they write and wait while the budget is used up; flushes give back. The budget may be
/// overshot by one batch a writer, never without bound.
package final class WriteBudget: Sendable {
    package let limit: Int
    private struct State {
        var used = 0
        var waiting: [Event] = []
    }
    private let state = Locked(State())

    package init(limit: Int) { self.limit = limit }

    package var used: Int { state.withLock { $0.used } }

    func take(_ bytes: Int) {
        state.withLock { $0.used += bytes }
    }

    func giveBack(_ bytes: Int) {
        let woken: [Event] = state.withLock { state in
            state.used -= bytes
            if state.used >= limit { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for event in woken { event.signal() }
    }

    /// An event that is set once there is room; nil if there is room now.
    package func room() -> Event? {
        state.withLock { state in
            if state.used < limit { return nil }
            let event = Event()
            state.waiting.append(event)
            return event
        }
    }

    /// Lets all waiters go, for a store that closes.
    func close() {
        let woken: [Event] = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for event in woken { event.signal() }
    }
}

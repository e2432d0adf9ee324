import VarveBytes

/// Letting searches find what was applied, where settings ask for it at once.
extension Poller {
    /// Refreshes beside the loop: one refresh at a time, and then one for all that was applied meanwhile.
    func refreshIfImmediate() {
        state.withLock { state in
            guard state.settings.refresh == .immediate else { return }
            state.mustRefresh = true
            guard state.refreshing == nil else { return }
            state.refreshing = Task { [self] in
                // What keeps a shard from refreshing keeps it from applying as well, and is told then.
                while takeRefresh() { try? sink.refresh() }
            }
        }
    }

    private func takeRefresh() -> Bool {
        state.withLock { state in
            defer { state.mustRefresh = false }
            if !state.mustRefresh { state.refreshing = nil }
            return state.mustRefresh
        }
    }
}

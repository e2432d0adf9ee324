import VarveBytes
import VarveFiles

/// Refuses writes while the disk has less free space than the store keeps in reserve.
///
/// The reserve is what flushes, merges and the registry need to go on and to make room again, so it is the log that
/// stops first, with nothing half done. The disk is asked once a second; what one second can write beyond the
/// reserve meets the log's own check when it makes its next file.
final class DiskReserve: Sendable {
    private let bytes: UInt64
    private struct State {
        var free: UInt64?
        var askedAt: UInt64?
    }
    private let state = Locked(State())

    init(bytes: Int) { self.bytes = UInt64(max(0, bytes)) }

    /// Asks the disk if a second has passed since the last time. A disk that does not answer counts as roomy.
    func look(_ environment: Environment) {
        let now = environment.clock.monotonicNanoseconds
        let isDue = state.withLock { state in
            if let asked = state.askedAt, now < asked + 1_000_000_000 { return false }
            state.askedAt = now
            return true
        }
        guard isDue, bytes > 0 else { return }
        let free = try? environment.files.freeBytes()
        state.withLock { $0.free = free }
    }

    /// Why nothing is written now; nil if there is room.
    var refusal: EngineError? {
        guard let free = state.withLock({ $0.free }), free < bytes else { return nil }
        return .rejected(
            "the disk has \(free) bytes free, under the reserve of \(bytes): writes are refused until there is more"
        )
    }
}

import VarveBytes
import VarveLog
import VarveManifest

/// Letting go of the log of a shard that stands still.
///
/// A flush alone leaves much of it: the file that is written to and the one prepared behind it are large, and the
/// generation before the last, which stands in for it if it is damaged, needs older ones. So a shard that was
/// flushed and has accepted nothing since goes on in a small file, and commits two generations that need no other.
extension Shard {
    /// How long after a flush.
    private static let settlingDelay: UInt64 = 5_000_000_000
    /// Log bytes for which it is not worth the syncs.
    private static let logBytesMin: UInt64 = 1 << 20

    /// Whether the log is long enough to be left behind.
    var hasMuchLog: Bool { log.map { $0.byteCount > Self.logBytesMin } ?? false }

    /// Whether the time has come, once after each flush.
    func isTimeToSettle(now: UInt64) -> Bool {
        let flushed = activity.withLock { now >= $0.lastFlush + Self.settlingDelay ? $0.unsettled : nil }
        return flushed.map { $0 == lastSequence && hasMuchLog } ?? false
    }

    /// Flushes, and leaves no file of the log but a new one. Durable when this returns.
    package func settle() throws(EngineError) {
        defer { activity.withLock { $0.unsettled = nil } }
        guard let log else { return try flush() }
        do throws(LogFailure) { try log.rotate(isIdle: true) } catch { throw EngineError(error) }
        activity.withLock { $0.mustCommit = true }
        try flush()
        let outcome: Result<Void, EngineError> = commits.withLock { commits in
            guard let previous = commits.previous, previous.lowestWAL < commits.manifest.lowestWAL else {
                return .success(())
            }
            do throws(EngineError) {
                try publish(successor(commits), &commits)
                return .success(())
            } catch { return .failure(error) }
        }
        try outcome.get()
    }
}

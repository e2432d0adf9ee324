/// Says when the next batch may be applied, so that messages and bytes a second stay within a rate.
///
/// A batch is never split for it: it puts off the one behind it by as long as it may take. Time that passed unused
/// counts for a tenth of a second at most, so a pause is not followed by a burst.
struct RateLimiter: Sendable {
    private static let burst: UInt64 = 100_000_000
    private var rate = IngestionRate()
    /// Monotonic nanoseconds.
    private var free: UInt64 = 0

    init() {}

    mutating func change(to newer: IngestionRate, at now: UInt64) {
        guard newer != rate else { return }
        rate = newer
        free = min(free, now)
    }

    /// When the next batch may be applied.
    var readyAt: UInt64 { rate.messagesPerSecond == nil && rate.bytesPerSecond == nil ? 0 : free }

    /// Messages that one batch should not exceed: a quarter of a second's.
    var batchMessages: Int {
        rate.messagesPerSecond.map { max(1, Int(min($0 / 4, 1e9))) } ?? .max
    }
    var batchBytes: Int {
        rate.bytesPerSecond.map { max(1, Int(min($0 / 4, 1e12))) } ?? .max
    }

    mutating func take(messages: Int, bytes: Int, at now: UInt64) {
        let seconds = max(
            rate.messagesPerSecond.map { Double(messages) / $0 } ?? 0,
            rate.bytesPerSecond.map { Double(bytes) / $0 } ?? 0)
        free = max(free, now - min(now, Self.burst)) + UInt64(min(seconds, 1e6) * 1e9)
    }
}

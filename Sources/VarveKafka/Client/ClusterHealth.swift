#if Kafka
import VarveIngest

/// What the client has said about its cluster since the last answer that came from it: a pure value.
struct ClusterHealth {
    /// Why no broker can be reached.
    private(set) var outage: String?
    /// Why the brokers do not let the client in, and when they said so last.
    private var refusal: (text: String, at: UInt64)?
    /// The last thing that was said about a connection.
    private var news: String?
    /// When the topic was there last, and since when it is not, in nanoseconds of the monotonic clock.
    private var seenAt: UInt64?
    private var missingSince: UInt64?
    /// When nobody answered last.
    private var silentAt: UInt64?

    var isWell: Bool { outage == nil && refusal == nil }

    /// Whether they have said so lately: the client tries again within two seconds, and what it is told then counts.
    func isRefused(at now: UInt64) -> Bool { refusal.map { now < $0.at + 5_000_000_000 } ?? false }

    mutating func note(_ fault: KafkaFault, at now: UInt64) {
        if !fault.text.isEmpty && !fault.isOutage { news = fault.text }
        if fault.isOutage { outage = news ?? fault.text }
        if fault.isRefusal { refusal = (fault.text, now) }
    }

    mutating func answered() {
        outage = nil
        refusal = nil
        news = nil
        silentAt = nil
    }

    mutating func sawTopic(at now: UInt64) {
        answered()
        seenAt = now
        missingSince = nil
    }

    func hasSeenTopic(within age: UInt64, at now: UInt64) -> Bool {
        missingSince == nil && (seenAt.map { now < $0 + age } ?? false)
    }

    /// - Parameter wasRead: Whether somebody has read the topic before this client saw it.
    /// - Returns: Whether the topic is gone for good, as far as one may say so.
    mutating func missedTopic(wasRead: Bool, at now: UInt64, deadline: Duration) -> Bool {
        answered()
        let since = missingSince ?? now
        missingSince = since
        return (seenAt != nil || wasRead) && Duration.nanoseconds(now - since) >= deadline
    }

    /// What to tell when nobody answered.
    mutating func silence(_ name: String, _ fault: KafkaFault, at now: UInt64) -> StreamSourceError {
        if let refusal, isRefused(at: now) { return StreamSourceError("\(name): \(refusal.text)") }
        refusal = nil
        silentAt = now
        let reason = outage ?? news ?? fault.text
        let what = outage == nil ? "no broker answers" : "all brokers are down"
        return StreamSourceError("\(name): \(what): \(reason)", isTransient: true)
    }

    /// Whether nobody answered within the last second: asking again would only hold up the thread.
    func isSilent(at now: UInt64) -> Bool { silentAt.map { now < $0 + 1_000_000_000 } ?? false }
}
#endif

#if Server
/// How long a body may still keep the server waiting. Time counts only while the server wants bytes and none come: a
/// body that waits for the server itself is never late.
struct BodyPatience {
    private let timeout: Duration
    private let bytesPerTimeout: Int
    private var waited = Duration.zero
    private var received = 0
    private var waitingSince: ContinuousClock.Instant?

    init(_ options: ServerOptions) {
        timeout = options.bodyTimeout
        bytesPerTimeout = options.bodyBytesPerTimeout
    }

    /// A new request's head is there.
    mutating func begin() {
        waited = .zero
        received = 0
        waitingSince = nil
    }

    /// The server wants more.
    mutating func want(at now: ContinuousClock.Instant) { waitingSince = waitingSince ?? now }

    mutating func receive(_ count: Int, at now: ContinuousClock.Instant) {
        if let since = waitingSince { waited += since.duration(to: now) }
        waitingSince = nil
        received += count
    }

    /// What is left; zero or less once it is over.
    func left(at now: ContinuousClock.Instant) -> Duration {
        let waiting = waitingSince.map { $0.duration(to: now) } ?? .zero
        return timeout * (1 + received / bytesPerTimeout) - waited - waiting
    }
}
#endif

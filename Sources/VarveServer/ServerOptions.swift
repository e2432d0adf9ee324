#if Server
/// How requests are taken.
public struct ServerOptions: Sendable {
    public var address = ListenAddress(host: "127.0.0.1", port: 9200)
    /// Nil for plain HTTP.
    public var encryption: TLSSource?
    /// Connections at once. One beyond them is answered with 503 and closed, one far beyond is closed at once.
    public var connectionsMax = 4_096
    /// The longest body, after it was inflated. Bulks may be longer: they are applied while they come.
    public var bodyBytesMax = 100 << 20
    /// Of all header lines of a request together.
    public var headerBytesMax = 64 << 10
    public var headerCountMax = 200
    /// A compressed body that grows beyond this many times its size is refused.
    public var inflationMax = 250
    /// Shorter answers are not compressed.
    public var compressedBytesMin = 1 << 10
    /// A connection that brings no whole head for so long is closed, unless its answer is still being made.
    public var idleTimeout = Duration.seconds(75)
    /// A connection that takes nothing of its answer for so long is closed.
    public var answerTimeout = Duration.seconds(75)
    /// What a body may keep the server waiting, and that again for every `bodyBytesPerTimeout`.
    public var bodyTimeout = Duration.seconds(30)
    /// The slowest body that is waited for: about 1 KiB a second.
    public var bodyBytesPerTimeout = 32 << 10
    /// What a shutdown waits for requests that were accepted.
    public var shutdownTimeout = Duration.seconds(30)
    public var logLevel = LogLevel.notice
    public var logFormat = LogFormat.text

    public init() {}
}

/// How much is logged. Each request is a line at `debug`.
public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// How a line of the log looks.
public enum LogFormat: String, Sendable, CaseIterable {
    case text, json
}
#endif

import VarveLog

/// How a store trades speed, memory and safety. Each option has its one default here.
public struct StoreOptions: Sendable {
    /// When a write is acknowledged.
    public enum Durability: Sendable, Equatable {
        /// When it is on the disk: `fdatasync` covering its log record has returned. A power loss takes nothing
        /// that was acknowledged.
        case request
        /// When it is handed to the system. Synced after this time or 8 MiB; a power loss may take that window,
        /// a killed process takes nothing. What survives is always a prefix.
        case async(syncInterval: Duration)
        /// When it is in memory: there is no log. Only for indices fed by a source that can be read again; after
        /// a crash the stream resumes from the last flush.
        case none
    }
    public var durability = Durability.request
    /// Time between refreshes of a shard that has unseen operations; nil refreshes on request only.
    public var refreshInterval: Duration? = .seconds(1)
    /// Memtable bytes of one shard at which it is flushed.
    public var flushBytes = 64 << 20
    /// Log bytes since the last flush at which a shard is flushed.
    public var flushLogBytes = 256 << 20
    /// Time after which operations are flushed even if there are few.
    public var flushInterval: Duration = .seconds(600)
    /// Bytes of all memtables together at which writers wait.
    public var writeBudgetBytes = 256 << 20
    /// Bytes of decoded blocks kept for reads.
    public var cacheBytes = 64 << 20
    /// Whether segments are merged in the background.
    public var mergesInBackground = true
    /// Segments of like size that one merge takes.
    public var mergeFanIn = 8
    /// Segments smaller than this count as of this size.
    public var mergeFloorBytes = 2 << 20
    /// No merge makes a segment larger than this.
    public var segmentBytesMax = 5 << 30
    /// How far back unpinned history stays readable.
    public var historyWindow: Duration = .zero
    /// How long the version of a deleted document is remembered.
    public var deletesKept: Duration = .seconds(60)
    /// Size at which a log file is followed by the next.
    public var logFileBytes = 64 << 20
    /// Points in time that may be open at once.
    public var pointsInTimeMax = 100_000
    /// The longest keep-alive of a point in time.
    public var keepAliveMax: Duration = .seconds(86_400)
    /// Deflate level of a flush and of a merge, 1 to 9.
    public var flushLevel = 1
    public var mergeLevel = 6
    /// Free bytes under which the store refuses writes, before the disk is full.
    public var reserveBytes = 64 << 20

    public init(durability: Durability = .request) { self.durability = durability }
}

extension StoreOptions {
    var hasLog: Bool { durability != .none }

    var log: LogOptions {
        var log = LogOptions()
        log.fileBytes = logFileBytes
        if case .async(let interval) = durability {
            log.syncing = .interval(nanoseconds: interval.nanoseconds, bytes: 8 << 20)
        }
        return log
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}

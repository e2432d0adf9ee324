import ArgumentParser

/// `varve-bench`: measures a release build on a file of flights, each figure beside its bar.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve-bench",
        abstract: "Measure ingest, reads, snapshots, points in time, recovery and opening.",
        subcommands: [Measure.self, LoadAndWait.self, OpenOnce.self, StreamMemoryOnce.self],
        defaultSubcommand: Measure.self)
}

/// What can be measured by itself.
enum Part: String, CaseIterable, ExpressibleByArgument {
    /// What the machine does without a store: append + fdatasync, memcpy, zlib.
    case limits
    /// The whole file through the file source; flushed; merged into one segment.
    case ingest
    /// Writers that wait for each batch.
    case writers
    /// Gets, pages and filters over the merged store.
    case reads
    /// Every source of the merged store.
    case scan
    /// Snapshots and points in time over 1 to 500 segments.
    case segments
    /// 100,000 points in time, and what opening costs with them.
    case points
    /// Written directly, pulled from files and through Kafka's protocol, one after the other.
    case streams
    /// From a message in the stream to a search that finds it.
    case latency
    /// Messages of 1 MB against the bytes that a queue may hold.
    case memory
    /// Opening after kill -9 with the whole input in the log.
    case recovery
    /// Opening the merged store, and its size at rest.
    case opening
}

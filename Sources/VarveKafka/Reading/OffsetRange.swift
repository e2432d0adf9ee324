#if Kafka
import VarveIngest

/// The offsets that a partition holds, and what to say about those that it does not.
struct OffsetRange {
    /// The partition's.
    let name: String
    let low: UInt64
    /// Behind the last one.
    let high: UInt64

    /// Whether one can read on from this offset; the end is one of them.
    func contains(_ offset: UInt64) -> Bool { offset >= low && offset <= high }

    /// Where to go on, by policy, after records were lost; nil if that is not for us to decide.
    func start(_ policy: KafkaConfiguration.AutoOffsetReset) -> UInt64? {
        switch policy {
        case .none: nil
        case .earliest: low
        case .latest: high
        }
    }

    /// A pointer that somebody asked for.
    func outside(_ pointer: StreamPointer) -> StreamSourceError {
        StreamSourceError("offset \(pointer) is outside \(name), which holds \(low) to \(high)")
    }

    /// An offset that reading had come to. Going back to lower offsets takes a reset, since pointers only grow.
    func outOfRange(_ offset: UInt64) -> StreamSourceError {
        StreamSourceError(
            offset < low
                ? "offsets \(offset) to \(low - 1) of \(name) are lost: it holds \(low) to \(high); reset it to go on"
                : "\(name) came back shorter: it holds \(low) to \(high), and offset \(offset) was reached; "
                    + "reset it to go on")
    }

    /// What was passed over. Transient: the source has gone on already.
    func lost(from offset: UInt64, to start: UInt64) -> StreamSourceError {
        StreamSourceError(
            "offsets \(offset) to \(start - 1) of \(name) are lost: it holds \(low) to \(high); goes on at \(start)",
            isTransient: true,
            lost: IngestionState.Gap(from: StreamPointer(offset), to: StreamPointer(start)))
    }

    func refused(_ offset: UInt64) -> StreamSourceError {
        StreamSourceError(
            "\(name) refused offset \(offset), though it holds \(low) to \(high)", isTransient: true)
    }
}
#endif

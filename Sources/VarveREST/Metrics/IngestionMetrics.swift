import Varve
import VarveIngest

/// What Prometheus is told of ingestion, by index, shard and partition.
enum IngestionMetrics {
    private typealias Labels = [(String, String)]

    static func write(_ store: Store, to text: inout PrometheusText) {
        let indices = store.indices.filter { $0.isOpen && ($0.isPulled || $0.ingestion != nil) }
        let all: [(labels: Labels, state: IngestionState)] = indices.flatMap { index in
            (index.ingestion?.partitions ?? []).map { state in
                (
                    [
                        ("index", index.name), ("shard", String(state.shard)),
                        ("partition", String(state.partition)),
                    ], state
                )
            }
        }
        writeLag(all, to: &text)
        writeRetention(all, to: &text)
        writeCounters(all, to: &text)
        text.family("varve_ingestion_stopped", .gauge, "1 while a partition is not read, by why.")
        for (labels, state) in all {
            for (why, isSo) in [
                ("paused", state.isPaused), ("write_block", state.isWriteBlocked),
                ("blocked", state.phase == .blocked), ("retrying", state.phase == .retrying),
            ] { text.sample("varve_ingestion_stopped", isSo ? 1 : 0, labels + [("why", why)]) }
        }
        writeLetters(indices, to: &text)
    }

    private static func writeLag(
        _ all: [(labels: Labels, state: IngestionState)], to text: inout PrometheusText
    ) {
        text.family(
            "varve_ingestion_lag", .gauge, "Distance to the end of the stream, in the units of its pointers.")
        for (labels, state) in all {
            for (stage, lag) in [
                ("fetched", state.lag.fetched), ("applied", state.lag.applied),
                ("durable", state.lag.durable),
            ] {
                guard let lag else { continue }
                text.sample("varve_ingestion_lag", Int(clamping: lag), labels + [("stage", stage)])
            }
        }
        text.family(
            "varve_ingestion_oldest_age_seconds", .gauge,
            "How long the oldest message that is not applied has been waiting.")
        for (labels, state) in all {
            guard let age = state.lag.ageMilliseconds else { continue }
            text.sample("varve_ingestion_oldest_age_seconds", Double(age) / 1_000, labels)
        }
    }

    private static func writeRetention(
        _ all: [(labels: Labels, state: IngestionState)], to text: inout PrometheusText
    ) {
        text.family(
            "varve_ingestion_retained", .gauge,
            "Distance from the first message that the stream still has to where a restart would go on; at 0 messages "
                + "are being lost.")
        for (labels, state) in all {
            guard let retained = state.lag.retained else { continue }
            text.sample("varve_ingestion_retained", Int(clamping: retained), labels)
        }
    }

    private static func writeCounters(
        _ all: [(labels: Labels, state: IngestionState)], to text: inout PrometheusText
    ) {
        text.family("varve_ingestion_messages_total", .counter, "Messages that were settled, by how.")
        for (labels, state) in all {
            let counters = state.counters
            for (outcome, count) in [
                ("applied", counters.applied), ("conflict", counters.versionConflicts),
                ("ignored", counters.ignored), ("dropped", counters.dropped), ("skipped", counters.skipped),
            ] { text.sample("varve_ingestion_messages_total", count, labels + [("outcome", outcome)]) }
        }
        for (name, help, value) in counters {
            text.family(name, .counter, help)
            for (labels, state) in all { text.sample(name, value(state.counters), labels) }
        }
    }

    private typealias Counter = (String, String, @Sendable (IngestionCounters) -> Int)
    private static let counters: [Counter] = [
        ("varve_ingestion_bytes_total", "Bytes of settled messages.", { $0.bytes }),
        (
            "varve_ingestion_failures_total", "Attempts at messages that failed.",
            { $0.failed + $0.pollerFailures }
        ),
        ("varve_ingestion_source_errors_total", "Requests to the source that failed.", { $0.sourceErrors }),
        ("varve_ingestion_gaps_total", "Places where messages were missing.", { $0.gaps }),
    ]

    private static func writeLetters(_ indices: [Index], to text: inout PrometheusText) {
        let letters = indices.compactMap { index in
            (try? index.droppedMessages(limit: 0)).map { (labels: [("index", index.name)], found: $0) }
        }
        text.family("varve_ingestion_dead_letters", .gauge, "Dropped messages that are kept.")
        for (labels, found) in letters { text.sample("varve_ingestion_dead_letters", found.total, labels) }
        text.family("varve_ingestion_dead_letter_bytes", .gauge, "Bytes of dropped messages that are kept.")
        for (labels, found) in letters {
            text.sample("varve_ingestion_dead_letter_bytes", found.byteCount, labels)
        }
        text.family(
            "varve_ingestion_dead_letters_evicted_total", .counter,
            "Dropped messages that had to make room or were too old.")
        for (labels, found) in letters {
            text.sample("varve_ingestion_dead_letters_evicted_total", found.evicted, labels)
        }
    }
}

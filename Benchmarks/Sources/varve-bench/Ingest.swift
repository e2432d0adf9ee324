import Foundation
import Varve

/// The whole file through the file source, durable; then flushed; then merged into one segment.
///
/// The source keeps up to 16 batches of 1,000 on their way, so one sync may cover several. Writers that wait for
/// each batch are measured by `Writers`.
struct Ingest {
    let index: Index
    let input: String
    let path: String

    func run(_ report: inout Report) async throws {
        report.section("Ingest through the file source")
        let bytes = try FileManager.default.attributesOfItem(atPath: input)[.size] as? Int ?? 0
        let source = JSONLinesSource(input)
        let start = ContinuousClock.now
        let ingestion = try await index.ingest(from: source)
        let state = await committed(ingestion, through: try await source.end())
        let acknowledged = start.seconds
        await ingestion.close()
        guard state.counters.applied > 0, state.counters.dropped == 0 else {
            throw VarveError(.invalid, "\(input) was not ingested: \(state.phase)")
        }
        let count = Double(state.counters.applied)
        try await index.flush()
        let flushed = start.seconds
        try await index.merge()
        let settled = start.seconds
        let disk = Double(try Directory.bytes(below: path)) / 1e6
        report.add("documents", "documents", count, "")
        report.add(
            "ingest.acknowledged", "acknowledged: in the synced log", count / acknowledged, "docs/s",
            .atLeast(216_000))
        report.add("ingest.flushed", "flushed: in segments", count / flushed, "docs/s")
        report.add(
            "ingest.settled", "settled: in one merged segment", count / settled, "docs/s", .atLeast(115_000))
        report.add("ingest.settled.bytes", "  in bytes of input", Double(bytes) / settled / 1e6, "MB/s")
        report.add("size.settled", "on disk right after", disk, "MB")
        report.add("memory.peak", "resident at most so far", Memory.peak, "MB")
    }

    /// Waits until everything up to this place is durable, or until ingestion stops by itself.
    ///
    /// `caughtUp()` is no clock: it answers once the source has been asked again and had nothing, which for a file
    /// is up to the poll's timeout after the last message is durable.
    private func committed(_ ingestion: Ingestion, through end: StreamPointer?) async -> IngestionState {
        var last = ingestion.state
        for await state in ingestion.states {
            last = state
            if let committed = state.committed, let end, committed >= end { break }
            if state.phase == .paused || state.phase == .closed { break }
        }
        return last
    }
}

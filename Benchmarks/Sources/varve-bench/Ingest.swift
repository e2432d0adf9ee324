import Foundation
import Varve

/// The whole file through the file source, durable; then flushed; then merged into one segment.
struct Ingest {
    let index: Index
    let input: String

    func run(_ report: inout Report) async throws {
        let bytes = try FileManager.default.attributesOfItem(atPath: input)[.size] as? Int ?? 0
        let start = ContinuousClock.now
        let ingestion = try await index.ingest(from: JSONLinesSource(input))
        let state = await ingestion.caughtUp()
        let acknowledged = (ContinuousClock.now - start).seconds
        await ingestion.close()
        guard state.messagesApplied > 0, state.messagesDropped == 0 else {
            throw VarveError(.invalid, "\(input) was not ingested: \(state.phase)")
        }
        let count = Double(state.messagesApplied)
        try await index.flush()
        let flushed = (ContinuousClock.now - start).seconds
        try await index.merge()
        let settled = (ContinuousClock.now - start).seconds
        report.add("documents", count, "")
        report.add("ingest, acknowledged (in the synced log)", count / acknowledged, "docs/s")
        report.add("ingest, flushed", count / flushed, "docs/s")
        report.add("ingest, settled (one merged segment)", count / settled, "docs/s")
        report.add("ingest, settled", Double(bytes) / settled / 1e6, "MB/s")
    }
}

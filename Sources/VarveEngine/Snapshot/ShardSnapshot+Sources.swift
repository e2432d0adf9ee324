package import VarveFiles
import VarveSegment

/// Reading everything that a snapshot sees.
extension ShardSnapshot {
    /// Rows that one call asks a view for.
    private static let rowsAtOnce = 4_096

    /// Calls `body` with each visible document's source, in order of writing; each source block is opened at most
    /// once for every 4,096 rows of it.
    package func forEachSource(_ body: (RawSpan) -> Void) throws(StorageError) {
        var rows: [UInt32] = []
        rows.reserveCapacity(Self.rowsAtOnce)
        for segment in segments {
            for start in stride(from: 0, to: segment.view.rowCount, by: Self.rowsAtOnce) {
                rows.removeAll(keepingCapacity: true)
                for row in start..<min(start + Self.rowsAtOnce, segment.view.rowCount)
                where segment.live?[row] ?? true {
                    rows.append(UInt32(row))
                }
                try segment.view.readSources(rows) { _, source in body(source) }
            }
        }
    }
}

import Varve
import VarveEngine

/// How many bytes of segments points in time see, and how many of them nothing else holds on to.
struct HeldBytes {
    /// By index and shard, the segments that searches see now.
    private var current: [String: [Set<UInt64>]] = [:]
    private let store: Store

    init(_ store: Store) { self.store = store }

    /// - Returns: Of all segments, and of those that only points in time still see.
    mutating func count(_ info: PointInTimeInfo) -> (seen: Int, retained: Int) {
        guard let id = try? PointInTimeHandlers.parse(info.id, store) else { return (0, 0) }
        var (seen, retained) = (0, 0)
        for part in PointInTime(store, id).segments {
            let known = segments(of: part.index)
            for segment in part.facts.segments {
                seen += segment.byteCount
                // What is in memory is held by the process anyway.
                guard let id = segment.id else { continue }
                if !known.indices.contains(part.shard) || !known[part.shard].contains(id) {
                    retained += segment.byteCount
                }
            }
        }
        return (seen, retained)
    }

    private mutating func segments(of index: String) -> [Set<UInt64>] {
        if let known = current[index] { return known }
        let facts = (try? store.index(index).shardFacts()) ?? []
        let found = facts.map { Set($0.segments.compactMap(\.id)) }
        current[index] = found
        return found
    }
}

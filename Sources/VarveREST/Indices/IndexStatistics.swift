import Varve
import VarveEngine

/// An index in numbers.
struct IndexStatistics {
    let shards: [ShardFacts]
    let contexts: (open: Int, closed: ContextStatistics.Counts)

    init(_ index: Index) throws(RESTError) {
        do { shards = try index.shardFacts() } catch { throw RESTError(error) }
        contexts = index.contextCounts
    }

    private func sum(_ part: (ShardFacts) -> Int) -> Int { shards.reduce(0) { $0 + part($1) } }

    var live: Int { sum(\.live) }
    var deleted: Int { sum(\.deleted) }
    var storedBytes: Int { sum(\.storedBytes) }
    var memoryBytes: Int { sum(\.memoryBytes) }
    var segmentCount: Int { sum(\.segments.count) }

    func counted(_ counter: (ShardCounters) -> Int) -> Int { sum { counter($0.counters) } }
}

import VarveEngine
package import VarveQuery

/// What a search reaches of one index.
package struct SearchTarget: Sendable {
    package var index: Index
    /// Numbers of the shards that are searched, ascending; nil for all.
    package var shards: [Int]?
    /// What an alias lets through; nil for everything.
    package var filter: Query?

    package init(_ index: Index, shards: [Int]? = nil, filter: Query? = nil) {
        self.index = index
        self.shards = shards
        self.filter = filter
    }

    package var shardNumbers: [Int] { shards ?? Array(0..<index.shardCount) }
    package var shardCount: Int { shards?.count ?? index.shardCount }

    /// The shards of several, in the order in which hits count through them.
    package static func names(of targets: [SearchTarget]) -> [String] {
        targets.flatMap { target in Array(repeating: target.index.name, count: target.shardCount) }
    }
}

extension Store {
    /// Documents that match, from what each target shows of its index.
    package func search(
        _ request: SearchRequest, in targets: [SearchTarget]
    ) async throws(VarveError) -> SearchResult {
        try Searching.search(try searchableShards(of: targets), request, engine.environment)
    }

    package func search(
        _ request: SearchRequest, over shards: [SearchableShard]
    ) async throws(VarveError) -> SearchResult {
        try Searching.search(shards, request, engine.environment)
    }

    /// What searches over these targets read now.
    package func searchableShards(of targets: [SearchTarget]) throws(VarveError) -> [SearchableShard] {
        var shards: [SearchableShard] = []
        for target in targets {
            try target.index.checkOpen()
            let fields = target.index.fields
            for number in target.shardNumbers {
                let shard = target.index.engine.shards[number]
                let snapshot: ShardSnapshot
                do { snapshot = try shard.lease().snapshot() } catch { throw VarveError(error) }
                shard.count { $0.queries += 1 }
                let whole = SearchableShard(segments: snapshot.segments, fields: fields)
                shards.append(try Searching.restricted(whole, to: target.filter, engine.environment))
            }
        }
        return shards
    }
}

/// What a search of a point in time reads, until it is given back: `PointInTime.endReading`.
package struct PointInTimeReading: Sendable {
    package var shards: [SearchableShard]
    package var indices: [String]
    package var lost: [(index: String, shard: Int)]
}

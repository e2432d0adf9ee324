import VarveSegment

/// Shards of which only some documents exist: what an alias with a filter shows of an index.
extension Searcher {
    /// The same shard with the documents that match `query`, and no others, live: whatever is searched, counted or
    /// aggregated over it is held to them. Costs one pass over the query's columns.
    package func restricted(_ shard: SearchableShard, to query: Query) throws -> SearchableShard {
        let request = SearchRequest(query, size: 0, totalHits: .none, source: .none)
        let prepared = try PreparedSearch(request, [shard], context).query
        var segments: [SearchableSegment] = []
        for segment in shard.segments {
            let view = segment.view
            var builder = FilterBuilder(view, ColumnSet(view), blockRows: context.blockRows)
            let filter = try builder.filter(prepared)
            if case .all = filter {
                segments.append(segment)
                continue
            }
            var live = try builder.materialised(filter)
            if let visible = segment.live { live = live.intersection(visible) }
            segments.append(SearchableSegment(view: view, live: live, liveCount: live.count))
        }
        var restricted = SearchableShard(segments: segments, fields: shard.fields)
        restricted.isFrozen = shard.isFrozen
        return restricted
    }
}

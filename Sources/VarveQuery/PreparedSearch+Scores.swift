import VarveSegment

/// Scores as a search needs them.
extension PreparedSearch {
    /// Whether rows cannot be chosen or ordered without their scores.
    private var needsScores: Bool { minimumScore != nil || plan.keys.contains { $0.source == .score } }

    /// The query made ready for a segment, with its scores; nothing if those are not needed.
    func prepare(
        _ segment: ShardSegment, _ columns: inout ColumnSet, blockRows: Int
    ) throws -> (RowFilter?, ScoreRun?) {
        guard needsScores else { return (nil, nil) }
        var filters = FilterBuilder(segment.segment.view, columns, blockRows: blockRows)
        let filter = try filters.filter(hitQuery)
        if case .none = filter { return (filter, nil) }
        let scores = try scores(filters, segment.shard, &columns)
        return (filter, scores)
    }

    func scores(
        _ filters: FilterBuilder, _ shard: Int, _ columns: inout ColumnSet
    ) throws -> ScoreRun {
        var builder = ScoreBuilder(filters, statistics[shard])
        let run = try builder.run(query)
        columns = builder.filters.columns
        return run
    }
}

/// Scores of the hits of a page.
extension Searcher {
    /// By hit; nil if nobody asked.
    func scores(
        of ranked: RankedHits, _ places: [HitFetcher.Place], _ segments: [ShardSegment],
        _ prepared: PreparedSearch, _ request: SearchRequest
    ) throws -> [Float]? {
        if let key = prepared.plan.keys.firstIndex(where: { $0.source == .score }) {
            return places.indices.map { place in
                guard case .float(let score) = ranked.sortValues(of: request.from + place)[key] else {
                    return 0
                }
                return score
            }
        }
        guard request.tracksScores else { return nil }
        var scores = [Float](repeating: 0, count: places.count)
        for (segment, hits) in Dictionary(grouping: places.indices, by: { places[$0].segment }) {
            let view = segments[segment].segment.view
            var columns = ColumnSet(view)
            let filters = FilterBuilder(view, columns, blockRows: columnBlockRows)
            var run = try prepared.scores(filters, segments[segment].shard, &columns)
            for (block, hits) in Dictionary(grouping: hits, by: { places[$0].row / columnBlockRows }) {
                var words = [UInt64](repeating: 0, count: columnBlockRows / 64)
                for hit in hits {
                    let row = places[hit].row % columnBlockRows
                    words[row / 64] |= 1 << UInt64(row % 64)
                }
                try run.evaluate(block: block, .some, words, &columns)
                for hit in hits { scores[hit] = run.score(at: places[hit].row % columnBlockRows) }
            }
        }
        return scores
    }

    /// The best score of all: that of the first hit if the best come first, otherwise it is looked for.
    func maximumScore(
        of result: SearchResult, _ ranked: RankedHits, _ request: SearchRequest, _ shards: [SearchableShard]
    ) throws -> Float? {
        guard request.size > 0, ranked.count > 0, result.hits.first?.score != nil else { return nil }
        let first = ranked.plan.keys.first
        if first?.source == .score, first?.isDescending == true, request.after == nil {
            if case .float(let score) = ranked.sortValues(of: 0)[0] { return score }
        }
        var best = SearchRequest(request.query, sort: [.score], size: 1, totalHits: .none, source: .none)
        best.minimumScore = request.minimumScore
        best.slice = request.slice
        best.details.postFilter = request.details.postFilter
        return try search(best, in: shards).hits.first?.score
    }
}

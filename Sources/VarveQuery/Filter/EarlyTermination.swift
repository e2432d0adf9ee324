import VarveSegment

/// Ends a search after so many matching rows a shard: what lies beyond them is out of sight.
extension [ShardSegment] {
    /// The segments with no more than the first `limit` matching rows of each shard; and whether any shard has as
    /// many.
    func ending(
        after limit: Int, _ query: PreparedQuery, _ context: SearchContext
    ) throws -> (segments: [ShardSegment], isEarly: Bool) {
        var found: [ShardSegment] = []
        var counts: [Int: Int] = [:]
        var isEarly = false
        for part in self {
            let rest = limit - counts[part.shard, default: 0]
            if rest <= 0 { continue }
            let (end, count) = try part.segment.rows(until: rest, query, context)
            counts[part.shard, default: 0] += count
            isEarly = isEarly || count == rest
            let segment = end == part.segment.view.rowCount ? part.segment : part.segment.keeping(before: end)
            found.append(ShardSegment(shard: part.shard, segment: segment))
        }
        return (found, isEarly)
    }
}

extension SearchableSegment {
    /// How many rows from the first on hold `limit` that match, or all of them; and how many match in these.
    fileprivate func rows(
        until limit: Int, _ query: PreparedQuery, _ context: SearchContext
    ) throws -> (rows: Int, count: Int) {
        var part = AggregatedSegment(view, blockRows: context.blockRows)
        var run = try part.run(query)
        var count = 0
        for block in 0..<((view.rowCount + context.blockRows - 1) / context.blockRows) {
            try context.checkpoint()
            var coverage = try run.evaluate(block: block, &part.columns)
            if let live { coverage = run.intersect(live, block: block, coverage) }
            let found = run.count(block: block, coverage)
            guard count + found >= limit else {
                count += found
                continue
            }
            var batch = RowBatch()
            if case .all = coverage {
                batch.setAll(count: part.rows(of: block))
            } else {
                batch.set(run.words, count: part.rows(of: block))
            }
            return (block * context.blockRows + Int(batch.rows[limit - count - 1]) + 1, limit)
        }
        return (view.rowCount, count)
    }

    fileprivate func keeping(before end: Int) -> SearchableSegment {
        var rows = live ?? RowBitmap(rowCount: view.rowCount, filledWith: true)
        for word in rows.words.indices {
            let first = word * 64
            if first >= end {
                rows.words[word] = 0
            } else if first + 64 > end {
                rows.words[word] &= (1 << UInt64(end - first)) - 1
            }
        }
        return SearchableSegment(view: view, live: rows, liveCount: rows.count)
    }
}

import VarveBytes
import VarveDocument
import VarveSegment

/// Answers searches over the segments of one or several shards: a pure function of what it is given.
///
/// Filters become bits of rows, sort keys integers, both a block of rows at a time; zone maps decide which blocks
/// are read at all. The order of hits is total: keys, then the shard's place in the list, then the sequence number.
///
/// Throws a `QueryError` for what the request has wrong, whatever the documents are, and the views' `StorageError`.
package struct Searcher: Sendable {
    let context: SearchContext

    package init(_ context: SearchContext) { self.context = context }

    /// How many documents match.
    package func count(_ query: Query, in shards: [SearchableShard]) throws -> Int {
        try search(SearchRequest(query, size: 0, totalHits: .exact), in: shards).total?.value ?? 0
    }

    /// The hits of one page, in order.
    package func search(_ request: SearchRequest, in shards: [SearchableShard]) throws -> SearchResult {
        let prepared = try PreparedSearch(request, shards, context)
        let context = context.limited(to: request.details.timeout)
        var result = SearchResult(total: nil, hits: [])
        var segments = try Self.segmentsInTieOrder(shards).sliced(request.slice)
        var counter = HitCounter(request.totalHits)
        let aggregations = AggregationRun(
            prepared.aggregations, limit: request.bucketsMax, blockRows: context.blockRows)
        var ranked = RankedHits(prepared.plan, capacity: request.from + request.size)
        do {
            if let limit = request.details.terminateAfter {
                let (rest, isEarly) = try segments.ending(after: limit, prepared.hitQuery, context)
                result.isTerminatedEarly = isEarly
                segments = rest
            }
            if !request.aggregations.isEmpty {
                try aggregate(aggregations, prepared, segments, counting: &counter, context)
            }
            try rank(&ranked, segments, prepared, counting: &counter, context)
        } catch is TimeIsOver { result.isTimedOut = true }
        result.total = counter.total
        result.hits = try hits(of: ranked, segments, request, prepared, shards)
        result.aggregations = try aggregations.results()
        result.maximumScore = try maximumScore(of: result, ranked, request, shards)
        return result
    }

    /// Where hits are what aggregations see, their count is known afterwards.
    private func aggregate(
        _ aggregations: AggregationRun, _ prepared: PreparedSearch, _ segments: [ShardSegment],
        counting counter: inout HitCounter, _ context: SearchContext
    ) throws {
        var count = 0
        let isSame = prepared.postFilter == nil
        defer { if isSame { counter.close(with: count) } }
        try aggregations.collect(prepared.query, in: segments, counting: &count, context)
    }

    private func rank(
        _ ranked: inout RankedHits, _ segments: [ShardSegment], _ prepared: PreparedSearch,
        counting counter: inout HitCounter, _ context: SearchContext
    ) throws {
        for number in try visitingOrder(segments, prepared.plan, ranked) {
            var scan = try SegmentScan(segments[number], prepared, blockRows: context.blockRows)
            var top = try top(of: segments[number], scan.keys, number, ranked)
            // A segment that changes neither count nor page is not even asked for its terms.
            guard counter.isOpen || scan.mayEnter(top) else { continue }
            var isOver = false
            do {
                try scan.scan(prepared.hitQuery, into: &top, counting: &counter, context)
            } catch is TimeIsOver {
                isOver = true
            }
            if let best = top.take()?.sorted(keys: prepared.plan.keys.count) {
                try ranked.merge(segment: number, rows: best.rows, keys: best.keys, scan.keys)
            }
            if isOver { throw TimeIsOver() }
        }
    }

    /// Where a segment's best rows go; nil if no hit is wanted.
    private func top(
        of segment: ShardSegment, _ keys: SegmentKeys, _ number: Int, _ ranked: RankedHits
    ) throws -> TopRows? {
        if ranked.capacity == 0 { return nil }
        return TopRows(
            capacity: min(ranked.capacity, segment.segment.view.rowCount), keys: keys.keys.count,
            limit: try ranked.limit(for: number, keys))
    }

    /// The segments of all shards, so that rows of an earlier one come first where keys tie.
    private static func segmentsInTieOrder(_ shards: [SearchableShard]) throws(QueryError) -> [ShardSegment] {
        guard shards.count <= TieBreak.shardsMax else {
            throw QueryError(
                .tooComplex,
                "a search may reach \(TieBreak.shardsMax) shards, this one reaches \(shards.count)")
        }
        var all: [ShardSegment] = []
        for (shard, content) in shards.enumerated() {
            let segments = content.segments.filter { $0.liveCount > 0 }
                .sorted { $0.view.births.lowerBound < $1.view.births.lowerBound }
            for (segment, next) in zip(segments, segments.dropFirst()) {
                precondition(
                    segment.view.births.upperBound < next.view.births.lowerBound, "births of segments overlap"
                )
            }
            if let last = segments.last {
                precondition(
                    last.view.births.upperBound.rawValue < TieBreak.sequenceNumbersMax,
                    "a sequence number beyond the tie break's range")
            }
            all += segments.map { ShardSegment(shard: shard, segment: $0) }
        }
        return all
    }

    /// The order in which segments are scanned: by the best first key that they may hold.
    private func visitingOrder(
        _ segments: [ShardSegment], _ plan: SortPlan, _ ranked: RankedHits
    ) throws -> [Int] {
        guard segments.count > 1, let first = plan.keys.first, first.source != .id, first.source != .score
        else {
            return Array(segments.indices)
        }
        var best: [Int64] = []
        for (shard, segment) in segments.map({ ($0.shard, $0.segment) }) {
            var columns = ColumnSet(segment.view)
            let keys = try SegmentKeys(
                SortPlan(first), segment.view, shard: shard, columns: &columns, blockRows: context.blockRows)
            let bound = keys.bounds().best
            if let table = ranked.tables[0], !RankedHits.isMissing(bound) {
                best.append(try table.add { try keys.appendTerm(bound, row: 0, 0, to: &$0) })
            } else {
                best.append(bound)
            }
        }
        return segments.indices.sorted { left, right in
            let order = ranked.compare(best[left], best[right], 0)
            return order == 0 ? left < right : order < 0
        }
    }

    private func hits(
        of ranked: RankedHits, _ segments: [ShardSegment], _ request: SearchRequest,
        _ prepared: PreparedSearch,
        _ shards: [SearchableShard]
    ) throws -> [SearchHit] {
        let (from, source) = (request.from, request.source)
        var places: [HitFetcher.Place] = []
        for hit in from..<max(from, ranked.count) {
            places.append(HitFetcher.Place(segment: Int(ranked.segments[hit]), row: Int(ranked.rows[hit])))
        }
        let scores = try scores(of: ranked, places, segments, prepared, request)
        var fetcher = HitFetcher(segments.map(\.segment.view), source: source)
        let page = try fetcher.fetch(places)
        let details = try HitDetails(
            request.details, prepared.namedQueries, segments, shards, blockRows: context.blockRows
        ).read(places)
        var hits: [SearchHit] = []
        hits.reserveCapacity(places.count)
        for (at, fetched) in fetcher.fetched.enumerated() {
            let shard = segments[places[at].segment].shard
            var hit = SearchHit(
                id: fetched.id, sequenceNumber: SequenceNumber(fetched.birth), version: fetched.version,
                shard: shard, sortValues: ranked.sortValues(of: from + at),
                tieBreak: TieBreak.encode(shard: shard, sequenceNumber: fetched.birth),
                score: scores?[at], source: source.isWanted ? DocumentSource(page, fetched.source) : nil)
            hit.routing = fetched.routing
            if !details.isEmpty {
                hit.fields = details[at].fields
                hit.matchedQueries = details[at].matchedQueries
            }
            hits.append(hit)
        }
        return hits
    }
}

/// A segment and the place of its shard in the search.
struct ShardSegment {
    let shard: Int
    let segment: SearchableSegment
}

import VarveSegment

/// One segment's part of a search: counts its matching rows and collects the best of them, block by block.
///
/// Blocks come in the order of the best key that their bounds allow, so that the first ones fill the page and
/// most others need not be read: a block is left out once it can neither change the count nor enter the page.
struct SegmentScan {
    private struct Bounds {
        var block: Int32
        /// The best first key that a row after the cursor may have, and the worst.
        var best: Int64
        var worst: Int64
    }

    let segment: SearchableSegment
    let keys: SegmentKeys
    private let after: SegmentCursor?
    private var columns: ColumnSet
    /// By sort key: the keys of the block's rows.
    private var blocks: [[Int64]] = []
    private var births: [UInt64] = []
    private let filter: RowFilter?
    private var scores: ScoreRun?
    /// Rows with a lower score are left out.
    private let minimumScore: Float?

    init(_ segment: ShardSegment, _ search: PreparedSearch, blockRows: Int) throws {
        self.segment = segment.segment
        columns = ColumnSet(segment.segment.view)
        minimumScore = search.minimumScore
        (filter, scores) = try search.prepare(segment, &columns, blockRows: blockRows)
        let keys = try SegmentKeys(
            search.plan, segment.segment.view, shard: segment.shard, columns: &columns, blockRows: blockRows,
            scores: scores)
        self.keys = keys
        after = try search.cursor.map { try SegmentCursor($0, keys, shard: segment.shard) }
    }

    /// Whether any row could enter the page.
    func mayEnter(_ top: TopRows?) -> Bool {
        guard let top else { return false }
        let (best, worst) = keys.bounds()
        guard let after else { return top.mayTake(best: best, row: 0) }
        return worst >= after.firstKey && top.mayTake(best: max(best, after.firstKey), row: 0)
    }

    /// - Parameter top: Where the best rows go; nil if rows are counted only.
    mutating func scan(
        _ query: PreparedQuery, into top: inout TopRows?, counting counter: inout HitCounter,
        _ context: SearchContext
    ) throws {
        var run = FilterRun(
            try filter(query), rowCount: segment.view.rowCount, blockRows: keys.blockRows)
        if run.isNone { return }
        var minimum = minimumScore
        if let uniform = scores?.uniform, let wanted = minimum {
            if uniform < wanted { return }
            minimum = nil
        }
        var isKnown = run.isAll && minimum == nil
        if isKnown {
            counter.add(segment.liveCount)
        } else if minimum == nil, segment.live == nil, counter.isOpen,
            let count = try segment.view.knownCount(of: query)
        {
            isKnown = true
            counter.add(count)
        }
        let isPageOpen = mayEnter(top)
        if isKnown && !isPageOpen { return }
        let block = [Int64](repeating: 0, count: min(keys.blockRows, segment.view.rowCount))
        blocks = [[Int64]](repeating: block, count: max(keys.keys.count, 1))
        for bounds in blockOrder(forPage: isPageOpen) {
            let block = Int(bounds.block)
            let isCounted = counter.isOpen && !isKnown
            let isWanted = isPageOpen && mayEnter(bounds, top)
            if !isCounted && !isWanted { continue }
            try context.checkpoint()
            var coverage = try run.evaluate(block: block, &columns)
            if let live = segment.live { coverage = run.intersect(live, block: block, coverage) }
            if let minimum {
                coverage = try drop(below: minimum, block, coverage, &run)
            }
            if case .none = coverage { continue }
            if isCounted { counter.add(run.count(block: block, coverage)) }
            if isWanted { try collect(block, coverage, run.words, into: &top) }
        }
    }

    /// The filter that was made for the scores, or one that is made now.
    private mutating func filter(_ query: PreparedQuery) throws -> RowFilter {
        if let filter { return filter }
        var builder = FilterBuilder(segment.view, columns, blockRows: keys.blockRows)
        let made = try builder.filter(query)
        columns = builder.columns
        return made
    }

    private mutating func drop(
        below minimum: Float, _ block: Int, _ coverage: FilterRun.Coverage, _ run: inout FilterRun
    ) throws -> FilterRun.Coverage {
        guard var scores else { return coverage }
        try scores.evaluate(block: block, coverage, run.words, &columns)
        self.scores = scores
        return run.intersect(block: block, coverage) { scores.score(at: $0) >= minimum }
    }

    /// One key of a block's rows.
    private mutating func read(
        _ number: Int, _ block: Int, _ rows: Range<Int>, _ coverage: FilterRun.Coverage, _ words: [UInt64]
    ) throws {
        guard case .scores = keys.sources[number] else {
            return try keys.read(
                number, block: block, rows, into: &blocks[number], &columns, births: &births)
        }
        guard scores != nil else { preconditionFailure("no scores to sort by") }
        try scores?.evaluate(block: block, coverage, words, &columns)
        scores?.fill(&blocks[number], rows, complement: keys.keys[number].isDescending)
    }

    private func blockOrder(forPage isForPage: Bool) -> [Bounds] {
        let count = (segment.view.rowCount + keys.blockRows - 1) / keys.blockRows
        var order: [Bounds] = []
        order.reserveCapacity(count)
        if !isForPage {
            for block in 0..<count { order.append(Bounds(block: Int32(block), best: .max, worst: .min)) }
            return order
        }
        let first = after?.firstKey ?? .min
        for block in 0..<count {
            let bounds = keys.bounds(ofBlock: block, columns)
            order.append(
                Bounds(block: Int32(block), best: max(bounds.best, first), worst: bounds.worst))
        }
        order.sort { ($0.best, $0.block) < ($1.best, $1.block) }
        return order
    }

    private func mayEnter(_ bounds: Bounds, _ top: TopRows?) -> Bool {
        guard let top else { return false }
        let rows = keys.rows(of: Int(bounds.block))
        if let after {
            if bounds.worst < after.firstKey { return false }
            if bounds.worst == after.firstKey && after.keys.count < 2 && rows.upperBound - 1 <= after.tieRow {
                return false
            }
        }
        return top.mayTake(best: bounds.best, row: rows.lowerBound)
    }

    private mutating func collect(
        _ block: Int, _ coverage: FilterRun.Coverage, _ words: [UInt64], into top: inout TopRows?
    ) throws {
        let start = block * keys.blockRows
        let low = after?.firstKey ?? .min
        guard let high = top?.keyMax(fromRow: start), low <= high else { return }
        let rows = try keys.candidates(ofBlock: block, in: low...high, &columns)
        if rows.isEmpty { return }
        if !keys.keys.isEmpty {
            try read(0, block, rows, coverage, words)
        }
        var isComplete = keys.keys.count <= 1
        let first = blocks[0]
        for word in rows.lowerBound / 64...(rows.upperBound - 1) / 64 {
            guard let high = top?.keyMax(fromRow: start + word * 64), low <= high else { return }
            let begin = max(word * 64, rows.lowerBound)
            let count = min(word * 64 + 64, rows.upperBound) - begin
            var mask = BlockKernels.window(
                first.span, begin, count, low: low, width: UInt64(bitPattern: high &- low))
            mask <<= UInt64(begin - word * 64)
            if case .some = coverage { mask &= words[word] }
            if mask == 0 { continue }
            if !isComplete {
                for number in 1..<keys.keys.count { try read(number, block, rows, coverage, words) }
                isComplete = true
            }
            offer(mask, at: word * 64, start: start, low: low, first, into: &top)
        }
    }

    /// Offers the rows of a word's bits.
    private func offer(
        _ mask: UInt64, at base: Int, start: Int, low: Int64, _ first: [Int64], into top: inout TopRows?
    ) {
        var rest = mask
        while rest != 0 {
            let at = base &+ rest.trailingZeroBitCount
            rest &= rest &- 1
            if let after, first[at] == low, !after.precedes(blocks, at: at, row: start &+ at) { continue }
            if keys.keys.count <= 1 {
                top?.offer(first[at], row: start &+ at)
            } else {
                top?.offer(blocks, at: at, start: start)
            }
        }
    }
}

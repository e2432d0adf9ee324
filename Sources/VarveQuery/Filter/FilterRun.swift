import VarveSegment

/// Evaluates a segment's filter block by block, into one word of bits for every 64 rows.
///
/// Every call handles a whole block: the tree is walked once, its leaves run over arrays. Zone maps decide what
/// they can, so a block may be answered without reading a column.
struct FilterRun {
    /// What of a block matches; only `.some` says more in words.
    enum Coverage {
        case none
        case all
        case some
    }

    private let filter: RowFilter
    private let rowCount: Int
    private let blockRows: Int
    private let wordsPerBlock: Int
    /// One block's words for every level of the filter; the answer lies at the start.
    private(set) var words: [UInt64]

    init(_ filter: RowFilter, rowCount: Int, blockRows: Int) {
        self.filter = filter
        self.rowCount = rowCount
        self.blockRows = blockRows
        wordsPerBlock = blockRows / 64
        words = [UInt64](repeating: 0, count: wordsPerBlock * filter.depth)
    }

    var isAll: Bool { if case .all = filter { true } else { false } }
    var isNone: Bool { if case .none = filter { true } else { false } }

    /// Rows of a block that match, as bits in the first words.
    mutating func evaluate(block: Int, _ columns: inout ColumnSet) throws -> Coverage {
        try evaluate(filter, block, at: 0, &columns)
    }

    /// Drops from a block's answer the rows that are not live.
    mutating func intersect(_ live: RowBitmap, block: Int, _ coverage: Coverage) -> Coverage {
        if case .none = coverage { return .none }
        if case .all = coverage { return copy(live, block, at: 0) }
        let first = block * wordsPerBlock
        var union: UInt64 = 0
        for i in 0..<((rows(of: block) + 63) / 64) {
            words[i] &= live.words[first + i]
            union |= words[i]
        }
        return union == 0 ? .none : .some
    }

    /// Drops from a block's answer the rows that a test of their places in the block does not pass.
    mutating func intersect(
        block: Int, _ coverage: Coverage, _ passes: (Int) -> Bool
    ) -> Coverage {
        if case .none = coverage { return .none }
        if case .all = coverage { BlockKernels.fill(&words, at: 0, rows: rows(of: block)) }
        var union: UInt64 = 0
        for i in 0..<((rows(of: block) + 63) / 64) {
            var rest = words[i]
            while rest != 0 {
                let bit = rest.trailingZeroBitCount
                rest &= rest &- 1
                if !passes(i * 64 + bit) { words[i] &= ~(1 &<< UInt64(bit)) }
            }
            union |= words[i]
        }
        return union == 0 ? .none : .some
    }

    /// How many rows an answer holds.
    func count(block: Int, _ coverage: Coverage) -> Int {
        switch coverage {
        case .none: return 0
        case .all: return rows(of: block)
        case .some:
            var count = 0
            for i in 0..<((rows(of: block) + 63) / 64) { count &+= words[i].nonzeroBitCount }
            return count
        }
    }

    private func rows(of block: Int) -> Int { min(blockRows, rowCount - block * blockRows) }

    private mutating func evaluate(
        _ filter: RowFilter, _ block: Int, at base: Int, _ columns: inout ColumnSet
    ) throws -> Coverage {
        switch filter {
        case .all: return .all
        case .none: return .none
        case .rows(let found): return copy(found, block, at: base)
        case .column(let slot, let ranges): return try select(slot, ranges, block, at: base, &columns)
        case .present(let slot): return try present(slot, block, at: base, &columns)
        case .every(let parts): return try every(parts, block, at: base, &columns)
        case .any(let parts): return try any(parts, block, at: base, &columns)
        case .except(let part): return try except(part, block, at: base, &columns)
        }
    }

    private mutating func copy(_ found: RowBitmap, _ block: Int, at base: Int) -> Coverage {
        let first = block * wordsPerBlock
        var union: UInt64 = 0
        for i in 0..<min(wordsPerBlock, found.words.count - first) {
            words[base + i] = found.words[first + i]
            union |= found.words[first + i]
        }
        return union == 0 ? .none : .some
    }

    private mutating func select(
        _ slot: ColumnSet.Slot, _ ranges: [ClosedRange<Int64>], _ block: Int, at base: Int,
        _ columns: inout ColumnSet
    ) throws -> Coverage {
        let zone = columns.zone(slot, block: block)
        if zone.missing == rows(of: block) { return .none }
        let touched = ranges.drop { $0.upperBound < zone.minimum }.prefix { $0.lowerBound <= zone.maximum }
        guard let first = touched.first else { return .none }
        if first.contains(zone.minimum) && first.contains(zone.maximum) {
            return zone.missing == 0 ? .all : try present(slot, block, at: base, &columns)
        }
        try columns.load(slot, block: block)
        clear(at: base)
        if touched.count <= 4 {
            for range in touched { BlockKernels.select(columns.columns[slot], range, into: &words, at: base) }
        } else {
            BlockKernels.select(columns.columns[slot], Array(touched), into: &words, at: base)
        }
        BlockKernels.intersectPresent(columns.columns[slot], into: &words, at: base)
        return .some
    }

    private mutating func present(
        _ slot: ColumnSet.Slot, _ block: Int, at base: Int, _ columns: inout ColumnSet
    ) throws -> Coverage {
        let zone = columns.zone(slot, block: block)
        if zone.missing == 0 { return .all }
        if zone.missing == rows(of: block) { return .none }
        try columns.load(slot, block: block)
        BlockKernels.fill(&words, at: base, rows: rows(of: block))
        BlockKernels.intersectPresent(columns.columns[slot], into: &words, at: base)
        return .some
    }

    private mutating func every(
        _ parts: [RowFilter], _ block: Int, at base: Int, _ columns: inout ColumnSet
    ) throws -> Coverage {
        var isNarrowed = false
        for part in parts {
            switch try evaluate(part, block, at: isNarrowed ? base + wordsPerBlock : base, &columns) {
            case .none: return .none
            case .all: continue
            case .some where isNarrowed: if intersect(at: base) == 0 { return .none }
            case .some: isNarrowed = true
            }
        }
        return isNarrowed ? .some : .all
    }

    private mutating func any(
        _ parts: [RowFilter], _ block: Int, at base: Int, _ columns: inout ColumnSet
    ) throws -> Coverage {
        var isFound = false
        for part in parts {
            switch try evaluate(part, block, at: isFound ? base + wordsPerBlock : base, &columns) {
            case .none: continue
            case .all: return .all
            case .some where isFound:
                for i in 0..<wordsPerBlock { words[base + i] |= words[base + wordsPerBlock + i] }
            case .some: isFound = true
            }
        }
        return isFound ? .some : .none
    }

    private mutating func except(
        _ part: RowFilter, _ block: Int, at base: Int, _ columns: inout ColumnSet
    ) throws -> Coverage {
        switch try evaluate(part, block, at: base + wordsPerBlock, &columns) {
        case .none: return .all
        case .all: return .none
        case .some:
            BlockKernels.fill(&words, at: base, rows: rows(of: block))
            for i in 0..<((rows(of: block) + 63) / 64) { words[base + i] &= ~words[base + wordsPerBlock + i] }
            return .some
        }
    }

    /// Intersects a level with the one below it; zero if nothing is left.
    private mutating func intersect(at base: Int) -> UInt64 {
        var union: UInt64 = 0
        for i in 0..<wordsPerBlock {
            words[base + i] &= words[base + wordsPerBlock + i]
            union |= words[base + i]
        }
        return union
    }

    private mutating func clear(at base: Int) {
        for i in 0..<wordsPerBlock { words[base + i] = 0 }
    }
}

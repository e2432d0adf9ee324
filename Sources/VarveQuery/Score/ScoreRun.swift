import VarveDocument
import VarveSegment

/// Scores of one segment's rows, block by block. Sums are made in the order and precision of Lucene: clauses of one
/// kind as doubles, what is required and what is optional then as floats.
struct ScoreRun {
    /// One level's rows and scores; those of the level above say which rows are asked about.
    private final class Frame {
        var wanted: [UInt64]
        var bits: [UInt64]
        var scores: [Float]
        var sums: [Double]

        init(blockRows: Int) {
            wanted = [UInt64](repeating: 0, count: blockRows / 64)
            bits = wanted
            scores = [Float](repeating: 0, count: blockRows)
            sums = [Double](repeating: 0, count: blockRows)
        }
    }

    private let root: ScoreNode
    private let lists: [ScoredList]
    private var filters: [FilterRun]
    private let blockRows: Int
    private let rowCount: Int
    /// Made when a block is first evaluated.
    private var frames: [Frame] = []
    private var evaluated = -1

    init(
        _ root: ScoreNode, _ lists: [ScoredList], _ filters: [FilterRun], _ view: any SegmentView,
        blockRows: Int
    ) {
        self.root = root
        self.lists = lists
        self.filters = filters
        self.blockRows = blockRows
        rowCount = view.rowCount
    }

    /// The score that all matching rows have, if it is one.
    var uniform: Float? { uniform(root) }

    private func uniform(_ node: ScoreNode) -> Float? {
        switch node {
        case .constant(_, let score): return score
        case .list(let number): return lists[number].uniform
        case .sum(_, let must, let should):
            if must.isEmpty && should.count == 1 { return uniform(should[0]) }
            guard should.isEmpty else { return nil }
            var sum = 0.0
            for node in must {
                guard let score = uniform(node) else { return nil }
                sum += Double(score)
            }
            return Float(sum)
        case .best: return nil
        }
    }

    /// No row's score is above this.
    var bound: Float { bound(root) }

    private func bound(_ node: ScoreNode) -> Float {
        switch node {
        case .constant(_, let score): score
        case .list(let number): lists[number].weight
        case .sum(_, let must, let should): (must + should).reduce(0) { $0 + bound($1) } * 1.000_1
        case .best(let nodes, let share):
            (nodes.map { bound($0) }.max() ?? 0) + share * nodes.reduce(0) { $0 + bound($1) } * 1.000_1
        }
    }

    /// The score of a row of the block that was evaluated last, counted from the block's start.
    @inline(__always)
    func score(at row: Int) -> Float { frames[0].scores[row] }

    /// Puts the scores of rows of that block, as sort keys, at the same places of `keys`.
    func fill(_ keys: inout [Int64], _ rows: Range<Int>, complement: Bool) {
        let frame = frames[0]
        let mask: Int64 = complement ? -1 : 0
        for row in rows { keys[row] = Double(frame.scores[row]).sortableBits ^ mask }
    }

    /// Computes the scores of the rows of a block that a filter matched.
    mutating func evaluate(
        block: Int, _ coverage: FilterRun.Coverage, _ words: [UInt64], _ columns: inout ColumnSet
    ) throws {
        if evaluated == block { return }
        evaluated = block
        if frames.isEmpty { frames = (0..<root.depth).map { _ in Frame(blockRows: blockRows) } }
        let rows = min(blockRows, rowCount - block * blockRows)
        if case .some = coverage {
            for at in 0..<((rows + 63) / 64) { frames[0].wanted[at] = words[at] }
        } else {
            BlockKernels.fill(&frames[0].wanted, at: 0, rows: rows)
        }
        try evaluate(root, block, 0, &columns)
    }

    private mutating func evaluate(
        _ node: ScoreNode, _ block: Int, _ level: Int, _ columns: inout ColumnSet
    ) throws {
        switch node {
        case .constant(let filter, let score):
            frames[level].bits = frames[level].wanted
            if let filter { try restrict(level, to: filter, block, &columns) }
            for row in 0..<blockRows { frames[level].scores[row] = score }
        case .list(let number): evaluate(lists[number], block, frames[level])
        case .sum(let filter, let must, let should):
            try sum(filter, must, should, block, level, &columns)
        case .best(let nodes, let share): try best(nodes, share, block, level, &columns)
        }
    }

    private mutating func restrict(
        _ level: Int, to filter: Int, _ block: Int, _ columns: inout ColumnSet
    ) throws {
        let frame = frames[level]
        let words = (min(blockRows, rowCount - block * blockRows) + 63) / 64
        switch try filters[filter].evaluate(block: block, &columns) {
        case .all: return
        case .none: for at in 0..<words { frame.bits[at] = 0 }
        case .some: for at in 0..<words { frame.bits[at] &= filters[filter].words[at] }
        }
    }

    // MARK: Lists

    private func evaluate(_ list: ScoredList, _ block: Int, _ frame: Frame) {
        for at in frame.bits.indices { frame.bits[at] = 0 }
        let start = block * blockRows
        let first = Self.lowerBound(list.rows, UInt32(start))
        let end = Self.lowerBound(list.rows, UInt32(start + blockRows))
        if first == end { return }
        let once = list.frequencies.isEmpty
        let isPlain = list.lengths.isEmpty
        let plain = list.inverseNorms[1]
        for place in first..<end {
            let row = list.rows[place]
            let at = Int(row) &- start
            let bit: UInt64 = 1 &<< UInt64(at & 63)
            if frame.wanted[at &>> 6] & bit == 0 { continue }
            frame.bits[at &>> 6] |= bit
            let norm = isPlain ? plain : list.inverseNorms[Int(list.lengths[Int(row)])]
            frame.scores[at] = Similarity.score(list.weight, once ? 1 : list.frequencies[place], norm)
        }
    }

    private static func lowerBound(_ rows: [UInt32], _ row: UInt32) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low &+ high) &>> 1
            if rows[middle] < row { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    // MARK: Sums

    private mutating func sum(
        _ filter: Int?, _ must: [ScoreNode], _ should: [ScoreNode], _ block: Int, _ level: Int,
        _ columns: inout ColumnSet
    ) throws {
        let frame = frames[level]
        frame.bits = frame.wanted
        if let filter { try restrict(level, to: filter, block, &columns) }
        let wanted = frame.bits
        var found = [UInt64](repeating: 0, count: wanted.count)
        for row in 0..<blockRows { frame.scores[row] = 0 }
        for nodes in [must, should] where !nodes.isEmpty {
            for row in 0..<blockRows { frame.sums[row] = 0 }
            for node in nodes {
                frames[level + 1].wanted = wanted
                try evaluate(node, block, level + 1, &columns)
                let part = frames[level + 1]
                Self.forEachRow(part.bits) { frame.sums[$0] += Double(part.scores[$0]) }
                for at in found.indices { found[at] |= part.bits[at] }
            }
            Self.forEachRow(wanted) { frame.scores[$0] += Float(frame.sums[$0]) }
        }
        if filter == nil { frame.bits = found }
    }

    private mutating func best(
        _ nodes: [ScoreNode], _ share: Float, _ block: Int, _ level: Int, _ columns: inout ColumnSet
    ) throws {
        let frame = frames[level]
        var found = [UInt64](repeating: 0, count: frame.wanted.count)
        for row in 0..<blockRows {
            frame.scores[row] = 0
            frame.sums[row] = 0
        }
        for node in nodes {
            frames[level + 1].wanted = frame.wanted
            try evaluate(node, block, level + 1, &columns)
            let part = frames[level + 1]
            Self.forEachRow(part.bits) { row in
                let score = part.scores[row]
                if score >= frame.scores[row] {
                    frame.sums[row] += Double(frame.scores[row])
                    frame.scores[row] = score
                } else {
                    frame.sums[row] += Double(score)
                }
            }
            for at in found.indices { found[at] |= part.bits[at] }
        }
        Self.forEachRow(found) {
            frame.scores[$0] = Float(Double(frame.scores[$0]) + frame.sums[$0] * Double(share))
        }
        frame.bits = found
    }

    @inline(__always)
    private static func forEachRow(_ bits: [UInt64], _ body: (Int) -> Void) {
        for at in bits.indices {
            var rest = bits[at]
            while rest != 0 {
                body(at &* 64 &+ rest.trailingZeroBitCount)
                rest &= rest &- 1
            }
        }
    }
}

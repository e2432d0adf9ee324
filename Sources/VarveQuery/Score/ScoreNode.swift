/// What a query says about scores, ready for one segment.
indirect enum ScoreNode {
    /// Rows that a filter of the run matches, nil for all rows asked about, score alike.
    case constant(filter: Int?, Float)
    /// Rows of a list, number of the run's lists.
    case list(Int)
    /// Sums of `must` and `should`, among rows that a filter matches.
    case sum(filter: Int?, must: [ScoreNode], should: [ScoreNode])
    /// The best of these, and a share of the others.
    case best([ScoreNode], share: Float)

    var depth: Int {
        switch self {
        case .constant, .list: 1
        case .sum(_, let must, let should): 1 + ((must + should).map(\.depth).max() ?? 0)
        case .best(let nodes, _): 1 + (nodes.map(\.depth).max() ?? 0)
        }
    }
}

/// Rows with a term or a phrase, and what goes into the score of each.
struct ScoredList {
    var rows: [UInt32]
    /// How often each row holds it; empty for once.
    var frequencies: [Float]
    var weight: Float
    /// By the byte of a length.
    var inverseNorms: [Float]
    /// By row of the segment, the byte of its length; empty for keywords, all of length 1.
    var lengths: [UInt8]

    /// The score that all rows have alike.
    var uniform: Float? {
        guard lengths.isEmpty && frequencies.isEmpty else { return nil }
        return Similarity.score(weight, 1, inverseNorms[1])
    }
}

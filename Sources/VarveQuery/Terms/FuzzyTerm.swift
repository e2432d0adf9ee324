import VarveBytes
import VarveDocument

/// How far a term may be from the one asked for.
public enum Fuzziness: Hashable, Sendable {
    /// At most so many edits, 0 to 2.
    case edits(Int)
    /// None for terms of fewer than `low` characters, one for fewer than `high`, two for longer ones.
    case automatic(low: Int, high: Int)

    /// By the length of the term, with the usual bounds.
    public static let auto = Fuzziness.automatic(low: 3, high: 6)

    func edits(forLength length: Int) -> Int {
        switch self {
        case .edits(let count): count
        case .automatic(let low, let high): length < low ? 0 : length < high ? 1 : 2
        }
    }
}

/// What a fuzzy query takes for the same term, and how many of those terms.
public struct FuzzyOptions: Hashable, Sendable {
    public var fuzziness = Fuzziness.auto
    /// Characters at the start that have to be the same.
    public var prefixLength = 0
    /// At most so many terms; the nearest ones.
    public var maxExpansions = 50
    /// Whether two neighbours that changed places are one edit.
    public var transpositions = true

    public init() {}
}

/// A term and what lies around it.
struct FuzzyTerm: Hashable {
    let scalars: [UInt32]
    let edits: Int
    let options: FuzzyOptions
    /// What every match starts with.
    let prefix: [UInt8]

    init(_ term: [UInt8], _ options: FuzzyOptions) {
        let text = String(decoding: term, as: UTF8.self)
        scalars = text.unicodeScalars.map(\.value)
        edits = options.fuzziness.edits(forLength: scalars.count)
        self.options = options
        // Without an edit the whole term is the prefix, and nothing but the term is looked at.
        let kept = edits == 0 ? scalars.count : min(options.prefixLength, scalars.count)
        var prefix = ""
        for scalar in text.unicodeScalars.prefix(kept) { prefix.unicodeScalars.append(scalar) }
        self.prefix = Array(prefix.utf8)
    }

    /// What a term's score is multiplied with, nil if it is too far away: 1 for the term itself.
    func boost(of term: [UInt32], _ rows: inout EditRows) -> Float? {
        if abs(term.count - scalars.count) > edits { return nil }
        if options.prefixLength > 0 {
            let kept = min(options.prefixLength, scalars.count)
            guard term.count >= kept, term[..<kept] == scalars[..<kept] else { return nil }
        }
        guard let distance = rows.distance(scalars, term, atMost: edits, options.transpositions) else {
            return nil
        }
        if distance == 0 { return 1 }
        let boost = 1 - Float(distance) / Float(min(term.count, scalars.count))
        return boost > 0 ? boost : nil
    }
}

/// The edit distance of two terms: insertions, deletions, substitutions, and transpositions if they count as one.
struct EditRows {
    private var before: [Int] = []
    private var last: [Int] = []
    private var row: [Int] = []

    /// Nil if it is above `limit`.
    mutating func distance(
        _ left: [UInt32], _ right: [UInt32], atMost limit: Int, _ transpositions: Bool
    ) -> Int? {
        last = Array(0...right.count)
        before = last
        row = last
        for i in 0..<left.count {
            row[0] = i + 1
            var least = row[0]
            for j in 0..<right.count {
                var cost = min(
                    last[j] + (left[i] == right[j] ? 0 : 1), min(last[j + 1], row[j]) + 1)
                if transpositions && i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row[j + 1] = cost
                least = min(least, cost)
            }
            // A transposition reaches back two rows, but never below the least of the last one.
            if least > limit { return nil }
            (before, last, row) = (last, row, before)
        }
        return last[right.count] <= limit ? last[right.count] : nil
    }
}

/// Patterns of names in which `*` stands for any run of characters.
enum Wildcard {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
        var (at, place) = (0, 0)
        // Where to go on if what follows the last star does not fit.
        var (star, retry) = (-1, 0)
        while at < text.count {
            if place < pattern.count && pattern[place] == 0x2A {
                star = place
                retry = at
                place += 1
            } else if place < pattern.count && pattern[place] == text[at] {
                place += 1
                at += 1
            } else if star >= 0 {
                retry += 1
                (at, place) = (retry, star + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == 0x2A }
    }
}

/// Names that are close to one that is unknown.
package enum Suggestion {
    /// The candidates that share more than half of their letters with `text`, the closest first.
    static func candidates(for text: String, among names: [String]) -> [String] {
        names.map { (name: $0, score: score(text, $0)) }.filter { $0.score > 0.5 }
            .sorted { ($1.score, $0.name) < ($0.score, $1.name) }.map(\.name)
    }

    /// ` did you mean [x]?` with the words that OpenSearch has, or nothing.
    package static func text(for text: String, among names: [String], arrow: String = "") -> String {
        let found = candidates(for: text, among: names)
        switch found.count {
        case 0: return ""
        case 1: return "\(arrow) did you mean [\(found[0])]?"
        default: return "\(arrow) did you mean any of [\(found.joined(separator: ", "))]?"
        }
    }

    /// One minus the share of letters to change: Levenshtein's distance over the longer length.
    private static func score(_ left: String, _ right: String) -> Double {
        let (left, right) = (Array(left.utf8.prefix(128)), Array(right.utf8.prefix(128)))
        if left.isEmpty || right.isEmpty { return left.isEmpty && right.isEmpty ? 1 : 0 }
        var row = Array(0...right.count)
        for at in left.indices {
            var corner = row[0]
            row[0] = at + 1
            for place in right.indices {
                let above = row[place + 1]
                row[place + 1] = min(
                    above + 1, row[place] + 1, corner + (left[at] == right[place] ? 0 : 1))
                corner = above
            }
        }
        return 1 - Double(row[right.count]) / Double(max(left.count, right.count))
    }
}

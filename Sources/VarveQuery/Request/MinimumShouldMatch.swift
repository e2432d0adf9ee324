/// How many of several optional clauses must match: `2`, all but one (`-1`), `75%`, all but a quarter (`-25%`), or
/// a rule by the number of clauses (`2<-25% 9<-3`: up to two are all needed, up to nine three quarters, beyond
/// that all but three).
public struct MinimumShouldMatch: Hashable, Sendable, ExpressibleByIntegerLiteral {
    private enum Amount: Hashable, Sendable {
        case count(Int)
        case percent(Int)
    }

    private struct Step: Hashable, Sendable {
        /// The rule holds for more clauses than this.
        let above: Int
        let amount: Amount
    }

    /// Ascending by `above`; none of them applies to fewer clauses than the first says, which are all needed.
    private let steps: [Step]

    private init(steps: [Step]) { self.steps = steps }

    /// So many clauses; negative: all but so many.
    public static func count(_ count: Int) -> MinimumShouldMatch {
        MinimumShouldMatch(steps: [Step(above: -1, amount: .count(count))])
    }

    /// This share of the clauses, rounded down; negative: the share that may be absent, rounded down.
    public static func percent(_ percent: Int) -> MinimumShouldMatch {
        MinimumShouldMatch(steps: [Step(above: -1, amount: .percent(percent))])
    }

    public init(integerLiteral value: Int) { self = .count(value) }

    /// Reads OpenSearch's notation; nil if it is malformed.
    public init?(_ text: String) {
        var steps: [Step] = []
        for part in text.split(separator: " ", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "<", omittingEmptySubsequences: false)
            switch sides.count {
            case 1:
                guard steps.isEmpty, let amount = Self.amount(sides[0]) else { return nil }
                steps.append(Step(above: -1, amount: amount))
            case 2:
                guard let above = Int(sides[0]), above >= 0, above > steps.last?.above ?? -1 else {
                    return nil
                }
                guard steps.first?.above != -1, let amount = Self.amount(sides[1]) else { return nil }
                steps.append(Step(above: above, amount: amount))
            default: return nil
            }
        }
        if steps.isEmpty { return nil }
        self.steps = steps
    }

    private static func amount(_ text: Substring) -> Amount? {
        if text.hasSuffix("%") {
            guard let percent = Int(text.dropLast()), abs(percent) <= 100 else { return nil }
            return .percent(percent)
        }
        guard let count = Int(text), abs(count) <= 1 << 20 else { return nil }
        return .count(count)
    }

    /// How many of `clauses` must match: from 0 (1 if the rule is a share) to all of them.
    package func required(of clauses: Int) -> Int {
        guard let step = steps.last(where: { clauses > $0.above }) else { return clauses }
        switch step.amount {
        case .count(let count):
            return min(max(count < 0 ? clauses + max(count, -clauses) : count, 0), clauses)
        case .percent(let percent):
            let share = clauses * min(abs(percent), 100) / 100
            return min(max(percent < 0 ? clauses - share : share, 1), clauses)
        }
    }
}

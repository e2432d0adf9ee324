import VarveBytes
import VarveSegment

/// Words, phrases and patterns as rows of one segment.
extension FilterBuilder {
    mutating func rows(
        matching test: WordTest, _ number: Int, _ field: SegmentField
    ) throws -> RowFilter {
        var groups: [[[UInt8]]] = []
        for group in test.groups { groups.append(try terms(of: group, number, field)) }
        if test.needed == 1 {
            return try rows(
                withTerms: try ordinals(of: Self.ascending(groups.joined()), number), number, field)
        }
        var counter = RowCounter(rowCount: view.rowCount)
        for group in groups {
            let part = try rows(withTerms: try ordinals(of: Self.ascending(group), number), number, field)
            if case .none = part { continue }
            counter.add(try materialised(part))
        }
        return .rows(counter.rows(atLeast: test.needed))
    }

    private static func ascending(_ terms: some Sequence<[UInt8]>) -> [[UInt8]] {
        var unique: [[UInt8]] = []
        for term in terms.sorted(by: { $0.lexicographicallyPrecedes($1) }) where unique.last != term {
            unique.append(term)
        }
        return unique
    }

    private func terms(of group: WordTest.Group, _ number: Int, _ field: SegmentField) throws -> [[UInt8]] {
        guard let fuzzy = group.fuzzy else { return group.terms.map(\.bytes) }
        var expansion = FuzzyExpansion(fuzzy)
        try expansion.add(view, number)
        return expansion.terms.map(\.bytes)
    }

    /// Rows that hold a phrase, and how often.
    mutating func matches(of phrase: PhraseTest, _ number: Int) throws -> PhraseMatches {
        if let known = phrases[phrase]?[number] { return known }
        let found = try PhraseMatches(phrase, view, number)
        phrases[phrase, default: [:]][number] = found
        return found
    }

    mutating func rows(matching phrase: PhraseTest, _ number: Int) throws -> RowFilter {
        let matches = try matches(of: phrase, number)
        if matches.rows.isEmpty { return .none }
        var rows = RowBitmap(rowCount: view.rowCount)
        for row in matches.rows { rows[Int(row)] = true }
        return .rows(rows)
    }

    func ordinals(
        matching automaton: Automaton, _ number: Int, _ field: SegmentField
    ) throws -> [Range<Int>] {
        if automaton.isAccepting.isEmpty { return [] }
        var runs: [Range<Int>] = []
        try forEachTerm(of: ordinals(startingWith: automaton.literalPrefix, number, field), number) {
            if automaton.accepts($1) { Self.append($0, to: &runs) }
        }
        return runs
    }

    private func forEachTerm(
        of ordinals: Range<Int>, _ number: Int, _ body: (Int, RawSpan) -> Void
    ) throws { try view.forEachTerm(of: ordinals, number, body) }
}

extension SegmentView {
    /// Calls `body` with the ordinal and the bytes of each term, a thousand read at once.
    func forEachTerm(of ordinals: Range<Int>, _ field: Int, _ body: (Int, RawSpan) -> Void) throws {
        var terms = SortedTerms()
        var first = ordinals.lowerBound
        while first < ordinals.upperBound {
            let end = min(first + 1_024, ordinals.upperBound)
            try readTerms(first..<end, field: field, into: &terms)
            for place in 0..<terms.count {
                let start = Int(terms.offsets[place])
                body(first + place, terms.bytes.bytes.slice(start, Int(terms.offsets[place + 1]) - start))
            }
            first = end
        }
    }
}

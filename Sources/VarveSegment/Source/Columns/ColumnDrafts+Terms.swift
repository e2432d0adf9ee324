import VarveBytes

extension ColumnDrafts {
    /// Blocks from one search for terms to the next.
    private static let searchInterval = 16
    /// Terms must save this part of what a column costs.
    private static let gainMin = 0.05

    /// Gives each column of numbers the terms that pay in this block, and its codes what they do not tell.
    mutating func chooseTerms() {
        if blocksUntilSearch == 0 {
            knownTerms = TermFinder.find(termCandidates())
            blocksUntilSearch = Self.searchInterval
        }
        blocksUntilSearch -= 1
        if knownTerms.isEmpty { return }
        var places: [Int: Int] = [:]
        for at in drafts.indices { places[drafts[at].column] = at }
        for at in drafts.indices {
            guard case .numbers = drafts[at].form, let terms = knownTerms[drafts[at].column] else { continue }
            tryTerms(terms, ofDraft: at, places)
        }
    }

    private func termCandidates() -> [TermFinder.Candidate] {
        var candidates: [TermFinder.Candidate] = []
        for draft in drafts {
            var candidate = TermFinder.Candidate(
                column: draft.column, domain: draft.domain, values: numbers[draft.values])
            switch draft.form {
            case .numbers: candidate.hasNumber = hasNumber(draft)
            case .dictionary: candidate.entryCount = draft.entries.count
            case .constant, .bytes: continue
            }
            candidates.append(candidate)
        }
        return candidates
    }

    /// Which values are numbers; empty if all are.
    private func hasNumber(_ draft: ColumnDraft) -> [Bool] {
        draft.words == 0 ? [] : tokens[draft.values].map { $0.kinds.isDisjoint(with: .words) }
    }

    private mutating func tryTerms(_ terms: [ColumnTerm], ofDraft at: Int, _ places: [Int: Int]) {
        guard let plain = makeCodes(of: drafts[at]) else { return }
        let plainBits = CodeCost.bits(of: codes, width: plain.width)
        var draft = drafts[at]
        draft.rest = Array(numbers[draft.values])
        var tableBits = 0.0
        for term in terms {
            guard let place = places[term.column], drafts[place].domain == draft.domain else { continue }
            switch drafts[place].form {
            case .numbers where term.factor != 0 && drafts[place].terms.isEmpty:
                let others = numbers[drafts[place].values]
                for (row, other) in others.enumerated() {
                    draft.rest[row] = draft.rest[row] &- term.factor &* other
                }
                draft.terms.append(DraftTerm(place: place, factor: term.factor))
            case .dictionary where term.factor == 0:
                tableBits = addTable(term, place, term.second.map { places[$0] ?? -1 }, to: &draft)
            default: continue
            }
        }
        guard !draft.terms.isEmpty, let plan = makeCodes(of: draft),
            plan.width * codes.count <= textCount(draft),
            CodeCost.bits(of: codes, width: plan.width) + tableBits < plainBits * (1 - Self.gainMin)
        else { return }
        drafts[at] = draft
    }

    /// Returns the bits that the table takes.
    private func addTable(
        _ term: ColumnTerm, _ first: Int, _ second: Int?, to draft: inout ColumnDraft
    ) -> Double {
        var entries = numbers[drafts[first].values]
        var entryCount = drafts[first].entries.count
        if let second {
            guard second >= 0, case .dictionary = drafts[second].form, drafts[second].domain == draft.domain
            else { return 0 }
            let secondCount = drafts[second].entries.count
            entryCount *= secondCount
            for (at, ordinal) in zip(entries.indices, numbers[drafts[second].values]) {
                entries[at] = entries[at] * Int64(secondCount) + ordinal
            }
        }
        if entryCount > draft.values.count { return 0 }
        let table = TermTable(
            draft.rest, entries: entries, hasNumber: hasNumber(draft), entryCount: entryCount)
        for (row, entry) in entries.enumerated() {
            draft.rest[row] = draft.rest[row] &- table.numbers[Int(entry)]
        }
        draft.terms.append(DraftTerm(place: first, factor: 0, second: second, table: table.numbers))
        return table.bits
    }
}

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
            let values = draft.values.map { numbers[$0] }
            var candidate = TermFinder.Candidate(column: draft.column, domain: draft.domain, values: values)
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
        draft.words == 0 ? [] : (0..<draft.count).map { !isWord(draft, $0) }
    }

    private mutating func tryTerms(_ terms: [ColumnTerm], ofDraft at: Int, _ places: [Int: Int]) {
        makeCodes(of: drafts[at])
        let plainBits = CodeCost.bits(of: codes, width: drafts[at].plan.width)
        var draft = drafts[at]
        draft.firstNumber = numbers.count
        for value in draft.values { numbers.append(numbers[value]) }
        var tableBits = 0.0
        for term in terms {
            guard let place = places[term.column], drafts[place].domain == draft.domain else { continue }
            switch drafts[place].form {
            case .numbers where term.factor != 0 && drafts[place].terms.isEmpty:
                subtract(drafts[place], times: term.factor, from: draft)
                draft.terms.append(DraftTerm(place: place, factor: term.factor))
            case .dictionary where term.factor == 0:
                tableBits = addTable(place, second: term.second.map { places[$0] ?? -1 }, to: &draft)
            default: continue
            }
        }
        if !draft.terms.isEmpty && keepsNumbers(&draft) {
            makeCodes(of: draft)
            let bits = CodeCost.bits(of: codes, width: draft.plan.width) + tableBits
            if bits < plainBits * (1 - Self.gainMin) { drafts[at] = draft }
        }
        if drafts[at].terms.isEmpty { numbers.truncate(to: draft.firstNumber) }
    }

    private mutating func subtract(_ other: ColumnDraft, times factor: Int64, from draft: ColumnDraft) {
        for at in 0..<draft.count {
            let part = factor &* numbers[other.first &+ at]
            numbers[draft.firstNumber &+ at] = numbers[draft.firstNumber &+ at] &- part
        }
    }

    /// Returns the bits that the table takes.
    private mutating func addTable(_ first: Int, second: Int?, to draft: inout ColumnDraft) -> Double {
        var entries = drafts[first].values.map { numbers[$0] }
        var entryCount = drafts[first].entries.count
        if let second {
            guard second >= 0, case .dictionary = drafts[second].form, drafts[second].domain == draft.domain
            else { return 0 }
            let secondCount = drafts[second].entries.count
            entryCount *= secondCount
            for at in entries.indices {
                entries[at] = entries[at] * Int64(secondCount) + numbers[drafts[second].first + at]
            }
        }
        if entryCount > draft.count { return 0 }
        let rest = (0..<draft.count).map { numbers[draft.firstNumber &+ $0] }
        let table = RemainderTable(
            rest, entries: entries, hasNumber: hasNumber(draft), entryCount: entryCount)
        for at in entries.indices {
            numbers[draft.firstNumber &+ at] = rest[at] &- table.numbers[Int(entries[at])]
        }
        draft.terms.append(DraftTerm(place: first, factor: 0, second: second, table: table.numbers))
        return table.bits
    }
}

import VarveBytes

/// The columns of one block: collects their values, chooses a form for each, and writes them.
///
/// Values of all columns lie behind each other in `tokens`; `numbers` has, at the same places, the number of a
/// column of numbers or dates (words are 0), or the ordinal of a dictionary's value.
struct ColumnDrafts: ~Copyable {
    var drafts: [ColumnDraft] = []
    var tokens: [SourceToken] = []
    var numbers: [Int64] = []
    var entries: [SourceToken] = []
    var dictionary = TokenDictionary()
    var codes: [UInt64] = []
    /// Of the column whose values are being added.
    var kinds: TokenKinds = []
    /// What helped to tell columns in earlier blocks, by column number.
    var knownTerms: [Int: [ColumnTerm]] = [:]
    var blocksUntilSearch = 0

    /// Forgets what was learned from earlier blocks, when columns get new numbers.
    mutating func forgetTerms() {
        knownTerms = [:]
        blocksUntilSearch = 0
    }

    mutating func start() {
        drafts.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    mutating func startColumn(_ column: Int, domain: Int) {
        drafts.append(ColumnDraft(column: column, domain: domain, values: tokens.count..<tokens.count))
        kinds = []
    }

    @inline(__always)
    mutating func add(_ token: SourceToken) {
        tokens.append(token)
        kinds.formUnion(token.kinds)
    }

    /// Chooses the form of the column whose values were added last. 16 bytes follow the rows.
    mutating func finishColumn(_ bytes: borrowing ByteBuffer) {
        var draft = drafts.removeLast()
        draft.values = draft.values.lowerBound..<tokens.count
        draft.kinds = kinds
        let all = tokens
        draft.form = chooseForm(all.span.extracting(draft.values), bytes.bytes, &draft)
        drafts.append(draft)
        let missing = tokens.count - numbers.count
        if missing > 0 { numbers.append(contentsOf: repeatElement(0, count: missing)) }
    }

    private mutating func chooseForm(
        _ values: Span<SourceToken>, _ rows: RawSpan, _ draft: inout ColumnDraft
    ) -> ColumnDraft.Form {
        if Self.isConstant(values, rows) { return .constant }
        let plainKinds = kinds.subtracting(.words)
        if !plainKinds.isEmpty && plainKinds.isSubset(of: .numbers), readNumbers(values, &draft),
            keepsNumbers(draft)
        {
            return isBetterAsDictionary(values, rows, &draft) ? .dictionary : .numbers(.numbers)
        }
        if plainKinds == .string && readDates(values, rows, &draft) && keepsNumbers(draft) {
            return .numbers(.dates)
        }
        let isBuilt = values.count >= 4 && dictionary.build(values, rows, entryLimit: values.count / 2)
        return isBuilt && dictionary.bits < dictionary.verbatimBits ? keepDictionary(&draft) : .bytes
    }

    private static func isConstant(_ values: Span<SourceToken>, _ rows: RawSpan) -> Bool {
        if values.isEmpty { return true }
        let first = values[0]
        // A long one would be kept twice: in the block, and in the literals.
        if first.count > 4_096 { return false }
        let bytes = rows.slice(first.offset, first.count)
        for at in values.indices {
            let value = values[at]
            if value.count != first.count || value.value != first.value { return false }
            if !rows.slice(value.offset, value.count).equals(bytes) { return false }
        }
        return true
    }

    /// Numbers of few values that lie far apart, such as ids of users, are better kept as a dictionary.
    private mutating func isBetterAsDictionary(
        _ values: Span<SourceToken>, _ rows: RawSpan, _ draft: inout ColumnDraft
    ) -> Bool {
        guard let plan = makeCodes(of: draft), plan.width > 1 && values.count >= 16 else { return false }
        let isBuilt = dictionary.build(values, rows, entryLimit: values.count / 8)
        guard isBuilt && dictionary.bits < CodeCost.bits(of: codes, width: plan.width) else { return false }
        numbers.removeSubrange(draft.values.lowerBound...)
        _ = keepDictionary(&draft)
        return true
    }

    private mutating func keepDictionary(_ draft: inout ColumnDraft) -> ColumnDraft.Form {
        draft.entries = entries.count..<entries.count + dictionary.entries.count
        entries.append(contentsOf: dictionary.entries)
        numbers.append(contentsOf: dictionary.ordinals)
        return .dictionary
    }
}

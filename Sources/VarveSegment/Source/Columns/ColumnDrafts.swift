import VarveBytes

/// The columns of one block: collects their values, chooses a form for each, and writes them.
///
/// Values of all columns lie behind each other in `tokens`, and at the same places of `numbers` the number of a
/// column of numbers or dates (words are 0), or the ordinal of a dictionary's value. What terms leave of a
/// column's numbers is appended to `numbers`.
struct ColumnDrafts: ~Copyable {
    var drafts: [ColumnDraft] = []
    var tokens = ItemBuffer<SourceToken>()
    var numbers = ItemBuffer<Int64>()
    var entries = ItemBuffer<SourceToken>()
    var codes = ItemBuffer<UInt64>()
    private var dictionary = TokenDictionary()
    /// What helped to tell columns in earlier blocks, by column number.
    var knownTerms: [Int: [ColumnTerm]] = [:]
    var blocksUntilSearch = 0

    mutating func start() {
        drafts.removeAll(keepingCapacity: true)
        tokens.removeAll()
        numbers.removeAll()
        entries.removeAll()
    }

    /// Forgets what was learned from earlier blocks, when columns get new numbers.
    mutating func forgetTerms() {
        knownTerms = [:]
        blocksUntilSearch = 0
    }

    /// Adds a column: of every row, the token that `slots` names for the row's shape; -1 for none.
    /// 16 bytes follow the rows in `bytes`.
    mutating func addColumn(
        _ column: Int, domain: Int, slots: [Int], rows: borrowing ShapedRows, bytes: borrowing ByteBuffer
    ) {
        var draft = ColumnDraft(column: column, domain: domain, first: tokens.count)
        let kinds = gather(slots, rows)
        draft.count = tokens.count - draft.first
        draft.kinds = kinds
        chooseForm(bytes, &draft)
        drafts.append(draft)
    }

    private mutating func gather(_ slots: [Int], _ rows: borrowing ShapedRows) -> TokenKinds {
        var kinds: TokenKinds = []
        tokens.reserve(rows.count)
        numbers.reserve(rows.count)
        for row in 0..<rows.count {
            let slot = slots.count == 1 ? slots[0] : slots[rows.localShapes[row]]
            if slot < 0 { continue }
            let token = rows.tokens[rows.firstTokens[row] &+ slot]
            tokens.append(token)
            numbers.append(token.value)
            kinds.formUnion(token.kinds)
        }
        return kinds
    }

    private mutating func chooseForm(_ bytes: borrowing ByteBuffer, _ draft: inout ColumnDraft) {
        if isConstant(draft, bytes) { return }
        let plainKinds = draft.kinds.subtracting(.words)
        if !plainKinds.isEmpty && plainKinds.isSubset(of: .numbers), readNumbers(&draft), keepsNumbers(&draft)
        {
            draft.form = .numbers(.numbers)
            preferDictionary(bytes, &draft)
        } else if plainKinds == .string && readDates(bytes, &draft) && keepsNumbers(&draft) {
            draft.form = .numbers(.dates)
        } else if plainKinds == .string && readNumberedTexts(bytes, &draft) && keepsNumbers(&draft) {
            draft.form = .numbers(.numbers)
            draft.isText = true
            preferDictionary(bytes, &draft)
        } else {
            draft.form = .bytes
            let isBuilt = buildDictionary(draft, bytes, entryLimit: draft.count / 2)
            if isBuilt && dictionary.bits < dictionary.verbatimBits {
                keepDictionary(&draft)
            } else if plainKinds == .string {
                findAffixes(bytes, &draft)
            }
        }
    }

    private func isConstant(_ draft: ColumnDraft, _ bytes: borrowing ByteBuffer) -> Bool {
        if draft.count == 0 { return true }
        let rows = bytes.bytes
        let values = tokens.items.extracting(draft.values)
        let first = values[0]
        // A long one would be kept twice: in the block, and in the literals.
        if first.count > 4_096 { return false }
        let text = rows.slice(first.offset, first.count)
        for at in values.indices {
            let value = values[at]
            if value.count != first.count || value.value != first.value { return false }
            // Integers are told by their value, for they print back.
            if draft.kinds != .integer && !rows.slice(value.offset, value.count).equals(text) { return false }
        }
        return true
    }

    /// Numbers of few values that lie far apart, such as ids of users, are better kept as a dictionary.
    private mutating func preferDictionary(_ bytes: borrowing ByteBuffer, _ draft: inout ColumnDraft) {
        guard draft.plan.width > 1 && draft.count >= 16,
            buildDictionary(draft, bytes, entryLimit: draft.count / 8)
        else { return }
        makeCodes(of: draft)
        if dictionary.bits < CodeCost.bits(of: codes, width: draft.plan.width) { keepDictionary(&draft) }
    }

    private mutating func buildDictionary(
        _ draft: ColumnDraft, _ bytes: borrowing ByteBuffer, entryLimit: Int
    ) -> Bool {
        dictionary.build(tokens, draft.values, bytes, entryLimit: entryLimit)
    }

    private mutating func keepDictionary(_ draft: inout ColumnDraft) {
        draft.form = .dictionary
        draft.entries = entries.count..<entries.count + dictionary.entries.count
        for at in 0..<dictionary.entries.count { entries.append(dictionary.entries[at]) }
        for at in 0..<draft.count { numbers[draft.first &+ at] = Int64(dictionary.ordinals[at]) }
    }
}

/// What was found out about one column of a block, before it is written.
struct ColumnDraft {
    enum Form {
        case constant
        case numbers(SourceColumnKind)
        case dictionary
        case bytes
    }

    var form = Form.constant
    /// Its number in the shape table.
    var column: Int
    var domain: Int
    /// The union of its values' kinds.
    var kinds: TokenKinds = []
    /// Its values among the tokens, numbers and words of all columns.
    var values: Range<Int>
    /// Dictionaries: its entries among those of all columns.
    var entries = 0..<0
    var decimals = 0
    var decimalsMin = 0
    var dateStyle = DateStyle.seconds
    /// What helps to tell its numbers, and what is left of them then.
    var terms: [DraftTerm] = []
    var rest: [Int64] = []

    /// Which words it has, and how many.
    var words: UInt8 { kinds.intersection(.words).rawValue }
    var wordCount: Int { words.nonzeroBitCount }
}

/// A term, with its column's place among the drafts.
struct DraftTerm {
    var place: Int
    var factor: Int64
    /// The second dictionary of a table.
    var second: Int?
    /// For dictionaries, a number for each entry.
    var table: [Int64] = []
}

/// What was found out about one column of a block, before it is written.
struct ColumnDraft {
    enum Form {
        case constant
        case numbers(SourceColumnKind)
        case dictionary
        case bytes
    }

    var form = Form.constant
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

    /// Which words it has, and how many.
    var words: UInt8 { kinds.intersection(.words).rawValue }
    var wordCount: Int { words.nonzeroBitCount }
}

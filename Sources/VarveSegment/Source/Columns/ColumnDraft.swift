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
    let column: Int
    let domain: Int
    /// Its values among the tokens of all columns.
    let first: Int
    var count = 0
    /// The union of its values' kinds.
    var kinds: TokenKinds = []
    /// Dictionaries: its entries among those of all columns.
    var entries = 0..<0
    var decimals = 0
    var decimalsMin = 0
    var dateStyle = DateStyle.seconds
    /// Numbers that stand in quotes, with so many digits at least.
    var isText = false
    var digitsMin = 0
    /// Bytes that all strings begin with, behind the quote, and end with.
    var prefixCount = 0
    var suffixCount = 0
    /// What helps to tell its numbers.
    var terms: [DraftTerm] = []
    /// Where the numbers that its codes stand for begin: what terms leave of its numbers, or those themselves.
    var firstNumber: Int
    var plan = CodePlan(base: 0, range: 0, scale: 1, width: 0)

    init(column: Int, domain: Int, first: Int) {
        self.column = column
        self.domain = domain
        self.first = first
        firstNumber = first
    }

    var values: Range<Int> { first..<first + count }
    /// Columns are written by rank: first text, then by falling range of codes, so that deflate finds those alike
    /// together; what terms tell comes after what tells it.
    var writingRank: (Int, UInt64, Int) {
        let range: UInt64 =
            switch form {
            case .constant: 0
            case .numbers: plan.range
            case .dictionary: UInt64(entries.count)
            case .bytes: .max
            }
        return (terms.isEmpty ? 0 : 1, ~range, first)
    }

    /// Which words it has, and how many.
    var words: UInt8 { kinds.intersection(.words).rawValue }
    var wordCount: Int { words.nonzeroBitCount }
}

/// How numbers become codes: the distance from the base, in steps of the scale, behind the codes of words.
struct CodePlan {
    var base: Int64
    /// The greatest code.
    var range: UInt64
    var scale: UInt64
    /// Bytes of a code.
    var width: Int
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

public import VarveDocument

/// How the tokens of a text are looked for.
public struct MatchOptions: Hashable, Sendable {
    /// How many of the tokens a document must hold.
    public var rule: TokenRule
    /// Whether a text without a token matches everything, rather than nothing.
    public var matchesAllWithoutTokens = false
    /// Whether a value that the field's type cannot have matches nothing, rather than being an error.
    public var isLenient = false
    /// Take terms near each token for it; nil for the token alone.
    public var fuzzy: FuzzyOptions?
    /// How the text is cut, if not as the field says.
    public var analyzer: Analyzer?

    public init(_ rule: TokenRule = .any) { self.rule = rule }
}

/// How the tokens of a text follow one another.
public struct PhraseOptions: Hashable, Sendable {
    /// How many moves of tokens by one position the phrase may be away from the text; 0: it stands there whole.
    public var slop = 0
    /// Whether a text without a token matches everything, rather than nothing.
    public var matchesAllWithoutTokens = false
    /// How the text is cut, if not as the field says.
    public var analyzer: Analyzer?

    public init(slop: Int = 0) { self.slop = slop }
}

/// Terms by what they look like.
public enum TermPattern: Hashable, Sendable {
    /// A regular expression in Lucene's syntax, against whole terms.
    case regexp(String, ignoringCase: Bool = false)
    /// The term itself.
    case term(String, ignoringCase: Bool = true)
    case prefix(String, ignoringCase: Bool = true)
    case wildcard(String, ignoringCase: Bool = true)
}

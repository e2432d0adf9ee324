/// Queries on text, and what they count for in a document's score.
extension Query {
    /// Documents that hold the text's tokens, as `options` say. On other fields than text it is `term`.
    public static func match(_ field: String, _ text: QueryValue, options: MatchOptions) -> Query {
        Query(.match(field, text, options))
    }

    /// Documents in which the text's tokens stand one after the other. On other fields than text it is `term`.
    public static func phrase(
        _ field: String, _ text: QueryValue, _ options: PhraseOptions = PhraseOptions()
    ) -> Query {
        Query(.phrase(field, text, options))
    }

    /// Documents with a keyword, or a token of a text, that looks as described. What takes more than 10,000 states
    /// to recognise is refused as `.tooComplex`.
    public static func pattern(_ field: String, _ pattern: TermPattern) -> Query {
        Query(.pattern(field, pattern))
    }

    /// Documents with a keyword, or a token of a text, that differs from `value` by a few edits.
    public static func fuzzy(
        _ field: String, _ value: QueryValue, _ options: FuzzyOptions = FuzzyOptions()
    ) -> Query {
        Query(.fuzzy(field, value, options))
    }

    /// Documents that match any of these; the best score counts, and of the others this share.
    public static func best(of queries: [Query], tieBreaker: Float = 0) -> Query {
        Query(.best(queries, tieBreaker: tieBreaker))
    }

    /// The same documents, each with a score of 1.
    public func constant() -> Query { Query(.constant(self)) }

    /// The same documents, their scores multiplied.
    public func boosted(by boost: Float) -> Query { boost == 1 ? self : Query(.boosted(self, boost)) }
}

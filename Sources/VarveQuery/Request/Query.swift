/// Which documents are wanted.
///
/// ```swift
/// let cold: Query = .term("station", "oslo") && .range("celsius", ..<0)
/// ```
///
/// A query on a field that the mapping lacks matches nothing. A field with several values matches if any one of
/// them does. At most 20 levels and 1,024 clauses; a search refuses more with `QueryError.Kind.tooComplex`.
public struct Query: Hashable, Sendable {
    package let node: QueryNode

    package init(_ node: QueryNode) { self.node = node }

    /// Every document.
    public static let all = Query(.all)
    /// No document.
    public static let none = Query(.none)

    /// The documents with these ids.
    public static func ids(_ ids: [String]) -> Query { Query(.ids(ids)) }

    /// Documents whose field has this value: the whole string of a keyword, a token of a text, the number, the
    /// boolean, or any moment that the date stands for (`"2013-01"` is a month).
    public static func term(_ field: String, _ value: QueryValue) -> Query { Query(.term(field, value)) }

    public static func term(_ field: String, _ value: some QueryValueConvertible) -> Query {
        Query(.term(field, value.queryValue))
    }

    /// Documents whose field has one of these values, at most 65,536.
    public static func terms(_ field: String, _ values: [QueryValue]) -> Query {
        Query(.terms(field, values))
    }

    /// Documents with a value of the field within the bounds. Keywords compare byte by byte.
    public static func range(_ field: String, _ bounds: some QueryBoundsConvertible) -> Query {
        Query(.range(field, bounds.queryBounds))
    }

    public static func range(_ field: String, _ bounds: QueryBounds) -> Query { Query(.range(field, bounds)) }

    /// Documents with any value of the field, or of a field below it if the path names an object.
    public static func exists(_ field: String) -> Query { Query(.exists(field)) }

    /// Documents with a keyword, or a token of a text, that starts with `prefix`.
    public static func prefix(_ field: String, _ prefix: String) -> Query { Query(.prefix(field, prefix)) }

    /// Documents with a keyword, or a token of a text, that the pattern describes whole: `*` is any run of
    /// characters, `?` any one, and a backslash takes the next character as it is.
    public static func wildcard(_ field: String, _ pattern: String) -> Query {
        Query(.wildcard(field, pattern))
    }

    /// Documents that hold the text's tokens: any of them, all of them, or at least so many. On other fields than
    /// text it is `term`. A text without a token matches nothing.
    public static func match(
        _ field: String, _ text: QueryValue, _ tokens: TokenRule = .any
    ) -> Query {
        Query(.match(field, text, MatchOptions(tokens)))
    }

    /// Documents that match every `must` and `filter`, none of `mustNot`, and at least so many of `should`.
    ///
    /// Without `minimumShouldMatch`, one of `should` is needed if there is neither a `must` nor a `filter`, and
    /// none otherwise. Without any clause it is `all`.
    public static func bool(
        must: [Query] = [], filter: [Query] = [], should: [Query] = [], mustNot: [Query] = [],
        minimumShouldMatch: MinimumShouldMatch? = nil
    ) -> Query {
        Query(
            .bool(
                BooleanClauses(
                    must: must, filter: filter, should: should, mustNot: mustNot,
                    minimumShouldMatch: minimumShouldMatch)))
    }

    /// Documents that match both.
    public static func && (left: Query, right: Query) -> Query {
        .bool(must: left.conjuncts + right.conjuncts)
    }

    /// Documents that match either.
    public static func || (left: Query, right: Query) -> Query {
        .bool(should: left.disjuncts + right.disjuncts)
    }

    /// Documents that do not match.
    public static prefix func ! (query: Query) -> Query { .bool(mustNot: [query]) }

    /// The parts of an `&&` chain, so that a long chain stays one level deep.
    private var conjuncts: [Query] {
        guard case .bool(let clauses) = node, clauses == BooleanClauses(must: clauses.must) else {
            return [self]
        }
        return clauses.must.isEmpty ? [self] : clauses.must
    }

    private var disjuncts: [Query] {
        guard case .bool(let clauses) = node, clauses == BooleanClauses(should: clauses.should) else {
            return [self]
        }
        return clauses.should.isEmpty ? [self] : clauses.should
    }
}

/// How many of a text's tokens a document must hold.
public enum TokenRule: Hashable, Sendable {
    case any
    case all
    case atLeast(MinimumShouldMatch)
}

/// The shape of a query.
package indirect enum QueryNode: Hashable, Sendable {
    case all
    case none
    case ids([String])
    case term(String, QueryValue)
    case terms(String, [QueryValue])
    case range(String, QueryBounds)
    case exists(String)
    case prefix(String, String)
    case wildcard(String, String)
    case match(String, QueryValue, MatchOptions)
    case phrase(String, QueryValue, PhraseOptions)
    case pattern(String, TermPattern)
    case fuzzy(String, QueryValue, FuzzyOptions)
    case boosted(Query, Float)
    case constant(Query)
    case best([Query], tieBreaker: Float)
    case bool(BooleanClauses)
}

package struct BooleanClauses: Hashable, Sendable {
    package var must: [Query] = []
    package var filter: [Query] = []
    package var should: [Query] = []
    package var mustNot: [Query] = []
    package var minimumShouldMatch: MinimumShouldMatch?
}

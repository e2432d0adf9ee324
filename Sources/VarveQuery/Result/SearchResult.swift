public import VarveBytes

/// What a search found.
public struct SearchResult: Sendable {
    /// How many documents match; nil if it was not asked for.
    public var total: TotalHits?
    public var hits: [SearchHit]
    /// The best score of all that match, if scores were asked for and any does.
    public var maximumScore: Float?
    /// One answer an aggregation, in the order of the request.
    public var aggregations: [AggregationResult] = []
    /// Whether time was over before all was searched: hits, total and aggregations are of what was.
    public var isTimedOut = false
    /// Where `terminateAfter` was given: whether a shard reached it.
    public var isTerminatedEarly: Bool?

    public init(total: TotalHits?, hits: [SearchHit]) {
        self.total = total
        self.hits = hits
    }
}

/// A count of matching documents: exact, or a lower bound where counting stopped.
public struct TotalHits: Hashable, Sendable {
    public enum Relation: Hashable, Sendable {
        case exactly
        case atLeast
    }

    public var value: Int
    public var relation: Relation

    public init(_ value: Int, _ relation: Relation) {
        self.value = value
        self.relation = relation
    }
}

/// One document of a result, as it stood in the snapshot that was searched.
public struct SearchHit: Sendable {
    public let id: String
    public let sequenceNumber: SequenceNumber
    public let version: Int64
    /// Where the document's shard stands among the shards that were searched.
    public let shard: Int
    /// One value a sort key.
    public let sortValues: [SortValue]
    /// `(shard, sequence number)` in one number, unique over the search: the value of `_shard_doc`.
    public let tieBreak: Int64
    /// How well it matches the query, if that was asked for.
    public let score: Float?
    /// The source, filtered if that was asked for; nil if none was wanted.
    public let source: DocumentSource?
    /// The routing value that the document was written with.
    package var routing: String?
    /// The values that were asked for.
    public internal(set) var fields: [FieldValues] = []
    /// The names of queries that match it.
    public internal(set) var matchedQueries: [String] = []

    package init(
        id: String, sequenceNumber: SequenceNumber, version: Int64, shard: Int, sortValues: [SortValue],
        tieBreak: Int64, score: Float? = nil, source: DocumentSource?
    ) {
        self.id = id
        self.sequenceNumber = sequenceNumber
        self.version = version
        self.shard = shard
        self.sortValues = sortValues
        self.tieBreak = tieBreak
        self.score = score
        self.source = source
    }

    /// What the next page starts after: nothing between the two pages is lost or repeated.
    public var cursor: [SortValue] { sortValues + [.integer(tieBreak)] }
}

/// The JSON of one document: a part of bytes that a whole page shares.
public struct DocumentSource: Sendable {
    private let page: SharedBytes
    private let range: Range<Int>

    package init(_ page: SharedBytes, _ range: Range<Int>) {
        precondition(range.upperBound <= page.count, "a source beyond its page")
        self.page = page
        self.range = range
    }

    public var count: Int { range.count }

    /// The bytes, in place.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get { page.bytes.slice(range.lowerBound, range.count) }
    }

    /// Calls `body` with the bytes, in place.
    public func withBytes<Answer, E: Error>(_ body: (RawSpan) throws(E) -> Answer) throws(E) -> Answer {
        try body(page.bytes.slice(range.lowerBound, range.count))
    }

    /// A copy of the bytes.
    public func copyBytes() -> [UInt8] { page.bytes.slice(range.lowerBound, range.count).copyBytes() }

    /// The JSON text.
    public var text: String { String(validating: page.bytes.slice(range.lowerBound, range.count)) ?? "" }
}

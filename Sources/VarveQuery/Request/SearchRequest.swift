/// One search: which documents, in which order, which part of them, and what of each.
public struct SearchRequest: Hashable, Sendable {
    public var query: Query
    /// At most 8 keys. Without any, documents come in the order of `SortKey.document`.
    public var sort: [SortKey]
    /// Hits to skip. `from + size` stays within `resultWindow`; not together with `after`.
    public var from: Int
    public var size: Int
    /// Start strictly after this place in the order: a hit's `sortValues`, and its `tieBreak` as one more value so
    /// that hits which tie with it in every key are neither lost nor repeated.
    public var after: [SortValue]?
    public var totalHits: TotalHitsTracking
    public var source: SourceFilter
    /// The greatest `from + size`.
    public var resultWindow: Int
    /// Search one part of the documents only.
    public var slice: SearchSlice?
    /// What to find out about all that match, whatever the page shows of it.
    public var aggregations: [Aggregation] = []
    public var details = SearchDetails()
    /// Leave out documents with a lower score. Not together with aggregations.
    public var minimumScore: Float?
    /// Tell scores even where the order does not need them.
    public var tracksScores = false
    /// Buckets that an answer may have, all aggregations taken together.
    public var bucketsMax = 65_535

    public init(
        _ query: Query = .all, sort: [SortKey] = [], from: Int = 0, size: Int = 10, after: [SortValue]? = nil,
        totalHits: TotalHitsTracking = .upTo(10_000), source: SourceFilter = .all, resultWindow: Int = 10_000
    ) {
        self.query = query
        self.sort = sort
        self.from = from
        self.size = size
        self.after = after
        self.totalHits = totalHits
        self.source = source
        self.resultWindow = resultWindow
    }
}

/// How far matching documents are counted. Counting further than the page needs costs time.
public enum TotalHitsTracking: Hashable, Sendable {
    case exact
    /// Exactly up to this many, then a lower bound.
    case upTo(Int)
    case none
}

/// What of each hit's source is returned. Patterns name dotted paths and may hold `*`; what names an object takes
/// all below it. Excludes win over includes; no includes mean everything.
public struct SourceFilter: Hashable, Sendable {
    public var includes: [String]
    public var excludes: [String]
    /// False: no source at all.
    public var isWanted: Bool

    public init(includes: [String] = [], excludes: [String] = []) {
        self.includes = includes
        self.excludes = excludes
        isWanted = true
    }

    /// The source exactly as it was given.
    public static let all = SourceFilter()
    /// No source: hits carry ids and sort values only.
    public static let none: SourceFilter = {
        var filter = SourceFilter()
        filter.isWanted = false
        return filter
    }()
}

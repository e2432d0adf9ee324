/// A bucket for each interval of a number: its key is the interval's lower bound.
public struct HistogramAggregation: Hashable, Sendable {
    public var field: String
    /// Above zero.
    public var interval: Double
    /// Where intervals begin, from 0.
    public var offset = 0.0
    /// Smaller buckets are left out. At 0 there are no gaps between the first bucket and the last.
    public var minimumCount = 0
    /// Buckets at least over these values, where `minimumCount` is 0.
    public var extendedBounds: HistogramBounds?
    /// No bucket beyond these values.
    public var hardBounds: HistogramBounds?
    /// Without any: by key.
    public var order: [BucketOrder] = []
    public var missing: QueryValue?

    public init(_ field: String, interval: Double) {
        self.field = field
        self.interval = interval
    }
}

/// The values that a histogram spans.
public struct HistogramBounds: Hashable, Sendable {
    public var lower: QueryValue?
    public var upper: QueryValue?

    public init(_ lower: QueryValue?, _ upper: QueryValue?) {
        self.lower = lower
        self.upper = upper
    }
}

/// A bucket for each interval of a date: its key is the interval's first millisecond.
public struct DateHistogramAggregation: Hashable, Sendable {
    public enum Interval: Hashable, Sendable {
        /// Always as long, counted from 1970.
        case milliseconds(Int64)
        case minute
        case hour
        case day
        /// From Monday on.
        case week
        case month
        case quarter
        case year
    }

    public var field: String
    public var interval: Interval
    /// Milliseconds by which intervals begin later.
    public var offset: Int64 = 0
    /// An offset from UTC: `+01:00`. Intervals begin by its clock.
    public var timeZone: String?
    public var format: String?
    public var minimumCount = 0
    public var extendedBounds: HistogramBounds?
    public var hardBounds: HistogramBounds?
    public var order: [BucketOrder] = []
    public var missing: QueryValue?

    public init(_ field: String, _ interval: Interval) {
        self.field = field
        self.interval = interval
    }
}

/// A page of buckets, one for each combination of its sources' values, in their order: the way to read any number
/// of buckets. Only outermost or inside single buckets that are.
public struct CompositeAggregation: Hashable, Sendable {
    public struct Source: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            case terms
            case histogram(interval: Double)
            case dateHistogram(DateHistogramAggregation.Interval, offset: Int64, timeZone: String?)
        }

        public var name: String
        public var field: String
        public var kind: Kind
        public var isDescending = false
        /// Documents without a value count under none, which comes first ascending and last descending.
        public var countsMissing = false
        public var format: String?

        public init(_ name: String, _ field: String, _ kind: Kind = .terms) {
            self.name = name
            self.field = field
            self.kind = kind
        }
    }

    public var sources: [Source]
    public var size = 10
    /// The last key of the page before, one value a source; nil stands for no value.
    public var after: [QueryValue?]?

    public init(_ sources: [Source], size: Int = 10, after: [QueryValue?]? = nil) {
        self.sources = sources
        self.size = size
        self.after = after
    }
}

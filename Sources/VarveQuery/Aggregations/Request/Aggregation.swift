/// A question about all documents that match, answered beside the hits: how many of each kind, and figures of them.
///
/// ```swift
/// let stations = Aggregation(
///     "stations", .terms(TermsAggregation("station")),
///     [Aggregation("warmest", .metric(.maximum, of: "celsius"))])
/// ```
///
/// Answers are exact over any number of segments and shards, except for `cardinality` beyond its threshold. A
/// document with several values is in the bucket of each, once; one without any is in none. Nested at most 20 deep,
/// 1,000 in all.
public struct Aggregation: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A bucket for each value of a field.
        case terms(TermsAggregation)
        /// A bucket for each of some ranges of a number.
        case range(RangeAggregation)
        /// A bucket for each of some ranges of a date.
        case dateRange(DateRangeAggregation)
        /// A bucket for each interval of a number.
        case histogram(HistogramAggregation)
        /// A bucket for each interval of a date.
        case dateHistogram(DateHistogramAggregation)
        /// A page of buckets, one for each combination of several sources' values.
        case composite(CompositeAggregation)
        /// Documents that match a query as well.
        case filter(Query)
        /// A bucket for each of some queries.
        case filters(FiltersAggregation)
        /// Documents without a value of a field.
        case missing(String)
        /// All documents, whatever was searched for. Only outermost.
        case global
        /// Figures of a field's values.
        case metric(MetricAggregation)

        /// Figures of a field's values.
        public static func metric(_ figure: MetricAggregation.Figure, of field: String) -> Kind {
            .metric(MetricAggregation(figure, of: field))
        }
    }

    /// Its name in the answer, different from its neighbours'.
    public var name: String
    public var kind: Kind
    /// Asked of each bucket.
    public var parts: [Aggregation]

    public init(_ name: String, _ kind: Kind, _ parts: [Aggregation] = []) {
        self.name = name
        self.kind = kind
        self.parts = parts
    }
}

/// The order of buckets: keys in turn, then the buckets' keys ascending.
public struct BucketOrder: Hashable, Sendable {
    public enum Key: Hashable, Sendable {
        case count
        case key
        /// A figure of an aggregation inside the bucket: `warmest`, `all.avg`, or through single buckets `day>all.max`.
        case figure(String)
    }

    public var key: Key
    public var isDescending: Bool

    public init(_ key: Key, isDescending: Bool) {
        self.key = key
        self.isDescending = isDescending
    }
}

/// A bucket for each value of a field: keywords, numbers, booleans or dates.
public struct TermsAggregation: Hashable, Sendable {
    public var field: String
    /// Buckets wanted, at least one.
    public var size = 10
    /// Without any: the greatest first.
    public var order: [BucketOrder] = []
    /// Smaller buckets are left out. At 0 there is a bucket too for values that only other documents have.
    public var minimumCount = 1
    /// The value that documents without one count under.
    public var missing: QueryValue?
    /// Only these values.
    public var includes: [QueryValue]?
    /// None of these values.
    public var excludes: [QueryValue] = []
    /// How dates read, instead of how the field's do: names or patterns with `||` between.
    public var format: String?

    public init(_ field: String, size: Int = 10, order: [BucketOrder] = []) {
        self.field = field
        self.size = size
        self.order = order
    }
}

/// A bucket for each range of a number, from the lower bound on, without the upper one. Ranges may overlap.
public struct RangeAggregation: Hashable, Sendable {
    public struct Bounds: Hashable, Sendable {
        /// Otherwise made of the bounds: `*-50.0`.
        public var key: String?
        public var lower: Double?
        public var upper: Double?

        public init(_ key: String? = nil, from lower: Double? = nil, to upper: Double? = nil) {
            self.key = key
            self.lower = lower
            self.upper = upper
        }
    }

    public var field: String
    public var ranges: [Bounds]
    /// The value that documents without one count under.
    public var missing: QueryValue?

    public init(_ field: String, _ ranges: [Bounds]) {
        self.field = field
        self.ranges = ranges
    }
}

/// A bucket for each range of a date; bounds are dates in the format, or date math.
public struct DateRangeAggregation: Hashable, Sendable {
    public struct Bounds: Hashable, Sendable {
        public var key: String?
        public var lower: QueryValue?
        public var upper: QueryValue?

        public init(_ key: String? = nil, from lower: QueryValue? = nil, to upper: QueryValue? = nil) {
            self.key = key
            self.lower = lower
            self.upper = upper
        }
    }

    public var field: String
    public var ranges: [Bounds]
    public var missing: QueryValue?
    /// How bounds are written and read, instead of how the field's dates are.
    public var format: String?
    /// An offset from UTC, for bounds without one and for rounding.
    public var timeZone: String?

    public init(_ field: String, _ ranges: [Bounds]) {
        self.field = field
        self.ranges = ranges
    }
}

/// A bucket for each of some queries.
public struct FiltersAggregation: Hashable, Sendable {
    public struct Filter: Hashable, Sendable {
        /// Nil where buckets are told apart by their place.
        public var name: String?
        public var query: Query

        public init(_ name: String? = nil, _ query: Query) {
            self.name = name
            self.query = query
        }
    }

    public var filters: [Filter]
    /// One more bucket, the last, for documents that match none.
    public var hasOther: Bool
    public var otherName: String?

    public init(_ filters: [Filter], hasOther: Bool = false, otherName: String? = nil) {
        self.filters = filters
        self.hasOther = hasOther
        self.otherName = otherName
    }
}

/// Figures of a field's values. Every value of a document counts, equal ones too.
public struct MetricAggregation: Hashable, Sendable {
    public enum Figure: Hashable, Sendable {
        case minimum
        case maximum
        case sum
        case average
        /// How many values.
        case count
        /// Count, minimum, maximum, average and sum.
        case statistics
        /// These, and the spread.
        case extendedStatistics
        /// How many different values: exact up to the threshold (at most 40,000), then within about one per cent.
        case cardinality(threshold: Int)
    }

    public var figure: Figure
    public var field: String
    public var missing: QueryValue?
    /// How dates read, instead of how the field's do.
    public var format: String?

    public init(_ figure: Figure, of field: String) {
        self.figure = figure
        self.field = field
    }
}

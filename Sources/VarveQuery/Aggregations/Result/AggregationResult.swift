/// The answer to one aggregation.
public struct AggregationResult: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        /// A figure; nil where there were no values.
        case figure(AggregationFigure)
        case count(Int)
        case statistics(AggregationStatistics)
        case bucket(AggregationBucket)
        case buckets(AggregationBuckets)
    }

    public var name: String
    public var value: Value

    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

/// One number, and how it reads where its field is a date or a boolean.
public struct AggregationFigure: Hashable, Sendable {
    public var value: Double?
    public var text: String?

    public init(_ value: Double?, _ text: String? = nil) {
        self.value = value
        self.text = text
    }
}

/// The figures of a field's values.
public struct AggregationStatistics: Hashable, Sendable {
    public var count = 0
    public var minimum: AggregationFigure
    public var maximum: AggregationFigure
    public var average: AggregationFigure
    public var sum: AggregationFigure
    /// Sum of the squares; nil unless the spread was asked for.
    public var sumOfSquares: Double?
}

/// Documents that have something in common.
public struct AggregationBucket: Hashable, Sendable {
    public enum Key: Hashable, Sendable {
        case string(String)
        case integer(Int64)
        case double(Double)
    }

    /// Nil where a bucket is told by its place alone.
    public var key: Key?
    /// How the key reads where it is a date or a boolean.
    public var keyText: String?
    public var count: Int
    /// The bounds of a range.
    public var lower = AggregationFigure(nil)
    public var upper = AggregationFigure(nil)
    /// One value a source of a composite; nil where the documents have none.
    public var keys: [Key?] = []
    public var parts: [AggregationResult]

    init(_ key: Key?, text: String? = nil, count: Int, parts: [AggregationResult]) {
        self.key = key
        keyText = text
        self.count = count
        self.parts = parts
    }
}

/// The buckets of one aggregation, in order.
public struct AggregationBuckets: Hashable, Sendable {
    /// What the keys of `terms` are.
    public enum KeyKind: Hashable, Sendable {
        case string
        case integer
        case double
        /// No mapping has the field.
        case none
    }

    public var buckets: [AggregationBucket]
    public var keyKind = KeyKind.none
    /// Documents of buckets beyond `size`.
    public var otherCount = 0

    init(_ buckets: [AggregationBucket], keys: KeyKind = .none, otherCount: Int = 0) {
        self.buckets = buckets
        keyKind = keys
        self.otherCount = otherCount
    }
}

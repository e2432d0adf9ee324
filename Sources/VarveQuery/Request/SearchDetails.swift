/// What else a search wants: values of fields, names of queries that match, limits of its work.
public struct SearchDetails: Hashable, Sendable {
    /// Fields by name or pattern, and how their dates are to read.
    public struct Fields: Hashable, Sendable {
        /// May hold `*`.
        public var pattern: String
        /// Instead of how the field's dates are written: names or patterns with `||` between.
        public var format: String?

        public init(_ pattern: String, format: String? = nil) {
            self.pattern = pattern
            self.format = format
        }
    }

    /// A query whose name each hit bears that matches it.
    public struct NamedQuery: Hashable, Sendable {
        public var name: String
        public var query: Query

        public init(_ name: String, _ query: Query) {
            self.name = name
            self.query = query
        }
    }

    /// Values to read from each hit's source, as the mapping has them.
    public var fields: [Fields] = []
    /// Values to read from columns, at most 100.
    public var columns: [Fields] = []
    public var namedQueries: [NamedQuery] = []
    /// Has to match as well, but does not count for aggregations.
    public var postFilter: Query?
    /// Documents that match, a shard, after which no more are looked for: at least 1.
    public var terminateAfter: Int?
    /// Once it is over, what was found so far is the answer.
    public var timeout: Duration?

    public init() {}

    static let columnsMax = 100
}

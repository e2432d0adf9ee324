/// A search that cannot be carried out as asked. Nothing was searched; asking again gives the same answer, except
/// after `.cancelled`.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What about the request is wrong. More kinds may come.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// A sort key names a field that the mapping lacks.
        public static let unknownSortField = Kind(description: "unknown sort field")
        /// A sort key names a field that cannot be sorted by: text, or one without a column.
        public static let unsortableField = Kind(description: "unsortable field")
        /// A value does not fit its field's type.
        public static let invalidValue = Kind(description: "invalid value")
        /// A date or date math that cannot be read.
        public static let invalidDate = Kind(description: "invalid date")
        /// Too deep, too many clauses, terms or sort keys.
        public static let tooComplex = Kind(description: "too complex")
        /// `from + size` is beyond the result window.
        public static let windowTooLarge = Kind(description: "window too large")
        /// `after` does not fit the sort keys.
        public static let invalidCursor = Kind(description: "invalid cursor")
        /// The answer would have more buckets than a request may ask for.
        public static let tooManyBuckets = Kind(description: "too many buckets")
        /// Anything else that the request states and that cannot be.
        public static let invalidRequest = Kind(description: "invalid request")
        /// The caller's deadline passed, or it gave up.
        public static let cancelled = Kind(description: "cancelled")
    }

    public let kind: Kind
    /// One sentence with the values in it.
    public let message: String
    /// The field that it is about, if it is about one.
    public let field: String?
    /// The limit that it is beyond, where a client wants to know the number.
    public let limit: Int?

    package init(_ kind: Kind, _ message: String, field: String? = nil, limit: Int? = nil) {
        self.limit = limit
        self.kind = kind
        self.message = message
        self.field = field
    }

    public var description: String { message }
}

import VarveQuery

/// An aggregation as a request states it: what the library is asked, and how the answer is to look.
struct AggregationClause: Sendable {
    var aggregation: Aggregation
    /// What `typed_keys` puts in front of the name; of `terms` it depends on the answer.
    var type: String
    /// The request's `meta`, byte for byte.
    var meta: [UInt8]?
    /// Buckets as an object by key instead of a list.
    var isKeyed = false
    /// Each bucket of `terms` says how far its count may be off.
    var showsError = false
    /// How many standard deviations the bounds of `extended_stats` are wide.
    var sigma = 2.0
    /// The names of a composite's sources.
    var sources: [String] = []
    var parts: [AggregationClause] = []
}

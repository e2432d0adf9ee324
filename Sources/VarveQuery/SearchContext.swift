import VarveSegment

/// What a search gets from its surroundings: the time, and a way to give up.
package struct SearchContext: Sendable {
    /// Milliseconds since 1970 that `now` stands for, one value for all of a search.
    package let now: Int64
    /// Asked about once a block of rows; once true, the search ends with `QueryError.Kind.cancelled`.
    package let isCancelled: @Sendable () -> Bool
    /// Rows of a column block; a multiple of 64.
    let blockRows: Int

    package init(now: Int64, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.init(now: now, blockRows: columnBlockRows, isCancelled: isCancelled)
    }

    init(now: Int64, blockRows: Int, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.now = now
        self.isCancelled = isCancelled
        self.blockRows = blockRows
    }

    func checkpoint() throws(QueryError) {
        if isCancelled() { throw QueryError(.cancelled, "the search was given up before it ended") }
    }
}

import VarveSegment

/// What a search gets from its surroundings: the time, and a way to give up.
package struct SearchContext: Sendable {
    /// Milliseconds since 1970 that `now` stands for, one value for all of a search.
    package let now: Int64
    /// Asked about once a block of rows; once true, the search ends with `QueryError.Kind.cancelled`.
    package let isCancelled: @Sendable () -> Bool
    /// Nanoseconds of a clock that never goes back, for searches with a time limit.
    private let ticks: @Sendable () -> UInt64
    /// What that clock says when time is over.
    private var deadline: UInt64?
    /// Rows of a column block; a multiple of 64.
    let blockRows: Int

    package init(
        now: Int64, ticks: @escaping @Sendable () -> UInt64 = { 0 },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.init(now: now, blockRows: columnBlockRows, ticks: ticks, isCancelled: isCancelled)
    }

    init(
        now: Int64, blockRows: Int, ticks: @escaping @Sendable () -> UInt64 = { 0 },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.now = now
        self.ticks = ticks
        self.isCancelled = isCancelled
        self.blockRows = blockRows
    }

    /// The same with so much time from now on.
    func limited(to timeout: Duration?) -> SearchContext {
        guard let timeout else { return self }
        var context = self
        let (seconds, attoseconds) = timeout.components
        let nanoseconds = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        if nanoseconds.overflow { return self }
        let (length, overflow) = nanoseconds.partialValue.addingReportingOverflow(
            UInt64(clamping: attoseconds / 1_000_000_000))
        let (end, isBeyond) = ticks().addingReportingOverflow(length)
        if !overflow && !isBeyond { context.deadline = end }
        return context
    }

    /// - Throws: `QueryError` if the caller gave up, `TimeIsOver` if time is.
    func checkpoint() throws {
        if isCancelled() { throw QueryError(.cancelled, "the search was given up before it ended") }
        if let deadline, ticks() >= deadline { throw TimeIsOver() }
    }
}

/// Ends a part of a search whose time is over; what it has found so far stands.
struct TimeIsOver: Error {}

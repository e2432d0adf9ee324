/// Counts matching rows as far as a request wants to know.
struct HitCounter {
    private let tracking: TotalHitsTracking
    private var count = 0
    /// Whether the count is known already.
    private var isClosed = false

    init(_ tracking: TotalHitsTracking) { self.tracking = tracking }

    /// Whether another row would change the answer.
    var isOpen: Bool {
        if isClosed { return false }
        return switch tracking {
        case .exact: true
        case .upTo(let limit): count <= limit
        case .none: false
        }
    }

    /// Takes a count of all matching rows.
    mutating func close(with rows: Int) {
        count = rows
        isClosed = true
    }

    mutating func add(_ rows: Int) { if !isClosed { count += rows } }

    var total: TotalHits? {
        switch tracking {
        case .exact: TotalHits(count, .exactly)
        case .upTo(let limit): count <= limit ? TotalHits(count, .exactly) : TotalHits(limit, .atLeast)
        case .none: nil
        }
    }
}

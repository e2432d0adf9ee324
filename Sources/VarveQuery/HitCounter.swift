/// Counts matching rows as far as a request wants to know.
struct HitCounter {
    private let tracking: TotalHitsTracking
    private var count = 0

    init(_ tracking: TotalHitsTracking) { self.tracking = tracking }

    /// Whether another row would change the answer.
    var isOpen: Bool {
        switch tracking {
        case .exact: true
        case .upTo(let limit): count <= limit
        case .none: false
        }
    }

    mutating func add(_ rows: Int) { count += rows }

    var total: TotalHits? {
        switch tracking {
        case .exact: TotalHits(count, .exactly)
        case .upTo(let limit): count <= limit ? TotalHits(count, .exactly) : TotalHits(limit, .atLeast)
        case .none: nil
        }
    }
}

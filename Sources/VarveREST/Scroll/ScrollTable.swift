import Varve
import VarveBytes
import VarveQuery

/// A scroll: a private point in time that ends with this process, what is asked of it, and how far it has come.
struct Scroll: Sendable {
    let pointInTime: PointInTimeID
    let body: SearchBody
    /// Who opened it, and alone may go on with it; nil where nobody is asked.
    let user: String?
    /// Where the next page starts; nil for the first.
    var cursor: [SortValue]?

    /// What tells a scroll's point in time from those that clients see.
    static let label = "_scroll"
}

/// The scrolls that are open. Those whose time is over go when the next one is opened.
final class ScrollTable: Sendable {
    private let scrolls = Locked<[String: Scroll]>([:])

    func find(_ id: String) -> Scroll? { scrolls.withLock { $0[id] } }

    /// False if there are too many.
    func insert(_ id: String, _ scroll: Scroll, _ store: Store, countMax: Int) -> Bool {
        for (id, scroll) in scrolls.withLock({ $0 }) where PointInTime(store, scroll.pointInTime).info == nil
        {
            scrolls.withLock { $0[id] = nil }
        }
        return scrolls.withLock { scrolls in
            guard scrolls.count < countMax else { return false }
            scrolls[id] = scroll
            return true
        }
    }

    func move(_ id: String, to cursor: [SortValue]) {
        scrolls.withLock { $0[id]?.cursor = cursor }
    }

    func remove(_ id: String) -> Scroll? { scrolls.withLock { $0.removeValue(forKey: id) } }

    var ids: [String] { scrolls.withLock { $0.keys.sorted() } }
}

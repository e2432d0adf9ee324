/// A bucket that might be shown.
struct BucketCandidate {
    /// Below zero: no document is in it.
    var bucket: Int32
    /// A column value, or the number of a term.
    var key: Int64
    var count: Int
}

/// Puts buckets into the order asked for. Where nothing else decides, keys ascend; buckets that lack a figure come
/// last either way.
struct BucketSorting {
    private struct Figure {
        let collector: any Collector
        let name: String?
    }

    private enum Key {
        case count
        case key
        case figure(Figure)
    }

    private let keys: [(key: Key, isDescending: Bool)]

    /// - Throws: If a figure's path leads nowhere.
    init(_ order: [BucketOrder], _ inner: InnerCollectors) throws(QueryError) {
        var keys: [(Key, Bool)] = []
        for part in order {
            switch part.key {
            case .count: keys.append((.count, part.isDescending))
            case .key: keys.append((.key, part.isDescending))
            case .figure(let path): keys.append((.figure(try Self.figure(path, inner)), part.isDescending))
            }
        }
        self.keys = keys
    }

    /// `a`, `a.avg`, `a>b.avg`, `a[avg]`, `a>_count`.
    private static func figure(_ path: String, _ inner: InnerCollectors) throws(QueryError) -> Figure {
        func refuse(_ why: String) -> QueryError {
            QueryError(.invalidRequest, "Invalid aggregation order path [\(path)]. \(why)")
        }
        var steps = path.split(separator: ">", omittingEmptySubsequences: false).map(String.init)
        var name: String?
        if steps.last == "_count", steps.count > 1 {
            name = "_count"
            steps.removeLast()
        } else if let last = steps.last {
            if last.hasSuffix("]"), let open = last.firstIndex(of: "[") {
                name = String(last[last.index(after: open)...].dropLast())
                steps[steps.count - 1] = String(last[..<open])
            } else if inner[last] == nil || steps.count > 1, let dot = last.lastIndex(of: ".") {
                name = String(last[last.index(after: dot)...])
                steps[steps.count - 1] = String(last[..<dot])
            }
        }
        var found: (any Collector)?
        for step in steps {
            let next = found.map { $0.inner(step) } ?? inner[step]
            guard let next else {
                throw refuse(
                    "The provided aggregation [\(step)] either does not exist, or is a pipeline aggregation and "
                        + "cannot be used to sort the buckets.")
            }
            found = next
        }
        guard let found, !found.makesBuckets, found.figure(name, of: -1) != nil else {
            throw refuse(
                "Buckets can only be sorted on a sub-aggregator path that is built out of zero or more single-bucket "
                    + "aggregations within the path and a final single-bucket or a metrics aggregation at the path "
                    + "end.")
        }
        return Figure(collector: found, name: name)
    }

    /// The first of the candidates in order.
    ///
    /// - Parameter compare: How two keys compare ascending: negative, zero or positive.
    func best(
        _ size: Int, of candidates: [BucketCandidate], _ inner: InnerCollectors,
        compare: @escaping (Int64, Int64) -> Int
    ) throws(QueryError) -> [BucketCandidate] {
        let isBefore = { (left: BucketCandidate, right: BucketCandidate) -> Bool in
            for (key, isDescending) in keys {
                let order: Int
                switch key {
                case .count: order = Self.compare(left.count, right.count)
                case .key: order = compare(left.key, right.key)
                case .figure(let figure):
                    let first = figure.collector.figure(figure.name, of: Int(left.bucket)) ?? .nan
                    let second = figure.collector.figure(figure.name, of: Int(right.bucket)) ?? .nan
                    if first.isNaN || second.isNaN {
                        if first.isNaN && second.isNaN { continue }
                        return second.isNaN
                    }
                    order = Self.compare(first, second)
                }
                if order != 0 { return isDescending ? order > 0 : order < 0 }
            }
            return compare(left.key, right.key) < 0
        }
        if size >= candidates.count { return candidates.sorted(by: isBefore) }
        var heap = BoundedHeap(capacity: size, isBefore: isBefore)
        for candidate in candidates { heap.offer(candidate) }
        return heap.elements.sorted(by: isBefore)
    }

    private static func compare<T: Comparable>(_ left: T, _ right: T) -> Int {
        left < right ? -1 : left == right ? 0 : 1
    }
}

/// The first few of many elements: a heap with the last of them on top.
private struct BoundedHeap {
    private(set) var elements: [BucketCandidate] = []
    private let capacity: Int
    private let isBefore: (BucketCandidate, BucketCandidate) -> Bool

    init(capacity: Int, isBefore: @escaping (BucketCandidate, BucketCandidate) -> Bool) {
        self.capacity = capacity
        self.isBefore = isBefore
    }

    mutating func offer(_ element: BucketCandidate) {
        if elements.count < capacity {
            elements.append(element)
            var at = elements.count - 1
            while at > 0, isBefore(elements[(at - 1) / 2], elements[at]) {
                elements.swapAt(at, (at - 1) / 2)
                at = (at - 1) / 2
            }
        } else if capacity > 0, isBefore(element, elements[0]) {
            elements[0] = element
            siftDown()
        }
    }

    private mutating func siftDown() {
        var at = 0
        while true {
            var last = at
            for child in [2 * at + 1, 2 * at + 2] where child < elements.count {
                if isBefore(elements[last], elements[child]) { last = child }
            }
            if last == at { return }
            elements.swapAt(at, last)
            at = last
        }
    }
}

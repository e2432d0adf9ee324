/// Sorts byte strings bytewise, eight bytes at a time.
///
/// Strings are known by number. A round sorts a run by the next eight bytes as integers, by radix where the run
/// is long; runs that stay equal go on with the eight bytes after those. It is stable: equal strings keep the
/// order in which their numbers were given. No recursion, so a long common prefix costs rounds and not stack.
protocol PrefixSortable {
    /// The string's bytes from `depth` on, as `RawSpan.orderedPrefix` gives them.
    func prefix(of item: UInt32, at depth: Int) -> UInt64
    func byteCount(of item: UInt32) -> Int
}

struct PrefixSort<Strings: PrefixSortable> {
    private struct Entry {
        var key: UInt64
        var item: UInt32
    }

    private struct Run {
        var range: Range<Int>
        var depth: Int
    }

    private let strings: Strings
    private var entries: [Entry]
    private var scratch: [Entry]
    private var pending: [Run]
    private var counts = [Int](repeating: 0, count: 256)

    /// Runs up to this length are sorted by insertion.
    private static var insertionLimit: Int { 48 }

    static func sorted(_ items: [UInt32], _ strings: Strings) -> [UInt32] {
        var sort = PrefixSort(items, strings)
        while let run = sort.pending.popLast() { sort.round(run) }
        return sort.entries.map { $0.item }
    }

    private init(_ items: [UInt32], _ strings: Strings) {
        self.strings = strings
        entries = items.map { Entry(key: 0, item: $0) }
        scratch = entries
        pending = items.count > 1 ? [Run(range: 0..<items.count, depth: 0)] : []
    }

    /// Sorts a run by its bytes at a depth and queues the runs that are still equal.
    private mutating func round(_ run: Run) {
        for at in run.range { entries[at].key = strings.prefix(of: entries[at].item, at: run.depth) }
        sort(run.range)
        var start = run.range.lowerBound
        while start < run.range.upperBound {
            var end = start + 1
            while end < run.range.upperBound && entries[end].key == entries[start].key { end += 1 }
            if end - start > 1 { split(start..<end, depth: run.depth) }
            start = end
        }
    }

    /// Of strings that agree up to eight bytes past `depth`, those that end there come first, the shorter ones
    /// leading: they can differ in the zeros at their end alone. The others go on.
    private mutating func split(_ range: Range<Int>, depth: Int) {
        let end = depth + 8
        var kept = range.lowerBound
        var ended: [(count: Int, item: UInt32)] = []
        for at in range where strings.byteCount(of: entries[at].item) <= end {
            ended.append((strings.byteCount(of: entries[at].item), entries[at].item))
        }
        if ended.isEmpty {
            pending.append(Run(range: range, depth: end))
            return
        }
        let going = range.filter { strings.byteCount(of: entries[$0].item) > end }.map { entries[$0].item }
        if ended.contains(where: { $0.count != ended[0].count }) { ended = stablySorted(ended) }
        for (_, item) in ended {
            entries[kept].item = item
            kept += 1
        }
        for (at, item) in going.enumerated() { entries[kept + at].item = item }
        if going.count > 1 { pending.append(Run(range: kept..<range.upperBound, depth: end)) }
    }

    /// By count, of which there are at most nine.
    private func stablySorted(_ ended: [(count: Int, item: UInt32)]) -> [(count: Int, item: UInt32)] {
        Set(ended.map { $0.count }).sorted().flatMap { count in ended.filter { $0.count == count } }
    }

    private mutating func sort(_ range: Range<Int>) {
        var isSorted = true
        var differing: UInt64 = 0
        for at in range.dropFirst() {
            if entries[at].key < entries[at - 1].key { isSorted = false }
            differing |= entries[at].key ^ entries[at - 1].key
        }
        if isSorted { return }
        if range.count <= Self.insertionLimit {
            sortByInsertion(range)
        } else {
            sortByRadix(range, differing: differing)
        }
    }

    private mutating func sortByInsertion(_ range: Range<Int>) {
        for at in range.dropFirst() {
            let entry = entries[at]
            var hole = at
            while hole > range.lowerBound && entries[hole - 1].key > entry.key {
                entries[hole] = entries[hole - 1]
                hole -= 1
            }
            entries[hole] = entry
        }
    }

    /// From the last byte to the first, passing over bytes in which no two keys differ.
    private mutating func sortByRadix(_ range: Range<Int>, differing: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing &>> shift) & 0xFF != 0 {
            for digit in 0..<256 { counts[digit] = 0 }
            for at in range { counts[Int((entries[at].key &>> shift) & 0xFF)] &+= 1 }
            var place = range.lowerBound
            for digit in 0..<256 {
                let count = counts[digit]
                counts[digit] = place
                place &+= count
            }
            for at in range {
                let digit = Int((entries[at].key &>> shift) & 0xFF)
                scratch[counts[digit]] = entries[at]
                counts[digit] &+= 1
            }
            for at in range { entries[at] = scratch[at] }
        }
    }
}

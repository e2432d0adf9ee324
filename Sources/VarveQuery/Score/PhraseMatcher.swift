/// Counts how often a phrase stands in one row, as Lucene does: whole, or within a number of moves, a match that
/// takes `d` of them counting 1 / (1 + d).
struct PhraseMatcher {
    /// One term of the phrase on its way through its positions in the row.
    private struct Pointer {
        /// The term's number, and its place in the phrase.
        let term: Int
        let offset: Int
        /// Its positions in the row, as places in the term's list, and the one where it stands.
        var start = 0
        var end = 0
        var at = 0
        /// Position less offset: the same for all terms where the phrase stands whole.
        var position = 0
        /// The pointers of the same term, if there are several, and this one's place among them.
        var group = -1
        var place = 0
    }

    private let slop: Int
    private var pointers: [Pointer]
    private var groups: [[Int]] = []
    private var queue: [Int] = []
    /// By term: its positions in all rows.
    private let positions: [[UInt32]]
    private var furthest = Int.min

    /// - Parameters:
    ///   - terms: For each place of the phrase which of its distinct terms stands there, and at what offset.
    ///   - positions: Of each distinct term, in all rows.
    init(terms: [(term: Int, offset: Int)], positions: [[UInt32]], slop: Int) {
        self.slop = slop
        self.positions = positions
        pointers = terms.map { Pointer(term: $0.term, offset: $0.offset) }
        let same = Dictionary(grouping: terms.indices) { terms[$0].term }
        for (_, places) in same.sorted(by: { $0.key < $1.key }) where places.count > 1 {
            for (place, at) in places.enumerated() {
                pointers[at].group = groups.count
                pointers[at].place = place
            }
            groups.append(places)
        }
    }

    /// - Parameters: Where, by distinct term, the positions of the row begin and end.
    mutating func frequency(_ starts: [Int], _ ends: [Int]) -> Float {
        for at in pointers.indices {
            pointers[at].start = starts[pointers[at].term]
            pointers[at].end = ends[pointers[at].term]
            pointers[at].at = pointers[at].start
        }
        return slop == 0 ? exactFrequency() : sloppyFrequency()
    }

    // MARK: Whole

    private mutating func exactFrequency() -> Float {
        var count = 0
        let first = pointers[0]
        for place in first.start..<first.end {
            let start = Int(positions[first.term][place]) - first.offset
            var isWhole = true
            for at in 1..<pointers.count {
                let (term, end) = (pointers[at].term, pointers[at].end)
                let wanted = start + pointers[at].offset
                var next = pointers[at].at
                while next < end && Int(positions[term][next]) < wanted { next += 1 }
                pointers[at].at = next
                if next == end { return Float(count) }
                if Int(positions[term][next]) != wanted {
                    isWhole = false
                    break
                }
            }
            if isWhole { count += 1 }
        }
        return Float(count)
    }

    // MARK: With moves

    private mutating func sloppyFrequency() -> Float {
        guard start() else { return 0 }
        var frequency: Float = 0
        var isOpen = true
        while isOpen {
            let length = nextMatch(&isOpen)
            if length <= slop { frequency += 1 / (1 + Float(length)) }
        }
        return frequency
    }

    private mutating func start() -> Bool {
        furthest = .min
        for at in pointers.indices {
            settle(at)
        }
        // Pointers of one term begin at its first, second, third position.
        for group in groups {
            for (place, at) in group.enumerated() {
                pointers[at].at = pointers[at].start + place
                if pointers[at].at >= pointers[at].end { return false }
                settle(at)
            }
        }
        queue = Array(pointers.indices)
        for at in pointers.indices { furthest = max(furthest, pointers[at].position) }
        return true
    }

    /// The length of the next match, which may be too long; `isOpen` becomes false with the last one.
    private mutating func nextMatch(_ isOpen: inout Bool) -> Int {
        var current = pop()
        var length = furthest - pointers[current].position
        var next = least.map { pointers[$0].position } ?? .max
        while advance(current) {
            if !groups.isEmpty && !resolve(current) { break }
            if pointers[current].position > next {
                queue.append(current)
                if length <= slop { return length }
                current = pop()
                next = least.map { pointers[$0].position } ?? .max
                length = furthest - pointers[current].position
            } else {
                length = min(length, furthest - pointers[current].position)
            }
        }
        isOpen = false
        return length
    }

    private mutating func settle(_ pointer: Int) {
        pointers[pointer].position =
            Int(positions[pointers[pointer].term][pointers[pointer].at]) - pointers[pointer].offset
    }

    private mutating func advance(_ pointer: Int) -> Bool {
        pointers[pointer].at += 1
        if pointers[pointer].at >= pointers[pointer].end { return false }
        settle(pointer)
        furthest = max(furthest, pointers[pointer].position)
        return true
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (pointers[left], pointers[right])
        if a.position != b.position { return a.position < b.position }
        return a.offset != b.offset ? a.offset < b.offset : left < right
    }

    /// The waiting pointer that is furthest behind. Phrases are short: no heap.
    private var least: Int? { queue.min { precedes($0, $1) } }

    private mutating func pop() -> Int {
        var best = 0
        for at in queue.indices where precedes(queue[at], queue[best]) { best = at }
        return queue.remove(at: best)
    }

    /// Moves pointers of one term on until no two of them stand at the same place; false if one runs out.
    private mutating func resolve(_ start: Int) -> Bool {
        guard pointers[start].group >= 0 else { return true }
        var current = start
        while let other = collision(current) {
            let lesser = isLesser(current, other) ? current : other
            current = lesser
            if !advance(lesser) { return false }
        }
        return true
    }

    private func isLesser(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (pointers[left], pointers[right])
        return a.position < b.position || (a.position == b.position && a.offset < b.offset)
    }

    private func collision(_ pointer: Int) -> Int? {
        let place = pointers[pointer].position + pointers[pointer].offset
        return groups[pointers[pointer].group].first {
            $0 != pointer && pointers[$0].position + pointers[$0].offset == place
        }
    }
}

import VarveBytes

/// Merges sorted runs of strings that come in chunks: ids, or the terms of one field.
///
/// A heap of sources by their next string. Sixteen bytes of each are kept at hand as numbers, so that most
/// comparisons touch no string; ids that begin with a time differ later, and are then compared whole.
struct StringMerge {
    /// A chunk of one source's run.
    struct Source {
        var bytes = SharedBytes(ByteBuffer())
        var offsets: [UInt32] = [0]
        /// The next string of the chunk.
        var at = 0
        var count: Int { offsets.count - 1 }
    }

    private(set) var sources: [Source]
    private var heap: [Int] = []
    private var high: [UInt64]
    private var low: [UInt64]

    init(sourceCount: Int) {
        sources = [Source](repeating: Source(), count: sourceCount)
        high = [UInt64](repeating: 0, count: sourceCount)
        low = high
    }

    /// The source with the least string; of equal strings, the one of the later source.
    var top: Int? { heap.first }

    /// Where in its chunk the source's next string stands.
    func place(_ source: Int) -> Int { sources[source].at }

    /// Calls `body` with the least string.
    func withString<Answer, E: Error>(
        of source: Int, _ body: (RawSpan) throws(E) -> Answer
    ) throws(E) -> Answer {
        let at = sources[source].at
        let bytes = sources[source].bytes
        let start = Int(sources[source].offsets[at])
        return try body(bytes.bytes.slice(start, Int(sources[source].offsets[at + 1]) - start))
    }

    /// Gives a source its first chunk, which is not empty.
    mutating func add(_ source: Int, _ bytes: SharedBytes, _ offsets: [UInt32]) {
        refill(source, bytes, offsets)
        heap.append(source)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !precedes(heap[child], heap[parent]) { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Steps over the least string; false if its chunk ends there and needs a `refill` and `settle`, or a
    /// `removeTop`.
    mutating func advance() -> Bool {
        let source = heap[0]
        sources[source].at += 1
        if sources[source].at == sources[source].count { return false }
        loadKey(source)
        settle()
        return true
    }

    mutating func refill(_ source: Int, _ bytes: SharedBytes, _ offsets: [UInt32]) {
        sources[source].bytes = bytes
        sources[source].offsets = offsets
        sources[source].at = 0
        loadKey(source)
    }

    mutating func removeTop() {
        let last = heap.removeLast()
        if heap.isEmpty { return }
        heap[0] = last
        settle()
    }

    private mutating func loadKey(_ source: Int) {
        let at = sources[source].at
        let start = Int(sources[source].offsets[at])
        let count = Int(sources[source].offsets[at + 1]) - start
        let bytes = sources[source].bytes
        high[source] = bytes.bytes.orderedPrefix(at: start, count: count)
        low[source] = count > 8 ? bytes.bytes.orderedPrefix(at: start + 8, count: count - 8) : 0
    }

    /// Lets the top sink to where it belongs.
    mutating func settle() {
        var parent = 0
        while true {
            var least = parent
            let left = parent * 2 + 1
            if left < heap.count && precedes(heap[left], heap[least]) { least = left }
            if left + 1 < heap.count && precedes(heap[left + 1], heap[least]) { least = left + 1 }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        if high[a] != high[b] { return high[a] < high[b] }
        if low[a] != low[b] { return low[a] < low[b] }
        let order = withString(of: a) { left in withString(of: b) { right in left.compare(right) } }
        return order == 0 ? a > b : order < 0
    }
}

/// An array that only grows, in chunks of 2,048 elements.
///
/// Growing never copies what is there but for the first chunk, so a large one costs no second copy of itself at
/// any moment, and its memory is at most one chunk above what it holds. Chunks stay below the size from which
/// the allocator asks the system for fresh pages each time.
struct ChunkedArray<Element: BitwiseCopyable & Sendable>: Sendable {
    private static var shift: Int { 11 }
    private static var chunkCount: Int { 1 &<< shift }

    private var full: [[Element]] = []
    private var tail: [Element] = []

    init() {}

    var count: Int { full.count &<< Self.shift &+ tail.count }
    var isEmpty: Bool { tail.isEmpty && full.isEmpty }

    /// Memory held, in bytes.
    var byteCount: Int {
        (full.count &<< Self.shift &+ tail.capacity) * MemoryLayout<Element>.stride + full.capacity * 8
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if tail.count == Self.chunkCount { seal() }
        tail.append(element)
    }

    @inline(never)
    private mutating func seal() {
        full.append(tail)
        tail = []
        tail.reserveCapacity(Self.chunkCount)
    }

    @inline(__always)
    subscript(at: Int) -> Element {
        get {
            let chunk = at &>> Self.shift
            return chunk < full.count
                ? full[chunk][at & (Self.chunkCount &- 1)] : tail[at &- chunk &<< Self.shift]
        }
        set {
            let chunk = at &>> Self.shift
            if chunk < full.count {
                full[chunk][at & (Self.chunkCount &- 1)] = newValue
            } else {
                tail[at &- chunk &<< Self.shift] = newValue
            }
        }
    }

    var last: Element? { tail.last ?? full.last?.last }

    /// Calls `body` with the elements of a range, a part of a chunk at a time.
    @inline(__always)
    func forEachRun(in range: Range<Int>, _ body: (ArraySlice<Element>) -> Void) {
        var at = range.lowerBound
        while at < range.upperBound {
            let chunk = at &>> Self.shift
            let start = at & (Self.chunkCount &- 1)
            let end = min(start &+ range.upperBound &- at, Self.chunkCount)
            body((chunk < full.count ? full[chunk] : tail)[start..<end])
            at &+= end &- start
        }
    }

    /// Calls `body` with every element, a chunk at a time.
    @inline(__always)
    func forEachRun(_ body: (ArraySlice<Element>) -> Void) { forEachRun(in: 0..<count, body) }
}

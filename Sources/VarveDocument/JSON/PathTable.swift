import VarveBytes

/// Every different path of keys that the documents of a builder had, each known by one small number, its *node*.
///
/// Documents of one index have the same keys in the same order. So each node remembers which key came after it
/// the last time: the parser compares the next key with that guess by whole words, and a hit tells at once where
/// the key ends, that it was seen before, and what its field is. A miss goes through a hash table.
///
/// A node also holds the stamp of the last object that had it, so that a duplicate key is one comparison.
/// Nodes are dropped all together, between documents, once there are more than `nodesMax`: keys are the world's,
/// and memory is bounded. `generation` tells that this happened.
package struct PathTable: ~Copyable {
    /// The root of a document; as a child of `message`, the key `_source`.
    package static let document = 0
    /// The root of an ingestion message, and the keys of its envelope.
    package static let message = 1
    package static let messageID = 2
    package static let messageVersion = 3
    package static let messageOperation = 4
    static let none = UInt32.max
    static let nodesMax = 8_192

    struct Node: BitwiseCopyable, Sendable {
        /// The first eight bytes of the key and its closing quote, and which of them count.
        var head: UInt64 = 0
        var mask: UInt64 = 0
        /// The object that had the key last.
        var seen: UInt64 = 0
        var keyOffset: UInt32 = 0
        var keyCount: UInt32 = 0
        var parent: UInt32
        /// The guess for the first key of an object that this node's value is.
        var first = PathTable.none
        /// The guess for the key after this one.
        var next = PathTable.none
    }

    private(set) var nodes = ItemBuffer<Node>(capacity: 64)
    private var keys = ByteBuffer(capacity: 1024)
    /// Open addressing: node numbers, at most half full.
    private var slots = ItemBuffer<UInt32>(repeating: PathTable.none, count: 128)
    private let seed: UInt64
    package private(set) var generation: UInt64 = 0

    /// - Parameter seed: Of the hash, so that nobody can choose keys that collide.
    package init(seed: UInt64) {
        self.seed = seed
        addRoots()
    }

    package var count: Int { nodes.count }
    package func parent(of node: Int) -> Int { Int(nodes[node].parent) }

    /// The key of a node, escapes undone.
    @_lifetime(borrow self)
    package func key(of node: Int) -> RawSpan {
        keys.bytes.slice(Int(nodes[node].keyOffset), Int(nodes[node].keyCount))
    }

    /// The keys from the document's root to a node, with dots between them.
    package func path(of node: Int) -> String {
        var parts: [String] = []
        var at = node
        while at != Self.document && at != Self.message {
            parts.append(String(validating: key(of: at)) ?? "")
            at = parent(of: at)
        }
        return parts.reversed().joined(separator: ".")
    }

    // MARK: What the parser asks

    mutating func prepareForDocument() {
        if nodes.count <= Self.nodesMax { return }
        nodes.removeAll()
        keys.removeAll()
        slots = ItemBuffer(repeating: Self.none, count: 128)
        generation &+= 1
        addRoots()
    }

    /// The bytes of `guess`'s key with its closing quote if they stand at `at`, otherwise 0.
    @inline(__always)
    func match(_ guess: UInt32, _ bytes: RawSpan, at: Int) -> Int {
        if guess == Self.none || at &+ 8 > bytes.byteCount { return 0 }
        let index = Int(guess)
        let word: UInt64 = bytes.load(at: at)
        if (word ^ nodes[index].head) & nodes[index].mask != 0 { return 0 }
        let length = Int(nodes[index].keyCount) &+ 1
        if length <= 8 { return length }
        return matchesRest(Int(nodes[index].keyOffset), length, bytes, at: at) ? length : 0
    }

    /// Whether `length` bytes of `keys` from `start` on stand at `at`; the first eight do.
    @inline(__always)
    private func matchesRest(_ start: Int, _ length: Int, _ bytes: RawSpan, at: Int) -> Bool {
        if at &+ length > bytes.byteCount { return false }
        var done = 8
        while done < length {
            let step = min(done, length &- 8)
            let known: UInt64 = keys.bytes.load(at: start &+ step)
            if known != bytes.load(UInt64.self, at: at &+ step) { return false }
            done &+= 8
        }
        return true
    }

    @inline(__always)
    func guess(after last: UInt32, in parent: Int) -> UInt32 {
        last == Self.none ? nodes[parent].first : nodes[Int(last)].next
    }

    @inline(__always)
    func next(of node: UInt32) -> UInt32 { node == Self.none ? Self.none : nodes[Int(node)].next }

    /// Makes `node` the guess after `last`. A key that needs escapes is never guessed: its bytes stand otherwise
    /// in the text.
    mutating func expect(_ node: UInt32, after last: UInt32, in parent: Int) {
        if nodes[Int(node)].mask == 0 { return }
        if last == Self.none { nodes[parent].first = node } else { nodes[Int(last)].next = node }
    }

    /// Marks a key as one of the object `stamp`, and returns the mark that it had.
    @inline(__always)
    mutating func mark(_ node: UInt32, _ stamp: UInt64) -> UInt64 {
        let before = nodes[Int(node)].seen
        nodes[Int(node)].seen = stamp
        return before
    }

    /// The node under `parent` of the key whose bytes stand in a text, a new one if it has none; nil if the key
    /// is longer than `bytesMax`.
    mutating func find(_ raw: RawSpan, isEscaped: Bool, in parent: Int, bytesMax: Int) -> UInt32? {
        let start = keys.count
        if isEscaped { JSONText.unescape(raw, into: &keys) } else { keys.append(raw) }
        let node = keys.count - start > bytesMax ? nil : find(keyAt: start, in: parent)
        // A new key stays in `keys`, followed by a quote; any other was only there to be compared.
        if node.map({ nodes[Int($0)].keyOffset != UInt32(start) }) ?? true { keys.truncate(to: start) }
        return node
    }

    /// The node of the key that ends `keys`.
    private mutating func find(keyAt start: Int, in parent: Int) -> UInt32 {
        let count = keys.count - start
        var slot = firstSlot(keys.bytes.slice(start, count), parent)
        while slots[slot] != Self.none {
            let node = slots[slot]
            let known = nodes[Int(node)]
            if known.parent == UInt32(parent) && known.keyCount == UInt32(count)
                && key(of: Int(node)).equals(keys.bytes.slice(start, count))
            {
                return node
            }
            slot = (slot &+ 1) & (slots.count &- 1)
        }
        let node = UInt32(nodes.count)
        addNode(keyAt: start, parent: UInt32(parent))
        slots[slot] = node
        if nodes.count &* 2 > slots.count { rehash() }
        return node
    }

    private func firstSlot(_ key: RawSpan, _ parent: Int) -> Int {
        let hash = XXH64.hash(key, seed: seed &+ UInt64(parent))
        return Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    }

    private mutating func addNode(keyAt start: Int, parent: UInt32) {
        var node = Node(parent: parent)
        node.keyOffset = UInt32(start)
        node.keyCount = UInt32(keys.count - start)
        keys.append(UInt8(0x22))
        let isPlain = (start..<(keys.count - 1)).allSatisfy { at in
            let byte = keys.bytes.byte(at: at)
            return byte >= 0x20 && byte != 0x22 && byte != 0x5C
        }
        if isPlain {
            for at in 0..<min(keys.count - start, 8) {
                node.head |= UInt64(keys.bytes.byte(at: start + at)) &<< UInt64(8 * at)
                node.mask |= 0xFF &<< UInt64(8 * at)
            }
        }
        nodes.append(node)
    }

    private mutating func rehash() {
        slots = ItemBuffer(repeating: Self.none, count: slots.count * 2)
        for node in 1..<nodes.count { place(UInt32(node)) }
        place(UInt32(Self.document))
    }

    private mutating func place(_ node: UInt32) {
        if node == UInt32(Self.message) { return }
        var slot = firstSlot(key(of: Int(node)), Int(nodes[Int(node)].parent))
        while slots[slot] != Self.none { slot = (slot &+ 1) & (slots.count &- 1) }
        slots[slot] = node
    }

    private mutating func addRoots() {
        for key in ["_source", "", "_id", "_version", "_op_type"] {
            let start = keys.count
            keys.append(utf8: key)
            addNode(keyAt: start, parent: key.isEmpty ? Self.none : UInt32(Self.message))
        }
        for node in [Self.document, Self.messageID, Self.messageVersion, Self.messageOperation] {
            place(UInt32(node))
        }
    }
}

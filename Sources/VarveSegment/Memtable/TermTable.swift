import VarveBytes

/// The distinct terms of one field in a memtable, numbered as they came, found by hash.
///
/// Bytes lie in an arena that all fields of the memtable share. A slot holds 32 bits of the term's hash above
/// one more than its number. The hash is seeded per memtable, so that nobody can choose terms that collide; the
/// seed decides nothing that can be seen.
struct TermTable: Sendable {
    struct Term: Sendable, BitwiseCopyable {
        /// `orderedPrefix` of its bytes: most comparisons end here.
        var prefix: UInt64
        var offset: UInt32
        var count: UInt32
        /// One more than the last row that held it; 0 before the first.
        var lastRow: UInt32
        /// How many rows hold it.
        var documents: UInt32
    }

    private(set) var terms: [Term] = []
    private var slots: [UInt64] = [UInt64](repeating: 0, count: 16)
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    var count: Int { terms.count }

    var byteCount: Int {
        terms.capacity * MemoryLayout<Term>.stride + slots.capacity * MemoryLayout<UInt64>.stride
    }

    /// The number of the term at `offset` of `strings`, new or known.
    @inline(__always)
    mutating func intern(
        _ strings: RawSpan, at offset: Int, count: Int, arena: inout ByteBuffer
    ) -> Int {
        let prefix = strings.orderedPrefix(at: offset, count: count)
        let tag = hash(prefix, strings, offset, count)
        let mask = slots.count &- 1
        var at = Int(tag) & mask
        while true {
            let slot = slots[at]
            if slot == 0 { break }
            if slot &>> 32 == tag {
                let number = Int(UInt32(truncatingIfNeeded: slot)) &- 1
                if isTerm(number, prefix, strings, offset, count, arena.bytes) { return number }
            }
            at = (at &+ 1) & mask
        }
        return insert(prefix, tag, slot: at, strings.slice(offset, count), into: &arena)
    }

    /// The number of a term, or -1.
    func find(_ term: RawSpan, arena: RawSpan) -> Int {
        let prefix = term.orderedPrefix(at: 0, count: term.byteCount)
        let tag = hash(prefix, term, 0, term.byteCount)
        let mask = slots.count &- 1
        var at = Int(tag) & mask
        while slots[at] != 0 {
            if slots[at] &>> 32 == tag {
                let number = Int(UInt32(truncatingIfNeeded: slots[at])) &- 1
                if isTerm(number, prefix, term, 0, term.byteCount, arena) { return number }
            }
            at = (at &+ 1) & mask
        }
        return -1
    }

    /// Counts a row that holds the term; false if it was counted before.
    @inline(__always)
    mutating func note(_ number: Int, row: UInt32) -> Bool {
        if terms[number].lastRow == row &+ 1 { return false }
        terms[number].lastRow = row &+ 1
        terms[number].documents &+= 1
        return true
    }

    /// Counts rows that were counted in another memtable.
    mutating func note(_ number: Int, documents: UInt32) { terms[number].documents += documents }

    @inline(__always)
    private func isTerm(
        _ number: Int, _ prefix: UInt64, _ strings: RawSpan, _ offset: Int, _ count: Int, _ arena: RawSpan
    ) -> Bool {
        let term = terms[number]
        if term.prefix != prefix || Int(term.count) != count { return false }
        if count <= 8 { return true }
        return arena.slice(Int(term.offset) &+ 8, count &- 8).equals(strings.slice(offset &+ 8, count &- 8))
    }

    /// 32 bits: one folded multiplication for terms of up to eight bytes, XXH64 for longer ones.
    @inline(__always)
    private func hash(_ prefix: UInt64, _ strings: RawSpan, _ offset: Int, _ count: Int) -> UInt64 {
        var word = prefix
        if count > 8 { word = XXH64.hash(strings.slice(offset, count), seed: seed) }
        let product = (word ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 ^ UInt64(count))
        return (product.high ^ product.low) &>> 32
    }

    @inline(never)
    private mutating func insert(
        _ prefix: UInt64, _ tag: UInt64, slot: Int, _ bytes: RawSpan, into arena: inout ByteBuffer
    ) -> Int {
        precondition(arena.count + bytes.byteCount <= Int(UInt32.max), "a memtable's terms pass 4 GiB")
        let number = terms.count
        terms.append(
            Term(
                prefix: prefix, offset: UInt32(arena.count), count: UInt32(bytes.byteCount), lastRow: 0,
                documents: 0))
        arena.append(bytes)
        slots[slot] = tag &<< 32 | UInt64(terms.count)
        if terms.count &* 3 > slots.count &* 2 { grow() }
        return number
    }

    private mutating func grow() {
        let old = slots
        let mask = old.count &* 2 &- 1
        var grown = [UInt64](repeating: 0, count: old.count &* 2)
        for slot in old where slot != 0 {
            var at = Int(slot &>> 32) & mask
            while grown[at] != 0 { at = (at &+ 1) & mask }
            grown[at] = slot
        }
        slots = grown
    }
}

/// A growable run of plain values with one owner: tapes, tables and stacks of hot loops.
///
/// An array checks at every write whether somebody else holds it too; this has one owner by type, so a write is
/// a bounds check and a store. Growing doubles, `removeAll` keeps the memory for the next round.
@safe @usableFromInline
package struct ItemBuffer<Item: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
    // Unchecked: the memory has one owner, and a noncopyable value cannot be in two places at once.
    @usableFromInline internal var base: UnsafeMutablePointer<Item>
    @usableFromInline package internal(set) var capacity: Int
    @usableFromInline package internal(set) var count: Int

    @inlinable
    package init(capacity: Int = 0) {
        let size = max(capacity, 8)
        unsafe base = .allocate(capacity: size)
        self.capacity = size
        count = 0
    }

    @inlinable
    package init(repeating value: Item, count: Int) {
        self.init(capacity: count)
        append(repeating: value, count: count)
    }

    @inlinable deinit { unsafe base.deallocate() }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    @inlinable
    package subscript(index: Int) -> Item {
        @inline(__always)
        get {
            precondition(
                UInt(bitPattern: index) < UInt(bitPattern: count), "an index outside the buffer")
            // SAFETY: checked above; everything below `count` was initialised.
            return unsafe base[index]
        }
        @inline(__always)
        _modify {
            precondition(
                UInt(bitPattern: index) < UInt(bitPattern: count), "an index outside the buffer")
            // SAFETY: checked above.
            yield unsafe &base[index]
        }
    }

    /// The items, for hot loops that read only.
    @inlinable
    package var items: Span<Item> {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(Span(_unsafeStart: base, count: count), borrowing: self) }
    }

    @inlinable
    @inline(__always)
    package mutating func append(_ item: Item) {
        if count == capacity { grow(by: 1) }
        // SAFETY: there is room for one more item.
        unsafe (base + count).initialize(to: item)
        count &+= 1
    }

    /// Appends two items with one look at the room.
    @inlinable
    @inline(__always)
    package mutating func append(_ first: Item, _ second: Item) {
        if count &+ 2 > capacity { grow(by: 2) }
        // SAFETY: there is room for two more items.
        unsafe (base + count).initialize(to: first)
        unsafe (base + count + 1).initialize(to: second)
        count &+= 2
    }

    @inlinable
    package mutating func append(repeating item: Item, count length: Int) {
        reserve(length)
        // SAFETY: `reserve` made room.
        unsafe (base + count).initialize(repeating: item, count: length)
        count &+= length
    }

    @inlinable
    package mutating func reserve(_ extra: Int) {
        precondition(extra >= 0, "a negative reserve")
        if count + extra > capacity { grow(by: extra) }
    }

    @inline(never)
    @usableFromInline mutating func grow(by extra: Int) {
        let size = max(count + extra, capacity &* 2)
        let grown = UnsafeMutablePointer<Item>.allocate(capacity: size)
        unsafe grown.initialize(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = grown
        capacity = size
    }

    @inlinable
    package mutating func removeLast() -> Item {
        precondition(count > 0, "nothing to remove")
        count &-= 1
        // SAFETY: `count` is a place that was initialised.
        return unsafe base[count]
    }

    /// Drops everything from `length` on.
    @inlinable
    package mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "truncating to beyond the end")
        count = length
    }

    @inlinable
    package mutating func removeAll() { count = 0 }

    /// The items as an array of their own.
    @inlinable
    package func copyItems() -> [Item] {
        // SAFETY: everything below `count` was initialised.
        unsafe [Item](UnsafeBufferPointer(start: base, count: count))
    }
}

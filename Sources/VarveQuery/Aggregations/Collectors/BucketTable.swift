/// The buckets of one aggregation by enclosing bucket and key: open addressing over dense numbers, in the order in
/// which they were first met.
struct BucketTable {
    private(set) var keys: [Int64] = []
    private(set) var owners: [Int32] = []
    private(set) var counts: [Int] = []
    /// Bucket plus one, or 0 for a free slot; a power of two slots, at most half of them used.
    private var slots = [Int32](repeating: 0, count: 64)

    var count: Int { keys.count }

    /// The bucket of an owner and a key, made if it is new.
    @inline(__always)
    mutating func bucket(_ owner: Int32, _ key: Int64) -> Int32 {
        let mask = slots.count &- 1
        var slot = Self.hash(owner, key) & mask
        while true {
            let found = slots[slot]
            if found == 0 { break }
            let bucket = Int(found &- 1)
            if keys[bucket] == key && owners[bucket] == owner { return found &- 1 }
            slot = (slot &+ 1) & mask
        }
        return insert(owner, key, at: slot)
    }

    /// The bucket of an owner and a key; nil if there is none.
    func find(_ owner: Int32, _ key: Int64) -> Int32? {
        let mask = slots.count - 1
        var slot = Self.hash(owner, key) & mask
        while slots[slot] != 0 {
            let bucket = Int(slots[slot] - 1)
            if keys[bucket] == key && owners[bucket] == owner { return slots[slot] - 1 }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ owner: Int32, _ key: Int64, at slot: Int) -> Int32 {
        let bucket = Int32(keys.count)
        keys.append(key)
        owners.append(owner)
        counts.append(0)
        slots[slot] = bucket &+ 1
        if keys.count * 2 > slots.count { grow() }
        return bucket
    }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: slots.count * 2)
        let mask = larger.count - 1
        for bucket in keys.indices {
            var slot = Self.hash(owners[bucket], keys[bucket]) & mask
            while larger[slot] != 0 { slot = (slot + 1) & mask }
            larger[slot] = Int32(bucket + 1)
        }
        slots = larger
    }

    @inline(__always)
    private static func hash(_ owner: Int32, _ key: Int64) -> Int {
        var mixed = UInt64(bitPattern: key) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= UInt64(UInt32(bitPattern: owner)) &* 0xC2B2_AE3D_27D4_EB4F
        mixed ^= mixed &>> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        mixed ^= mixed &>> 32
        return Int(truncatingIfNeeded: mixed)
    }

    @inline(__always)
    mutating func increment(_ bucket: Int32) { counts[Int(bucket)] &+= 1 }

    /// Counts every entry of a batch in the bucket of its value, and replaces `inner` by the rows with their buckets.
    /// Entries of a row that have the same value as the one before them are one.
    mutating func collect(_ batch: ValueBatch, into inner: inout RowBatch) {
        inner.removeAll()
        let (values, rows, owners) = (batch.values.span, batch.rows.span, batch.owners.span)
        var last: (owner: Int32, key: Int64, bucket: Int32)?
        var lastRow: Int32 = -1
        for i in values.indices {
            let (key, owner) = (values[i], owners[i])
            let found: Int32
            if let last, last.owner == owner, last.key == key {
                if lastRow == rows[i] { continue }
                found = last.bucket
            } else {
                found = bucket(owner, key)
                last = (owner, key, found)
            }
            lastRow = rows[i]
            counts[Int(found)] &+= 1
            inner.append(rows[i], found)
        }
    }

    /// The buckets of each owner, to be asked once nothing more is collected.
    func byOwner() -> OwnedBuckets { OwnedBuckets(owners) }
}

/// Buckets in the order of their owners.
struct OwnedBuckets {
    private var starts: [Int] = [0]
    private var buckets: [Int32] = []

    init(_ owners: [Int32]) {
        var counts = [Int](repeating: 0, count: Int(owners.max() ?? -1) + 1)
        for owner in owners { counts[Int(owner)] += 1 }
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        var places = starts
        buckets = [Int32](repeating: 0, count: owners.count)
        for bucket in owners.indices {
            let owner = Int(owners[bucket])
            buckets[places[owner]] = Int32(bucket)
            places[owner] += 1
        }
    }

    subscript(owner: Int) -> ArraySlice<Int32> {
        guard owner >= 0, owner + 1 < starts.count else { return [] }
        return buckets[starts[owner]..<starts[owner + 1]]
    }
}

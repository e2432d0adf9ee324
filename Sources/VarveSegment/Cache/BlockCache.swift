import VarveBytes

/// Decoded blocks of all open segments of a store, within a budget of bytes.
///
/// Scan-resistant by S3-FIFO (Yang et al., SOSP 2023): a block starts in a *small* queue of a tenth of the
/// budget; only what was asked for twice more moves on to the *main* queue; a *ghost* queue remembers the keys of what
/// the small queue dropped, and what returns soon goes to the main queue at once. So reading everything once
/// passes through the small queue and leaves the rest alone. A hit moves nothing: it counts, under the lock of
/// one of several shards.
///
/// The bytes held never exceed the budget (a block counts as 64 at least); a block larger than a shard's share is
/// not kept. Blocks that are in
/// use live on when they are dropped. All calls are safe from any thread.
package final class BlockCache: Sendable {
    private let shards: [CacheShard]
    private let owners = Locked<UInt64>(0)

    /// - Parameter byteBudget: memory of the blocks held; the cache's own books come on top, some 100 bytes a block.
    package init(byteBudget: Int = 64 << 20) {
        precondition(byteBudget >= 0, "a negative budget")
        // A shard must have room for some dozens of blocks, or its small queue is no queue.
        let count = min(16, max(1, byteBudget >> 22)).roundedDownToPowerOfTwo
        shards = (0..<count).map { _ in CacheShard(byteBudget: byteBudget / count) }
    }

    /// A number that no other owner of blocks in this cache has.
    package func makeOwner() -> UInt64 {
        owners.withLock { last in
            last += 1
            return last
        }
    }

    /// The block, if it is held.
    package func get(owner: UInt64, block: UInt64) -> (any CachedBlock)? {
        let key = BlockKey(owner: owner, block: block)
        return shard(of: key).get(key)
    }

    /// Holds a block, unless it is too large. If the key is held already, that block stays and is the answer.
    @discardableResult
    package func insert(_ value: any CachedBlock, owner: UInt64, block: UInt64) -> any CachedBlock {
        let key = BlockKey(owner: owner, block: block)
        return shard(of: key).insert(value, key)
    }

    /// Drops all blocks of an owner, for when its reader closes.
    package func removeAll(owner: UInt64) {
        for shard in shards { shard.removeAll { $0.owner == owner } }
    }

    package func removeAll() {
        for shard in shards { shard.removeAll { _ in true } }
    }

    package var statistics: BlockCacheStatistics {
        var total = BlockCacheStatistics()
        for shard in shards { total.add(shard.statistics) }
        return total
    }

    private func shard(of key: BlockKey) -> CacheShard {
        shards[Int(truncatingIfNeeded: key.hash &>> 56) & (shards.count - 1)]
    }
}

/// What a cache did so far and what it holds.
package struct BlockCacheStatistics: Equatable, Sendable {
    package var hits = 0
    package var misses = 0
    package var insertions = 0
    package var evictions = 0
    package var blockCount = 0
    package var byteCount = 0

    package init() {}

    mutating func add(_ other: BlockCacheStatistics) {
        hits += other.hits
        misses += other.misses
        insertions += other.insertions
        evictions += other.evictions
        blockCount += other.blockCount
        byteCount += other.byteCount
    }
}

struct BlockKey: Equatable, BitwiseCopyable, Sendable {
    var owner: UInt64
    var block: UInt64

    /// Spread over all bits: the highest choose the shard, the lowest the place in its table.
    var hash: UInt64 {
        var mixed = (owner &* 0x9E37_79B9_7F4A_7C15) ^ block
        mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed &>> 31
    }
}

extension Int {
    fileprivate var roundedDownToPowerOfTwo: Int { 1 << (Int.bitWidth - 1 - leadingZeroBitCount) }
}

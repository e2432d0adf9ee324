import Testing
import VarveBytes

@testable import VarveSegment

@Suite struct `Block cache` {
    @Test func `what was inserted is found under its key alone`() {
        let cache = BlockCache(byteBudget: 1 << 20)
        let owner = cache.makeOwner()
        let block = Block(100)
        cache.insert(block, owner: owner, block: 7)
        #expect(cache.get(owner: owner, block: 7) === block)
        #expect(cache.get(owner: owner, block: 8) == nil)
        #expect(cache.get(owner: cache.makeOwner(), block: 7) == nil)
        #expect(cache.statistics.hits == 1)
        #expect(cache.statistics.misses == 2)
    }

    @Test func `the first block under a key stays`() {
        let cache = BlockCache(byteBudget: 1 << 20)
        let first = Block(100)
        #expect(cache.insert(first, owner: 1, block: 1) === first)
        #expect(cache.insert(Block(100), owner: 1, block: 1) === first)
        #expect(cache.statistics.byteCount == 100)
    }

    @Test(arguments: [0, 1_000, 100_000, 1 << 20, 32 << 20])
    func `the budget is never exceeded and the books agree`(budget: Int) {
        let cache = BlockCache(byteBudget: budget)
        var random = SourceRandom(seed: UInt64(budget))
        for step in 0..<20_000 {
            let number = random.below(random.below(2) == 0 ? 50 : 5_000)
            let owner = UInt64(number % 7)
            if cache.get(owner: owner, block: UInt64(number)) == nil {
                cache.insert(Block(64 + number % 3_000), owner: owner, block: UInt64(number))
            }
            if step % 1_000 == 999 { cache.removeAll(owner: UInt64(step / 1_000 % 7)) }
            if step % 100 == 0 {
                let statistics = cache.statistics
                #expect(statistics.byteCount <= budget)
                #expect(statistics.byteCount >= 64 * statistics.blockCount)
            }
        }
        cache.removeAll()
        #expect(cache.statistics.byteCount == 0)
        #expect(cache.statistics.blockCount == 0)
    }

    @Test func `dropped blocks are released, held ones are not`() {
        let cache = BlockCache(byteBudget: 10_000)
        weak var early: Block?
        var late: Block? = Block(1_000)
        do {
            let block = Block(1_000)
            early = block
            cache.insert(block, owner: 1, block: 0)
        }
        #expect(early != nil)
        for number in 1..<50 { cache.insert(Block(1_000), owner: 1, block: UInt64(number)) }
        #expect(early == nil)
        cache.insert(late!, owner: 2, block: 1)
        weak let watched = late
        late = nil
        #expect(watched != nil)
        cache.removeAll(owner: 2)
        #expect(watched == nil)
    }

    @Test func `a scan leaves what is in use alone`() {
        let cache = BlockCache(byteBudget: 1 << 20)
        let warm = 0..<UInt64(500)
        for _ in 0..<4 {
            for number in warm where cache.get(owner: 1, block: number) == nil {
                cache.insert(Block(1_000), owner: 1, block: number)
            }
        }
        for number in 0..<UInt64(20_000) where cache.get(owner: 2, block: number) == nil {
            cache.insert(Block(1_000), owner: 2, block: number)
        }
        let kept = warm.count { cache.get(owner: 1, block: $0) != nil }
        #expect(kept >= 490)
    }

    @Test func `what returns soon after it was dropped stays longer`() {
        let cache = BlockCache(byteBudget: 100_000)
        cache.insert(Block(1_000), owner: 1, block: 0)
        for number in UInt64(1)..<120 { cache.insert(Block(1_000), owner: 1, block: number) }
        #expect(cache.get(owner: 1, block: 0) == nil)
        cache.insert(Block(1_000), owner: 1, block: 0)
        for number in UInt64(200)..<280 { cache.insert(Block(1_000), owner: 1, block: number) }
        #expect(cache.get(owner: 1, block: 0) != nil)
    }

    @Test func `a block larger than its share is not kept`() {
        let cache = BlockCache(byteBudget: 64 << 20)
        let giant = Block(40 << 20)
        #expect(cache.insert(giant, owner: 1, block: 1) === giant)
        #expect(cache.get(owner: 1, block: 1) == nil)
    }

    @Test func `many threads at once keep the books right`() async {
        let cache = BlockCache(byteBudget: 8 << 20)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SourceRandom(seed: UInt64(task))
                    for _ in 0..<20_000 {
                        let number = UInt64(random.below(3_000))
                        if let found = cache.get(owner: number % 3, block: number) {
                            #expect((found as? Block)?.byteCount == 2_000 + Int(number))
                        } else {
                            cache.insert(Block(2_000 + Int(number)), owner: number % 3, block: number)
                        }
                        if random.below(5_000) == 0 { cache.removeAll(owner: number % 3) }
                    }
                }
            }
        }
        let statistics = cache.statistics
        #expect(statistics.hits + statistics.misses == 160_000)
        #expect(statistics.byteCount <= 8 << 20)
        for owner in UInt64(0)..<3 { cache.removeAll(owner: owner) }
        #expect(cache.statistics.byteCount == 0)
    }

    private final class Block: CachedBlock {
        let byteCount: Int
        init(_ byteCount: Int) { self.byteCount = byteCount }
    }
}

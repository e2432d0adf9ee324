import Testing
import VarveBytes
import VarveDocument

@testable import VarveSegment

@Suite struct `A frozen memtable` {
    static let shapes: [MemtableHistory.Shape] = [
        .init(),
        .init(ids: 500, missing: 0, several: 0, deletes: 0, terms: 300),
        .init(ids: 3, missing: 90, several: 50, deletes: 60, terms: 2),
        .init(ids: 200, missing: 5, several: 2, deletes: 1, terms: 200, longTerms: true),
    ]

    @Test(arguments: shapes.indices, 0..<4 as Range<UInt64>)
    func `answers every call as a plain evaluation does`(shape: Int, seed: UInt64) throws {
        var history = MemtableHistory(seed: seed, shape: Self.shapes[shape])
        var memtable = Memtable(schema: testSchema, hashSeed: seed)
        history.grow(&memtable, by: [1, 2, 63, 400][Int(seed)])
        try history.naive.check(memtable.freeze(), "shape \(shape), seed \(seed)")
    }

    @Test(arguments: [4095, 4096, 4097, 9000])
    func `answers over several column blocks as a plain evaluation does`(rows: Int) throws {
        let shape = MemtableHistory.Shape(ids: 6000, missing: 3, several: 1, deletes: 1, terms: 12)
        var history = MemtableHistory(seed: UInt64(rows), shape: shape)
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: rows)
        try history.naive.check(memtable.freeze(), "\(rows) rows")
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `is the same combined of many as frozen in one piece`(seed: UInt64) throws {
        var history = MemtableHistory(seed: seed, shape: Self.shapes[Int(seed) % Self.shapes.count])
        var pieces: [FrozenMemtable] = []
        var memtable = Memtable(schema: Array(testSchema.prefix(3 + Int(seed))))
        memtable.learn(testSchema)
        for count in [1, 30, 7, 200, 1] {
            history.grow(&memtable, by: count)
            pieces.append(memtable.freeze())
        }
        let combined = FrozenMemtable.combined(pieces)
        try history.naive.check(combined, "seed \(seed)")
        #expect(combined.ownDeaths.isEmpty)
        #expect(FrozenMemtable.combined([combined]) === combined)
    }

    @Test func `flags a column block whose values ascend`() {
        var memtable = Memtable(schema: testSchema)
        let operations = (0..<5000).map { number in
            var operation = TestOperation("r-\(number)")
            operation.values = [(2, .number(Int64(number / 2))), (6, .number(Int64(-number)))]
            return operation
        }
        let batch = prepare(operations)
        for at in operations.indices {
            memtable.append(batch, operation: at, birth: SequenceNumber(UInt64(at)), version: 1)
        }
        let frozen = memtable.freeze()
        #expect(frozen.zone(0, block: 0) == ZoneMap(minimum: 0, maximum: 2047, missing: 0, isSorted: true))
        #expect(
            frozen.zone(1, block: 1) == ZoneMap(minimum: -4999, maximum: -4096, missing: 0, isSorted: false))
    }

    @Test func `serves many threads from the first call on`() async throws {
        var history = MemtableHistory(seed: 77, shape: Self.shapes[1])
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: 500)
        let frozen = memtable.freeze()
        let naive = history.naive
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { #expect(throws: Never.self) { try naive.check(frozen, "in a thread") } }
            }
        }
    }

    @Test func `counts what it derives as memory`() {
        var history = MemtableHistory(seed: 3, shape: Self.shapes[1])
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: 1000)
        let before = memtable.byteCount
        let frozen = memtable.freeze()
        #expect(frozen.byteCount <= before)
        var ids = SortedIDs()
        let bare = frozen.byteCount
        frozen.readSortedIDs(0..<10, into: &ids)
        #expect(frozen.byteCount >= bare + 4000)
    }
}

@Suite struct `A term table` {
    @Test func `keeps terms apart whose hashes are equal`() {
        // A seed equal to the terms' prefix folds all of them to the same hash.
        let terms = (0..<8).map { [0x61] + [UInt8](repeating: 0, count: $0) }
        let shortest: [UInt8] = [0x61]
        let seed = shortest.rawSpan.orderedPrefix(at: 0, count: 1)
        var table = TermTable(seed: seed)
        var arena = ByteBuffer()
        for _ in 0..<2 {
            for (number, term) in terms.enumerated() {
                let found = table.intern(term.rawSpan, at: 0, count: term.count, arena: &arena)
                #expect(found == number)
                #expect(table.find(term.rawSpan, arena: arena.bytes) == number)
            }
        }
        #expect(table.count == terms.count)
    }
}

@Suite struct `Sorting by prefixes` {
    private struct Strings: PrefixSortable {
        let all: [[UInt8]]

        func byteCount(of item: UInt32) -> Int { all[Int(item)].count }

        func prefix(of item: UInt32, at depth: Int) -> UInt64 {
            let bytes = all[Int(item)]
            return bytes.rawSpan.orderedPrefix(at: depth, count: bytes.count - depth)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `gives bytewise order and keeps equal strings as they stood`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        let alphabet = 1 + random.below(4)
        let longest = [3, 9, 17, 60][Int(seed % 4)]
        let all = (0..<(1 + random.below(seed < 30 ? 60 : 2000))).map { _ in
            (0..<random.below(longest)).map { _ in UInt8(random.below(alphabet)) }
        }
        let expected = all.indices.sorted {
            all[$0] == all[$1] ? $0 < $1 : all[$0].lexicographicallyPrecedes(all[$1])
        }
        let items = all.indices.map { UInt32($0) }
        #expect(PrefixSort.sorted(items, Strings(all: all)) == expected.map { UInt32($0) })
    }

    @Test func `sorts random words by radix`() {
        var random = TestRandom(seed: 9)
        let all = (0..<3000).map { _ in (0..<12).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        let expected = all.indices.sorted { all[$0].lexicographicallyPrecedes(all[$1]) }
        let items = all.indices.map { UInt32($0) }
        #expect(PrefixSort.sorted(items, Strings(all: all)) == expected.map { UInt32($0) })
    }

    @Test func `survives a common prefix of thousands of bytes`() {
        let all = (0..<60).map { [UInt8](repeating: 7, count: 20_000 - ($0 % 3)) + [UInt8($0)] }
        let expected = all.indices.sorted { all[$0].lexicographicallyPrecedes(all[$1]) }
        let items = all.indices.map { UInt32($0) }
        #expect(PrefixSort.sorted(items, Strings(all: all)) == expected.map { UInt32($0) })
    }
}

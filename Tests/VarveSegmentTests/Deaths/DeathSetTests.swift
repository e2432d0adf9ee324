import Testing
import VarveBytes

@testable import VarveSegment

@Suite struct `A death set` {
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `agrees with a dictionary, and old sets stay as they were`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        let rows = [10, 5000, 100_000, 32_769][Int(seed % 4)]
        var model: [UInt32: SequenceNumber] = [:]
        var set = DeathSet()
        var earlier: [(DeathSet, [UInt32: SequenceNumber])] = []
        for step in 0..<12 {
            let deaths = (0..<random.below(60)).map { _ in
                RowDeath(
                    row: UInt32(random.below(rows)),
                    death: SequenceNumber(UInt64(step * 100 + random.below(300))))
            }
            earlier.append((set, model))
            set = set.adding(deaths)
            for death in deaths { model[death.row] = min(model[death.row] ?? .infinity, death.death) }
        }
        earlier.append((set, model))
        for (set, model) in earlier {
            expectEqual(set, model, rows: rows)
            let limit = SequenceNumber(UInt64(random.below(1500)))
            let below = model.filter { $0.value <= limit }
            #expect(set.count(atOrBelow: limit) == below.count)
            expectEqual(set.restricted(toDeathsAtOrBelow: limit), below, rows: rows)
            #expect(DeathSet(set.deaths(above: limit)) == set.remapped { below[$0] == nil ? $0 : nil })
        }
    }

    private func expectEqual(_ set: DeathSet, _ model: [UInt32: SequenceNumber], rows: Int) {
        let expected = model.map { RowDeath(row: $0.key, death: $0.value) }.sorted { $0.row < $1.row }
        #expect(set.all == expected)
        #expect(set.count == model.count)
        #expect(set.isEmpty == model.isEmpty)
        #expect(set.latest == model.values.max())
        #expect(set == DeathSet(expected))
        for row in Set(model.keys).union([0, 1, UInt32(rows) + 40_000]) {
            #expect(set.death(ofRow: Int(row)) == model[row])
        }
    }

    @Test func `moves with its rows`() {
        let set = DeathSet([(1, 10), (5, 20), (70_000, 30)].map(death))
        let moved = set.remapped { $0 == 5 ? nil : $0 + 2 }
        #expect(moved.all == [(3, 10), (70_002, 30)].map(death))
        let reversed = set.remapped { 70_000 - $0 }
        #expect(reversed.all == [(0, 30), (69_995, 20), (69_999, 10)].map(death))
        let joined = DeathSet.combined([(set, 70_001), (DeathSet(), 9), (DeathSet([death(0, 40)]), 1)])
        #expect(joined.all == [(1, 10), (5, 20), (70_000, 30), (70_010, 40)].map(death))
    }

    @Test func `of one row's deaths keeps the earliest`() {
        let set = DeathSet([death(4, 9), death(4, 7), death(4, 8)])
        #expect(set.adding([death(4, 8)]).all == [death(4, 7)])
        #expect(set.adding([death(4, 3)]).all == [death(4, 3)])
    }

    @Test func `of another content is another set`() {
        #expect(DeathSet([death(1, 2)]) != DeathSet([death(1, 3)]))
        #expect(DeathSet([death(1, 2)]) != DeathSet([death(2, 2)]))
        #expect(DeathSet() != DeathSet([death(0, 0)]))
        #expect(DeathSet([death(0, 0)]).restricted(toDeathsAtOrBelow: SequenceNumber(0)).count == 1)
    }

    private func death(_ row: UInt32, _ death: UInt64) -> RowDeath {
        RowDeath(row: row, death: SequenceNumber(death))
    }
}

@Suite struct `Live rows` {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `are those born, not dead and not tombstones at every S`(seed: UInt64) throws {
        let shape = MemtableHistory.Shape(ids: 30, deletes: seed % 3 == 0 ? 0 : 15)
        var history = MemtableHistory(seed: seed, shape: shape, schema: [])
        var memtable = Memtable()
        history.grow(&memtable, by: [1, 64, 65, 300][Int(seed % 4)])
        let deaths = DeathSet(memtable.ownDeaths)
        let frozen = memtable.freeze()
        for number in 0...(history.nextBirth + 1) {
            let snapshot = SequenceNumber(number)
            let searchable = try SearchableSegment(frozen, at: snapshot, deaths: deaths)
            let expected = history.naive.rows.indices.filter { row in
                let state = history.naive.rows[row]
                return state.birth <= number && !state.isTombstone
                    && (deaths.death(ofRow: row) ?? .infinity) > snapshot
            }
            #expect(searchable.liveCount == expected.count)
            #expect((searchable.live == nil) == (expected.count == frozen.rowCount))
            if let live = searchable.live {
                #expect(live.count == expected.count)
                #expect((0..<frozen.rowCount).filter { live[$0] } == expected)
            }
        }
    }

    @Test func `of many blocks end at the last row born`() throws {
        var memtable = Memtable()
        let batch = prepare([TestOperation("r")])
        for row in 0..<20_000 {
            memtable.append(batch, operation: 0, birth: SequenceNumber(UInt64(row * 3 + 5)), version: 1)
        }
        let frozen = memtable.freeze()
        for (snapshot, rows) in [
            (4, 0), (5, 1), (7, 1), (8, 2), (30_000, 9999), (60_001, 19_999), (60_002, 20_000),
        ] {
            let born = try frozen.rowsBorn(atOrBefore: SequenceNumber(UInt64(snapshot)))
            #expect(born == rows)
        }
    }

    @Test func `follow new deaths without starting over`() throws {
        var history = MemtableHistory(seed: 4, shape: .init(ids: 50, deletes: 5), schema: [])
        var memtable = Memtable()
        history.grow(&memtable, by: 200)
        let all = memtable.ownDeaths
        let frozen = memtable.freeze()
        var searchable = try SearchableSegment(frozen, at: .infinity, deaths: DeathSet())
        for part in [all[..<10], all[10..<10], all[10...], all[..<3]] {
            searchable = searchable.removing(Array(part))
        }
        let direct = try SearchableSegment(frozen, at: .infinity, deaths: DeathSet(all))
        #expect(searchable.live == direct.live)
        #expect(searchable.liveCount == direct.liveCount)
    }
}

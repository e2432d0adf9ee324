import Testing
import VarveBytes
import VarveDocument

@testable import VarveSegment

@Suite struct `A memtable` {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `knows the newest row of every id and what it superseded`(seed: UInt64) {
        var history = MemtableHistory(seed: seed)
        var memtable = Memtable(schema: testSchema, hashSeed: seed)
        for _ in 0..<3 {
            history.grow(&memtable, by: 100)
            for (id, row) in history.newest {
                #expect(memtable.newestRow(id: id.rawSpan, hash: hashOfID(id.rawSpan)) == row)
                let state = memtable.row(row)
                #expect(state.birth.rawValue == history.naive.rows[row].birth)
                #expect(state.version == history.naive.rows[row].version)
                #expect(state.isTombstone == history.naive.rows[row].isTombstone)
                var bytes = ByteBuffer()
                memtable.appendSource(ofRow: row, to: &bytes)
                memtable.appendID(ofRow: row, to: &bytes)
                #expect(bytes.copied == history.naive.rows[row].source + id)
            }
            let stranger = Array("nobody".utf8)
            #expect(memtable.newestRow(id: stranger.rawSpan, hash: hashOfID(stranger.rawSpan)) == nil)
        }
        #expect(memtable.rowCount == 300)
        #expect(memtable.ownDeaths == history.deaths)
        #expect(memtable.firstRowsOfIDs == history.firstRows)
    }

    @Test func `ids whose hashes are equal stay apart`() {
        var memtable = Memtable()
        let operations = (0..<200).map { TestOperation("r-\($0 % 100)") }
        let batch = prepare(operations)
        for at in operations.indices {
            memtable.append(batch, operation: at, birth: SequenceNumber(UInt64(at)), idHash: 0xABCD)
        }
        for number in 0..<100 {
            let id = Array("r-\(number)".utf8)
            #expect(memtable.newestRow(id: id.rawSpan, hash: 0xABCD) == number + 100)
        }
    }

    @Test func `a version that is not given is one above the last, or waits for older views`() {
        var memtable = Memtable()
        let batch = prepare([
            TestOperation("known"), TestOperation("blind"), TestOperation("known"), TestOperation("blind"),
            TestOperation("blind", kind: .delete), TestOperation("blind"),
        ])
        memtable.append(batch, operation: 0, birth: SequenceNumber(0), version: 41)
        for at in 1..<6 { memtable.append(batch, operation: at, birth: SequenceNumber(UInt64(at))) }
        #expect((0..<6).map { memtable.row($0).version } == [41, nil, 42, nil, nil, nil])

        memtable.resolveVersions(ofChainEndingAt: 5, base: 7)
        #expect((0..<6).map { memtable.row($0).version } == [41, 8, 42, 9, 10, 11])
        memtable.resolveVersions(ofChainEndingAt: 5, base: 1000)
        #expect(memtable.row(5).version == 11)
    }

    @Test func `a given version ends the run of those that wait`() {
        var memtable = Memtable()
        let batch = prepare((0..<4).map { _ in TestOperation("r") })
        memtable.append(batch, operation: 0, birth: SequenceNumber(0))
        memtable.append(batch, operation: 1, birth: SequenceNumber(1))
        memtable.append(batch, operation: 2, birth: SequenceNumber(2), version: 500)
        memtable.append(batch, operation: 3, birth: SequenceNumber(3))
        let frozen = memtable.freeze()
        #expect(frozen.hasUnresolvedVersions)
        frozen.resolveVersions(bases: [3])
        #expect(!frozen.hasUnresolvedVersions)
        #expect((0..<4).map { frozen.row($0).version } == [4, 5, 500, 501])
    }

    @Test func `only ids that may be elsewhere have to be looked up`() {
        var memtable = Memtable()
        var new = TestOperation("generated")
        new.idIsNew = true
        let batch = prepare([new, TestOperation("given"), TestOperation("settled"), new])
        memtable.append(batch, operation: 0, birth: SequenceNumber(0))
        memtable.append(batch, operation: 1, birth: SequenceNumber(1))
        memtable.append(batch, operation: 2, birth: SequenceNumber(2), version: 9, olderIsSettled: true)
        memtable.append(batch, operation: 3, birth: SequenceNumber(3))
        #expect(memtable.firstRowsOfIDs == [1])
        #expect((0..<4).map { memtable.row($0).version } == [1, nil, 9, 2])
    }

    @Test func `counts the memory that it holds, payloads included`() {
        var memtable = Memtable(schema: testSchema)
        let empty = memtable.byteCount
        let batch = prepare([TestOperation("r-1", String(repeating: "x", count: 100_000))])
        memtable.append(batch, operation: 0, birth: SequenceNumber(0))
        let one = memtable.byteCount
        #expect(one - empty >= 100_000)
        #expect(one - empty < batch.payload.capacity + 1000)
        memtable.append(batch, operation: 0, birth: SequenceNumber(1))
        #expect(memtable.byteCount < one + 1000)
        var history = MemtableHistory(seed: 1)
        history.grow(&memtable, by: 0)
        _ = memtable.freeze()
        #expect(memtable.byteCount <= empty)
    }

    @Test func `is empty after freezing and goes on with the same schema`() throws {
        var history = MemtableHistory(seed: 5)
        var memtable = Memtable(schema: testSchema)
        for _ in 0..<3 {
            history.grow(&memtable, by: 50)
            let frozen = memtable.freeze()
            #expect(memtable.isEmpty == true)
            #expect(memtable.ownDeaths == [])
            #expect(memtable.firstRowsOfIDs == [])
            #expect(frozen.ownDeaths == history.deaths)
            #expect(frozen.firstRowsOfIDs == history.firstRows)
            try history.naive.check(frozen, "after a freeze")
            history.startAnew()
        }
    }

    @Test func `takes over a schema that has grown`() throws {
        var memtable = Memtable(schema: Array(testSchema.prefix(3)))
        var history = MemtableHistory(seed: 6, schema: Array(testSchema.prefix(3)))
        history.grow(&memtable, by: 30)
        memtable.learn(testSchema)
        memtable.learn([])
        var later = TestOperation("late")
        later.values = [(7, .text("new field")), (5, .number(1))]
        memtable.append(prepare([later]), operation: 0, birth: SequenceNumber(1000), version: 1)
        var naive = NaiveView(schema: testSchema, rows: history.naive.rows)
        naive.rows.append(NaiveView.Row(later, birth: 1000, version: 1))
        try naive.check(memtable.freeze(), "grown schema")
    }

    @Test func `takes a batch while it is being numbered, and its operations meet each other`() throws {
        let schema = try Schema(["station": .keyword, "celsius": .double])
        var builder = BatchBuilder(schema: schema)
        let ids: [[UInt8]] = ["a", "b", "a", "c", "b", "a"].map { Array($0.utf8) }
        for (at, id) in ids.enumerated() {
            let source = Array("{\"station\": \"oslo-\(at % 2)\", \"celsius\": -\(at).5}".utf8)
            try builder.index(id: id.rawSpan, source: source.rawSpan)
        }
        var draft = builder.finish(at: 0)
        var memtable = Memtable(schema: schema.snapshot.fields)
        for at in ids.indices {
            let newest = memtable.newestRow(ofOperation: at, in: draft)
            let expected = ids[..<at].lastIndex(of: ids[at])
            #expect(newest == expected)
            let version = newest.map { memtable.row($0).version! + 1 } ?? 10
            draft.setVersion(version, of: at)
            memtable.append(draft, operation: at, birth: SequenceNumber(UInt64(at)), version: version)
        }
        memtable.retain(draft.seal().payload)
        let frozen = memtable.freeze()
        #expect((0..<6).map { frozen.row($0).version } == [10, 10, 11, 10, 11, 12])
        #expect(frozen.ownDeaths.map { $0.row } == [0, 1, 2])
        var found: [UInt32] = []
        let first = ids[0]
        frozen.findRows(id: first.rawSpan, into: &found)
        #expect(found == [5, 2, 0])
        var source = ByteBuffer()
        frozen.appendSource(ofRow: 4, to: &source)
        #expect(source.copied == Array("{\"station\": \"oslo-0\", \"celsius\": -4.5}".utf8))
        let celsius = try #require(frozen.field(named: "celsius"))
        #expect(frozen.fields[celsius].minimum == (-5.5).sortableBits)
        let station = try #require(frozen.field(named: "station"))
        let term = Array("oslo-1".utf8)
        #expect(frozen.ordinal(of: term.rawSpan, field: station) == .found(1))
        #expect(frozen.documentFrequency(1, field: station) == 3)
    }

    @Test func `takes sealed and unsealed batches in turn`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        var memtable = Memtable()
        var sources: [[UInt8]] = []
        for round in 0..<6 {
            let id = Array("r-\(round % 4)".utf8)
            sources.append(Array("{\"round\": \(round)}".utf8))
            let source = sources[round]
            try builder.index(id: id.rawSpan, source: source.rawSpan)
            let draft = builder.finish(at: 0)
            memtable.learn(schema.snapshot.fields)
            let birth = SequenceNumber(UInt64(round))
            if round % 2 == 0 {
                memtable.append(draft, operation: 0, birth: birth)
                memtable.retain(draft.seal().payload)
            } else {
                memtable.append(draft.seal(), operation: 0, birth: birth)
            }
        }
        for round in 0..<6 {
            var source = ByteBuffer()
            memtable.appendSource(ofRow: round, to: &source)
            #expect(source.copied == sources[round])
        }
        #expect(memtable.ownDeaths.map { $0.row } == [0, 1])
    }
}

import Testing
import VarveBytes
import VarveDocument

@testable import VarveSegment

@Suite struct `A memtable` {
    @Test func `the newest row of an id is found and its source comes back`() {
        var memtable = Memtable(schema: testSchema)
        let batch = prepare([
            TestOperation("r-1", "{\"a\":1}"), TestOperation("r-2", "{\"a\":2}"),
            TestOperation("r-1", "{\"a\":3}"),
        ])
        for operation in 0..<3 {
            memtable.append(batch, operation: operation, birth: SequenceNumber(UInt64(operation) * 2 + 10))
        }
        let id = Array("r-1".utf8)
        #expect(memtable.newestRow(id: id.rawSpan, hash: hashOfID(id.rawSpan)) == 2)
        #expect(memtable.row(2).previousRow == 0)
        #expect(memtable.ownDeaths == [RowDeath(row: 0, death: SequenceNumber(14))])
        #expect(memtable.firstRowsOfIDs == [0, 1])
        var source = ByteBuffer()
        memtable.appendSource(ofRow: 2, to: &source)
        #expect(source.copied == Array("{\"a\":3}".utf8))
    }
}

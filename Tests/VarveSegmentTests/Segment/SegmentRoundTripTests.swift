import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSimulation

@testable import VarveSegment

@Suite struct `A segment` {
    static let shapes: [MemtableHistory.Shape] = [
        .init(),
        .init(ids: 500, missing: 0, several: 0, deletes: 0, terms: 300),
        .init(ids: 3, missing: 90, several: 50, deletes: 60, terms: 2),
        .init(ids: 200, missing: 5, several: 2, deletes: 1, terms: 200, longTerms: true),
    ]

    @Test(arguments: shapes.indices, 0..<4 as Range<UInt64>)
    func `answers every call as a plain evaluation of its rows`(shape: Int, seed: UInt64) throws {
        var history = MemtableHistory(seed: seed, shape: Self.shapes[shape])
        var memtable = Memtable(schema: testSchema, hashSeed: seed)
        history.grow(&memtable, by: [1, 2, 63, 700][Int(seed)])
        var bench = SegmentBench()
        let segment = try bench.segment([MergeInput(view: memtable.freeze())])
        try history.naive.check(segment, "shape \(shape), seed \(seed)")
    }

    @Test(arguments: [4095, 4096, 4097, 9000])
    func `answers so over several column blocks`(rows: Int) throws {
        let shape = MemtableHistory.Shape(ids: 6000, missing: 3, several: 1, deletes: 1, terms: 12)
        var history = MemtableHistory(seed: UInt64(rows), shape: shape)
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: rows)
        var bench = SegmentBench()
        let segment = try bench.segment([MergeInput(view: memtable.freeze())])
        try history.naive.check(segment, "\(rows) rows")
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `merged of many views has the rows that were kept`(seed: UInt64) throws {
        var history = MemtableHistory(seed: seed, shape: Self.shapes[Int(seed) % Self.shapes.count])
        var bench = SegmentBench()
        var inputs: [MergeInput] = []
        var memtable = Memtable(schema: testSchema)
        var first = 0
        var keep = RowBitmap(rowCount: 0)
        for (number, count) in [1, 300, 7, 900, 40].enumerated() {
            history.grow(&memtable, by: count)
            let frozen = memtable.freeze()
            // Memtables and segments, whole and in part, of one codec and the other.
            let codec: SourceBlockCodec = (Int(seed) + number) % 3 == 0 ? .rows : .columns
            let options = SegmentBuildOptions(sources: SourceBlockOptions(codec: codec, level: 1))
            let isFrozen = (Int(seed) / 2 + number) % 2 == 0
            let view: any SegmentView =
                isFrozen ? frozen : try bench.segment([MergeInput(view: frozen)], options: options)
            let percent = [100, 90, 50, 0, 100][(Int(seed) + number) % 5]
            let kept = randomBitmap(count, percent: percent, seed: seed * 10 + UInt64(number))
            inputs.append(MergeInput(view: view, keep: kept))
            var all = RowBitmap(rowCount: first + count)
            for row in 0..<first where keep[row] { all[row] = true }
            for row in 0..<count where kept[row] { all[first + row] = true }
            keep = all
            first += count
        }
        let built = try bench.write(inputs)
        let merged = try bench.open(built)
        let expected = history.naive.keeping(keep)
        try expected.ordered(like: merged).check(merged, "seed \(seed)")
        checkMappings(built, inputs)

        // Merging what is merged changes nothing.
        let again = try bench.segment([MergeInput(view: merged)])
        try expected.ordered(like: again).check(again, "seed \(seed), again")
    }

    private func checkMappings(_ built: BuiltSegment, _ inputs: [MergeInput]) {
        var next = 0
        for (mapping, input) in zip(built.mappings, inputs) {
            for row in 0..<input.view.rowCount {
                let isKept = input.keep?[row] ?? true
                #expect(mapping.newRow(row) == (isKept ? next : nil))
                if isKept { next += 1 }
            }
            #expect(
                (mapping.rows == nil) == (input.keep?.count ?? input.view.rowCount == input.view.rowCount))
        }
        #expect(next == built.rowCount)
    }

    @Test func `of no rows is not written`() throws {
        var history = MemtableHistory(seed: 5)
        var memtable = Memtable(schema: testSchema)
        history.grow(&memtable, by: 10)
        let bench = SegmentBench()
        let built = try SegmentBuilder.build(
            inputs: [MergeInput(view: memtable.freeze(), keep: RowBitmap(rowCount: 10))], id: 7,
            owner: SegmentBench.owner, in: bench.disk, path: SegmentBench.path(7))
        #expect(built?.id == nil)
        #expect(throws: FileError.self) { try bench.disk.openFile(SegmentBench.path(7), writable: false) }
    }
}

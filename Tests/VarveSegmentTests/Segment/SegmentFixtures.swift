import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSimulation

@testable import VarveSegment

/// Writes segments to a simulated disk and opens them.
struct SegmentBench {
    static let owner = UUID128(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)

    let disk = SimulatedDisk()
    let cache: BlockCache? = BlockCache(byteBudget: 4 << 20)
    private(set) var lastID: UInt64 = 0x2A

    static func path(_ id: UInt64) -> StorePath { StorePath.root.appending("seg-" + id.hex16) }

    mutating func write(
        _ inputs: [MergeInput], options: SegmentBuildOptions = SegmentBuildOptions()
    ) throws -> BuiltSegment {
        lastID += 1
        let built = try SegmentBuilder.build(
            inputs: inputs, id: lastID, owner: Self.owner, in: disk, path: Self.path(lastID), options: options
        )
        return try #require(built)
    }

    func open(_ built: BuiltSegment) throws -> SegmentReader {
        try SegmentReader.open(
            files: disk, path: Self.path(built.id), owner: Self.owner, id: built.id,
            byteCount: built.byteCount, rootChecksum: built.rootChecksum, cache: cache)
    }

    /// Writes a segment and opens it.
    mutating func segment(
        _ inputs: [MergeInput], options: SegmentBuildOptions = SegmentBuildOptions()
    ) throws -> SegmentReader {
        try open(try write(inputs, options: options))
    }
}

extension NaiveView {
    /// The same rows, with fields in the order in which a view lists them.
    func ordered(like view: any SegmentView) -> NaiveView {
        let paths = view.fields.map { $0.definition.path }
        let rest = schema.filter { !paths.contains($0.path) }
        var copy = self
        copy.schema = paths.compactMap { path in schema.first { $0.path == path } } + rest
        let places = Dictionary(uniqueKeysWithValues: copy.schema.enumerated().map { ($1.path, $0) })
        for row in rows.indices {
            for value in rows[row].values.indices {
                copy.rows[row].values[value].field = places[schema[rows[row].values[value].field].path]!
            }
        }
        return copy
    }

    /// The rows that `keep` has.
    func keeping(_ keep: RowBitmap) -> NaiveView {
        var copy = self
        copy.rows = rows.indices.filter { keep[$0] }.map { rows[$0] }
        return copy
    }
}

/// A bitmap with each bit set by chance.
func randomBitmap(_ rowCount: Int, percent: Int, seed: UInt64) -> RowBitmap {
    var random = TestRandom(seed: seed)
    var bitmap = RowBitmap(rowCount: rowCount)
    for row in 0..<rowCount where random.chance(percent) { bitmap[row] = true }
    return bitmap
}

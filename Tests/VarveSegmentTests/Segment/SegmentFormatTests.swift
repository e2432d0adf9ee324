import Testing
import VarveBytes
import VarveDocument
import VarveFiles
import VarveSimulation

@testable import VarveSegment

@Suite struct `The format page of segments` {
    static let schema = [FieldDefinition("city", .keyword), FieldDefinition("n", .long)]

    /// The rows of the page's example.
    static func rows() -> NaiveView {
        var first = TestOperation("a", "{\"city\":\"oslo\",\"n\":5}")
        first.values = [(0, .text("oslo")), (1, .number(5))]
        var second = TestOperation("b", "{\"city\":\"rome\",\"n\":6}")
        second.values = [(0, .text("rome")), (1, .number(6))]
        return NaiveView(
            schema: schema,
            rows: [
                NaiveView.Row(first, birth: 7, version: 1), NaiveView.Row(second, birth: 8, version: 1),
                NaiveView.Row(TestOperation("a", "", kind: .delete), birth: 9, version: 2),
            ])
    }

    static func memtable() -> FrozenMemtable {
        var memtable = Memtable(schema: schema)
        for row in rows().rows {
            var operation = TestOperation(row.isTombstone ? .delete : .index, id: row.id)
            operation.source = row.source
            operation.values = row.values
            memtable.append(
                prepare([operation]), operation: 0, birth: SequenceNumber(row.birth), version: row.version)
        }
        return memtable.freeze()
    }

    @Test func `has an example that reads as it says`() throws {
        let bytes = try FormatPage("segment").example
        let disk = SimulatedDisk()
        let path = SegmentBench.path(0x2A)
        disk.replace(path, with: bytes)
        let segment = try SegmentReader.open(files: disk, path: path)
        #expect(segment.id == 0x2A)
        try Self.rows().check(segment, "the example")
        #expect(try segment.verify(full: true) == [])
    }

    @Test func `has an example that is what a flush writes`() throws {
        let bytes = try FormatPage("segment").example
        let disk = SimulatedDisk()
        let path = SegmentBench.path(0x2A)
        let options = SegmentBuildOptions(sources: SourceBlockOptions(codec: .rows, level: 6))
        _ = try SegmentBuilder.build(
            inputs: [MergeInput(view: Self.memtable())], id: 0x2A, owner: SegmentBench.owner, in: disk,
            path: path, options: options)
        let written = try #require(disk.bytes(of: path))
        // Another deflate may write the sources otherwise, and with them all that depends on their length.
        let sources = try SegmentReader.open(files: disk, path: path).statistics.sections[0]
        let range = Int(sources.offset)..<Int(sources.offset + sources.byteCount)
        if bytes.count == written.count && bytes[range] == written[range] { #expect(bytes == written) }
    }
}

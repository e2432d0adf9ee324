import Testing
import VarveBytes

@testable import VarveSegment

/// Holds `docs/formats/source-block.md` and the code together.
@Suite struct `The page of source blocks` {
    private let documents = [
        #"{"year":2013,"at":"2013-01-01T10:00:00Z","carrier":"UA","tail":"N14228","delay":2,"celsius":3.9}"#,
        #"{"year":2013,"at":"2013-01-01T11:00:00Z","carrier":"AA","tail":"N619AA","delay":null,"celsius":4}"#,
        #"{"year":2013,"at":"2013-01-01T11:00:00Z","carrier":"UA","tail":"N39463","delay":-4,"celsius":4.5,"note":"late"}"#,
        #"{"year":2013,"at":"2013-01-01T12:00:00Z","carrier":"UA","tail":"N24211","delay":9,"celsius":4.5}"#,
    ].map { Array($0.utf8) }

    @Test func `the example of columns is what is written`() throws {
        let encoded = EncodedSources(documents)
        #expect(encoded.blocks.count == 1)
        #expect(try encoded.inflated(encoded.blocks[0]) == FormatPage("source-block").examples[1])
    }

    @Test func `the example of columns is read`() throws {
        let example = try FormatPage("source-block").examples[1]
        #expect(try render(example, rowCount: 4, codec: .columns) == documents)
    }

    @Test func `blocks deflated by zlib and by libdeflate are both read`() throws {
        let examples = try FormatPage("source-block").examples
        for stored in examples[2...3] {
            let block = try SourceBlockDecoder.decode(
                stored: stored.rawSpan, rawCount: examples[1].count, rowCount: 4, codec: .columns)
            #expect(rows(of: block) == documents)
        }
        let encoded = EncodedSources(documents)
        #expect(examples[2...3].contains(encoded.stored(encoded.blocks[0])))
    }

    @Test func `the example of terms is read`() throws {
        let example = try FormatPage("source-block").examples[4]
        let told = [
            #"{"to":"X","a":5,"sum":501,"far":300}"#, #"{"to":"Y","a":7,"sum":701,"far":601}"#,
            #"{"to":"X","a":9,"sum":901,"far":302}"#,
        ].map { Array($0.utf8) }
        #expect(try render(example, rowCount: 3, codec: .columns) == told)
    }

    @Test func `the example of rows is written and read`() throws {
        let example = try FormatPage("source-block").examples[0]
        let documents = [#"{"n":1}"#, "", #"{"n":22}"#].map { Array($0.utf8) }
        let encoded = EncodedSources(documents, codec: .rows)
        #expect(try encoded.inflated(encoded.blocks[0]) == example)
        #expect(try render(example, rowCount: 3, codec: .rows) == documents)
    }

    private func render(_ raw: [UInt8], rowCount: Int, codec: SourceBlockCodec) throws -> [[UInt8]] {
        rows(
            of: try SourceBlockDecoder.decode(
                raw: ByteBuffer(copying: raw.rawSpan), rowCount: rowCount, codec: codec))
    }

    private func rows(of block: DecodedSourceBlock) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        var scratch = ByteBuffer()
        block.forEachRow(0..<block.rowCount, scratch: &scratch) { _, bytes in rows.append(bytes.copyBytes()) }
        return rows
    }
}

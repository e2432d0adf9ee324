import Testing
import VarveBytes

@testable import VarveSegment

@Suite struct `Source blocks` {
    @Test(arguments: [SourceBlockCodec.rows, .columns])
    func `documents come back byte for byte`(codec: SourceBlockCodec) throws {
        let documents = (0..<3_000).map { row in
            row % 97 == 5
                ? ""
                : #"{"year":2013,"delay":\#(row % 50 == 0 ? "null" : String(row % 71 - 20)),"tail":"N\#(row * 7919 % 9_973)"}"#
        }
        #expect(
            try roundTrip(documents.map { Array($0.utf8) }, codec: codec) == documents.map { Array($0.utf8) })
    }
}

/// Encodes the documents, decodes all blocks and renders all rows.
func roundTrip(
    _ documents: [[UInt8]], codec: SourceBlockCodec = .columns, level: Int = 1
) throws -> [[UInt8]] {
    var output = ByteBuffer()
    var blocks: [SourceBlockEntry] = []
    var encoder = SourceBlockEncoder(options: SourceBlockOptions(codec: codec, level: level))
    for document in documents { encoder.append(document.rawSpan, into: &output, blocks: &blocks) }
    encoder.finish(into: &output, blocks: &blocks)
    var rows: [[UInt8]] = []
    for block in blocks {
        #expect(block.firstRow == rows.count)
        #expect(block.offset % 8 == 0)
        let decoded = try SourceBlockDecoder.decode(
            stored: output.bytes.slice(block.offset, block.storedCount), rawCount: block.rawCount,
            rowCount: block.rowCount, codec: block.codec, dictionary: encoder.dictionary.rawSpan)
        var scratch = ByteBuffer()
        decoded.forEachRow(0..<decoded.rowCount, scratch: &scratch) { _, bytes in
            rows.append(bytes.copyBytes())
        }
    }
    return rows
}

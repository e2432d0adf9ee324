import Testing
import VarveBytes

@testable import VarveSegment

struct EncodedSources: ~Copyable {
    var output = ByteBuffer()
    var blocks: [SourceBlockEntry] = []
    var dictionary: [UInt8] = []

    init(_ documents: [[UInt8]], codec: SourceBlockCodec = .columns, level: Int = 1) {
        var encoder = SourceBlockEncoder(options: SourceBlockOptions(codec: codec, level: level))
        for document in documents { encoder.append(document.rawSpan, into: &output, blocks: &blocks) }
        encoder.finish(into: &output, blocks: &blocks)
        dictionary = encoder.dictionary
    }

    func stored(_ block: SourceBlockEntry) -> [UInt8] {
        output.bytes.slice(block.offset, block.storedCount).copyBytes()
    }

    func inflated(_ block: SourceBlockEntry) throws -> [UInt8] {
        var raw = ByteBuffer()
        var inflater = Inflater()
        try inflater.inflate(
            output.bytes.slice(block.offset, block.storedCount), rawCount: block.rawCount,
            dictionary: dictionary.rawSpan, into: &raw)
        return raw.bytes.copyBytes()
    }

    func decode(_ block: SourceBlockEntry) throws(FormatError) -> DecodedSourceBlock {
        try SourceBlockDecoder.decode(
            stored: output.bytes.slice(block.offset, block.storedCount), rawCount: block.rawCount,
            rowCount: block.rowCount, codec: block.codec, dictionary: dictionary.rawSpan)
    }
}

/// Encodes the documents and decodes all blocks; with each, the number of its first row.
func decodeAll(
    _ documents: [[UInt8]], codec: SourceBlockCodec = .columns, level: Int = 1
) throws -> [(DecodedSourceBlock, Int)] {
    let encoded = EncodedSources(documents, codec: codec, level: level)
    var rows = 0
    var decoded: [(DecodedSourceBlock, Int)] = []
    for block in encoded.blocks {
        #expect(block.firstRow == rows)
        #expect(block.offset % 8 == 0)
        #expect(block.codec == codec)
        rows += block.rowCount
        decoded.append((try encoded.decode(block), block.firstRow))
    }
    #expect(rows == documents.count)
    return decoded
}

/// What comes out when the documents go in.
func roundTrip(
    _ documents: [[UInt8]], codec: SourceBlockCodec = .columns, level: Int = 1
) throws -> [[UInt8]] {
    var rows: [[UInt8]] = []
    for (block, first) in try decodeAll(documents, codec: codec, level: level) {
        var scratch = ByteBuffer()
        block.forEachRow(0..<block.rowCount, scratch: &scratch) { row, bytes in
            #expect(first + row == rows.count)
            rows.append(bytes.copyBytes())
        }
    }
    return rows
}

func storedCount(_ documents: [[UInt8]], codec: SourceBlockCodec = .columns) throws -> Int {
    EncodedSources(documents, codec: codec).output.count
}

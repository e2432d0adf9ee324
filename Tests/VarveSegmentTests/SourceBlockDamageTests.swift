import Testing
import VarveBytes

@testable import VarveSegment

/// Damage past the checksum: whatever the bytes are, decoding fails or what it returns can be rendered.
@Suite struct `Damaged source blocks` {
    static let samples: [[[UInt8]]] = [
        SourceDocuments.flights(9),
        SourceDocuments.flights(60),
        SourceDocuments.mixed(14, seed: 4),
        SourceDocuments.strange.map { Array($0.utf8) },
        [
            #"{"a":1.25,"b":null,"c":"x"}"#, #"{"a":7.5,"b":"2013-01-01"}"#, "",
            #"{"a":-0.75,"b":"2014-02-03","c":"yz"}"#,
        ]
        .map { Array($0.utf8) },
    ]

    @Test(arguments: [SourceBlockCodec.rows, .columns], 0..<samples.count)
    func `a stored block cut at any byte is refused`(codec: SourceBlockCodec, sample: Int) throws {
        let encoded = EncodedSources(Self.samples[sample], codec: codec)
        let block = encoded.blocks[0]
        let stored = encoded.stored(block)
        for cut in 0..<stored.count {
            #expect(throws: FormatError.self, "cut at byte \(cut)") {
                try SourceBlockDecoder.decode(
                    stored: Array(stored[..<cut]).rawSpan, rawCount: block.rawCount, rowCount: block.rowCount,
                    codec: codec, dictionary: encoded.dictionary.rawSpan)
            }
        }
    }

    @Test(arguments: [SourceBlockCodec.rows, .columns], 0..<samples.count)
    func `a stored block with any bit flipped fails or renders`(codec: SourceBlockCodec, sample: Int) throws {
        let encoded = EncodedSources(Self.samples[sample], codec: codec)
        let block = encoded.blocks[0]
        for bit in 0..<block.storedCount * 8 {
            var stored = encoded.stored(block)
            stored[bit / 8] ^= 1 << (bit % 8)
            renderIfValid {
                try SourceBlockDecoder.decode(
                    stored: stored.rawSpan, rawCount: block.rawCount, rowCount: block.rowCount, codec: codec,
                    dictionary: encoded.dictionary.rawSpan)
            }
        }
    }

    @Test(arguments: [SourceBlockCodec.rows, .columns], 0..<samples.count)
    func `an inflated block with any byte changed or cut off fails or renders`(
        codec: SourceBlockCodec, sample: Int
    ) throws {
        let (raw, rowCount) = try inflated(Self.samples[sample], codec: codec)
        for at in raw.indices {
            for value in Self.replacements(of: raw[at]) {
                var changed = raw
                changed[at] = value
                renderIfValid { try Self.decode(changed, rowCount: rowCount, codec: codec) }
            }
            #expect(throws: FormatError.self, "cut at byte \(at)") {
                try Self.decode(Array(raw[..<at]), rowCount: rowCount, codec: codec)
            }
        }
        #expect(throws: FormatError.self) { try Self.decode(raw + [0], rowCount: rowCount, codec: codec) }
    }

    @Test(arguments: [(1, 4), (4, 3)])
    func `the examples of the page with any byte changed fail or render`(example: Int, rowCount: Int) throws {
        let raw = try FormatPage("source-block").examples[example]
        for at in raw.indices {
            for value in UInt8.min...UInt8.max where value != raw[at] {
                var changed = raw
                changed[at] = value
                renderIfValid { try Self.decode(changed, rowCount: rowCount, codec: .columns) }
            }
        }
    }

    @Test(arguments: 0..<30) func `random bytes fail or render`(seed: UInt64) throws {
        var random = SourceRandom(seed: seed)
        let (raw, rowCount) = try inflated(Self.samples[Int(seed) % Self.samples.count], codec: .columns)
        for _ in 0..<300 {
            var changed = raw
            for _ in 0...random.below(6) {
                let at = random.below(changed.count)
                switch random.below(3) {
                case 0: changed[at] = UInt8(random.below(256))
                case 1: changed.remove(at: at)
                default: changed.insert(UInt8(random.below(4)), at: at)
                }
            }
            renderIfValid { try Self.decode(changed, rowCount: rowCount, codec: .columns) }
            let noise = (0..<random.below(80)).map { _ in UInt8(random.below(random.below(2) == 0 ? 6 : 256))
            }
            renderIfValid { try Self.decode(noise, rowCount: 1 + random.below(9), codec: .columns) }
            renderIfValid { try Self.decode(noise, rowCount: 1 + random.below(9), codec: .rows) }
        }
    }

    @Test(arguments: [SourceBlockCodec.rows, .columns])
    func `a wrong number of rows or bytes fails or renders`(codec: SourceBlockCodec) throws {
        let encoded = EncodedSources(SourceDocuments.flights(20), codec: codec)
        let block = encoded.blocks[0]
        for rowCount in [-1, 0, 1, 2, 19, 21, 1_024, 1_025, .max] {
            renderIfValid {
                try SourceBlockDecoder.decode(
                    stored: encoded.stored(block).rawSpan, rawCount: block.rawCount, rowCount: rowCount,
                    codec: codec, dictionary: encoded.dictionary.rawSpan)
            }
        }
        for rawCount in [-1, 0, 1, block.rawCount - 1, block.rawCount + 1, 1 << 20, 1 << 21, 1 << 40, .max] {
            #expect(throws: FormatError.self, "\(rawCount) bytes") {
                try SourceBlockDecoder.decode(
                    stored: encoded.stored(block).rawSpan, rawCount: rawCount, rowCount: 20, codec: codec,
                    dictionary: encoded.dictionary.rawSpan)
            }
        }
    }

    @Test func `a small block cannot ask for long rows`() throws {
        // One shape of 100 slots, each the same constant of 300,000 bytes.
        var raw = ByteBuffer()
        raw.append([1, 0, 1, 0, 1, 0, 0] as [UInt8])
        raw.appendVarint(300_000)
        raw.append(repeating: 0x61, count: 300_000)
        raw.append(UInt8(100))
        raw.append(repeating: 0, count: 201)
        let bytes = raw.bytes.copyBytes()
        #expect(throws: FormatError.self) { try Self.decode(bytes, rowCount: 1_000, codec: .columns) }
    }

    private func inflated(_ documents: [[UInt8]], codec: SourceBlockCodec) throws -> ([UInt8], Int) {
        let encoded = EncodedSources(documents, codec: codec)
        return (try encoded.inflated(encoded.blocks[0]), encoded.blocks[0].rowCount)
    }

    private static func decode(
        _ raw: [UInt8], rowCount: Int, codec: SourceBlockCodec
    ) throws(FormatError) -> DecodedSourceBlock {
        try SourceBlockDecoder.decode(raw: ByteBuffer(copying: raw.rawSpan), rowCount: rowCount, codec: codec)
    }

    private static func replacements(of byte: UInt8) -> [UInt8] {
        (0..<8).map { byte ^ 1 << $0 } + [0, 0xFF, 0x7F, 0x80, byte &+ 1, byte &- 1]
    }

    private func renderIfValid(_ decode: () throws -> DecodedSourceBlock) {
        guard let block = try? decode() else { return }
        var buffer = ByteBuffer()
        block.appendRows(0..<block.rowCount, to: &buffer)
        #expect(buffer.count <= block.rowCount * SourceBlockLimits.sourceBytesMax)
    }
}

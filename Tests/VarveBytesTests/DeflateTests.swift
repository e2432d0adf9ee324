import Testing
import VarveBytes

@Suite struct `Deflate` {
    private static let text = Array(
        (0..<200).map { #"{"station":"s-\#($0 % 7)","celsius":\#($0),"note":"clear"}"# }.joined().utf8)
    private static let dictionary = Array(#"{"station":"s-1","celsius":1,"note":"clear"}"#.utf8)

    private func deflated(_ raw: [UInt8], level: Int = 6, dictionary: [UInt8] = []) -> [UInt8] {
        var deflater = Deflater(level: level)
        var buffer = ByteBuffer()
        buffer.append(UInt8(0xAA))
        let count = deflater.deflate(raw.rawSpan, dictionary: dictionary.rawSpan, into: &buffer)
        #expect(count == buffer.count - 1)
        return Array(buffer.bytes.copyBytes().dropFirst())
    }

    private func inflated(
        _ stored: [UInt8], rawCount: Int, dictionary: [UInt8] = []
    ) throws(FormatError) -> [UInt8] {
        var inflater = Inflater()
        var buffer = ByteBuffer()
        buffer.append(UInt8(0xAA))
        do throws(FormatError) {
            try inflater.inflate(
                stored.rawSpan, rawCount: rawCount, dictionary: dictionary.rawSpan, into: &buffer)
        } catch {
            #expect(buffer.bytes.copyBytes() == [0xAA], "nothing is left of what failed")
            throw error
        }
        return Array(buffer.bytes.copyBytes().dropFirst())
    }

    @Test(arguments: 1...9) func `comes back the same at every level`(level: Int) throws {
        for raw in [[], [1], Self.text, (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &>> 3) }] {
            #expect(try inflated(deflated(raw, level: level), rawCount: raw.count) == raw)
            let primed = deflated(raw, level: level, dictionary: Self.dictionary)
            #expect(try inflated(primed, rawCount: raw.count, dictionary: Self.dictionary) == raw)
        }
    }

    @Test func `makes text small, and smaller with a dictionary that knows it`() {
        let short = Array(Self.text.prefix(100))
        #expect(deflated(Self.text).count < Self.text.count / 8)
        #expect(deflated(short, dictionary: Self.dictionary).count < deflated(short).count - 20)
    }

    @Test func `one stream serves block after block, with a dictionary and without`() throws {
        var deflater = Deflater(level: 6)
        var inflater = Inflater()
        for round in 0..<20 {
            let raw = Array(Self.text.suffix(round * 37))
            let dictionary = round % 3 == 0 ? Self.dictionary : []
            var stored = ByteBuffer()
            deflater.deflate(raw.rawSpan, dictionary: dictionary.rawSpan, into: &stored)
            var back = ByteBuffer()
            let garbage: [UInt8] = [0xFF, 0xFF, 0x00]
            #expect(throws: FormatError.self) {
                try inflater.inflate(garbage.rawSpan, rawCount: 10, into: &back)
            }
            try inflater.inflate(
                stored.bytes, rawCount: raw.count, dictionary: dictionary.rawSpan, into: &back)
            #expect(back.bytes.copyBytes() == raw)
        }
    }

    @Test func `a wrong raw length is damage`() {
        for raw in [[], [1], Self.text] {
            for dictionary in [[], Self.dictionary] {
                let stored = deflated(raw, dictionary: dictionary)
                for wrong in [0, 1, raw.count - 1, raw.count + 1, raw.count * 2]
                where wrong != raw.count && wrong >= 0 {
                    #expect(throws: FormatError.self, "\(raw.count) taken for \(wrong)") {
                        try inflated(stored, rawCount: wrong, dictionary: dictionary)
                    }
                }
            }
        }
    }

    @Test func `a block that is cut short or has bytes after its end is damage`() {
        for raw in [[], [1], Array(Self.text.prefix(300))] {
            for dictionary in [[], Self.dictionary] {
                let stored = deflated(raw, dictionary: dictionary)
                for length in 0..<stored.count {
                    #expect(throws: FormatError.self) {
                        try inflated(
                            Array(stored.prefix(length)), rawCount: raw.count, dictionary: dictionary)
                    }
                }
                #expect(throws: FormatError.self) {
                    try inflated(stored + [0], rawCount: raw.count, dictionary: dictionary)
                }
            }
        }
    }

    @Test func `no flipped bit traps or gives another length`() {
        let raw = Array(Self.text.prefix(500))
        for dictionary in [[], Self.dictionary] {
            var stored = deflated(raw, dictionary: dictionary)
            for bit in 0..<stored.count * 8 {
                stored[bit / 8] ^= 1 << UInt8(bit % 8)
                if let found = try? inflated(stored, rawCount: raw.count, dictionary: dictionary) {
                    #expect(found.count == raw.count)
                }
                stored[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    /// Made by zlib 1.2.13 (`zlib.compressobj(6, zlib.DEFLATED, -15)` of Python): what another writer of the
    /// format wrote is read, whichever library this build reads with.
    @Test func `reads the blocks of another writer`() throws {
        let raw = Array("varve varve varve varve, layer on layer on layer".utf8)
        let stored: [UInt8] = [
            0x2B, 0x4B, 0x2C, 0x2A, 0x4B, 0x55, 0x28, 0x43, 0x27, 0x75, 0x14, 0x72, 0x12, 0x2B, 0x53, 0x8B,
            0x14, 0xF2, 0xF3, 0xD0, 0x18, 0x00,
        ]
        #expect(try inflated(stored, rawCount: raw.count) == raw)
    }

    /// The path with a dictionary is always zlib's, so a build with libdeflate writes with one library and reads
    /// with the other here: a dictionary that no match points into changes nothing in how a block is read.
    @Test func `blocks of either library are read by the other`() throws {
        let unused: [UInt8] = [0]
        for raw in [[], [1], Self.text, [UInt8](repeating: 0, count: 100_000)] {
            let plain = deflated(raw)
            #expect(try inflated(plain, rawCount: raw.count, dictionary: unused) == raw)
        }
        for raw in [[1], Array(Self.text.prefix(1_000))] {
            let zlib = deflated(raw, dictionary: [0xFE])
            #expect(try inflated(zlib, rawCount: raw.count) == raw)
        }
    }
}

import Testing
import VarveBytes

@Suite struct `A file header` {
    private let header = FileHeader(
        kind: .wal, owner: UUID128(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF), fileID: 0x2A,
        detail: 0x1234)

    private func encoded(_ header: FileHeader) -> [UInt8] {
        var buffer = ByteBuffer()
        header.encode(into: &buffer)
        return buffer.bytes.copyBytes()
    }

    private func decoded(_ bytes: [UInt8]) throws(FormatError) -> FileHeader {
        try FileHeader(decoding: bytes.rawSpan, kind: .wal)
    }

    @Test func `has these bytes`() {
        let fields: [UInt8] = [
            0x56, 0x41, 0x52, 0x56, 0x45, 0x57, 0x0D, 0x0A,  // VARVE W CR LF
            1, 0, 0, 0, 64, 0, 0, 0,  // format 1.0, 64 bytes long
            0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00,
            0x2A, 0, 0, 0, 0, 0, 0, 0,  // file id
            0, 0, 0, 0, 0, 0, 0, 0,  // feature bits
            0x34, 0x12, 0, 0, 0, 0, 0, 0,  // kind-specific
        ]
        let sum = XXH64.hash(fields.rawSpan)
        #expect(sum == 0xEFC6_0B4D_46DB_D4DD)
        #expect(encoded(header) == fields + (0..<8).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) })
    }

    @Test(arguments: FileKind.allCases) func `comes back the same for every kind`(kind: FileKind) throws {
        var header = header
        header.kind = kind
        header.readOnlyCompatible = 5
        let bytes = encoded(header)
        #expect(try FileHeader(decoding: bytes.rawSpan, kind: kind) == header)
        for other in FileKind.allCases where other != kind {
            #expect(throws: FormatError.self) { try FileHeader(decoding: bytes.rawSpan, kind: other) }
        }
    }

    @Test func `is refused with any bit flipped`() {
        var bytes = encoded(header)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FormatError.self, "bit \(bit)") { try decoded(bytes) }
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `is refused at any shorter length`() {
        let bytes = encoded(header)
        for length in 0..<bytes.count {
            #expect(throws: FormatError("a file header has 64 bytes, found \(length)", offset: 0)) {
                try decoded(Array(bytes.prefix(length)))
            }
        }
    }

    @Test func `of a later release is told from damage`() {
        for (offset, value) in [(8, 2), (40, 1)] as [(Int, UInt8)] {
            var bytes = Array(encoded(header).prefix(56))
            bytes[offset] = value
            let sum = XXH64.hash(bytes.rawSpan)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
            do throws(FormatError) {
                _ = try decoded(bytes)
                Issue.record("the header was accepted")
            } catch {
                #expect(error.isNewerFormat)
            }
        }
        #expect(throws: FormatError("line ends of the magic were changed, as by a text-mode copy", offset: 6))
        {
            var bytes = encoded(header)
            bytes[6] = 0x0A
            _ = try decoded(bytes)
        }
    }

    @Test func `of another owner or file is refused`() throws {
        try header.expect(owner: header.owner, fileID: header.fileID)
        #expect(throws: FormatError.self) {
            try header.expect(owner: UUID128(high: 0, low: 0), fileID: header.fileID)
        }
        #expect(throws: FormatError.self) { try header.expect(owner: header.owner, fileID: 43) }
    }
}

@Suite struct `Names of things` {
    @Test func `hex is 16 or 32 lower-case digits, and comes back`() {
        #expect(UInt64(0x2A).hex16 == "000000000000002a")
        for value in [0, 1, 0x2A, .max] as [UInt64] {
            #expect(UInt64(hex16: Substring(value.hex16)) == value)
        }
        for text in [
            "", "2a", "000000000000002A", "00000000000000+1", "0000000000000000a", "00000000000000é",
        ] {
            #expect(UInt64(hex16: Substring(text)) == nil, "\(text)")
        }
        let uuid = UUID128(high: 1, low: .max)
        #expect(uuid.hex == "0000000000000001ffffffffffffffff")
        #expect(UUID128(hex: uuid.hex) == uuid)
        #expect(UUID128(hex: "0000000000000001FFFFFFFFFFFFFFFF") == nil)
        #expect(UUID128(hex: "1") == nil)
    }

    @Test func `sequence numbers order, and infinity is the last`() {
        #expect(SequenceNumber(3) < SequenceNumber(4))
        #expect(SequenceNumber(3).next == SequenceNumber(4))
        #expect(SequenceNumber(.max - 1) < .infinity)
        #expect("\(SequenceNumber(7)) \(SequenceNumber.infinity)" == "7 infinity")
    }
}

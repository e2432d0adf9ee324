import Testing
import VarveBytes

@Suite struct `Conventions of all formats` {
    @Test func `numbers, strings and uuids are written as the page shows`() throws {
        let bytes = try FormatPage("conventions.md").examples[0]
        var reader = ByteReader(bytes.rawSpan)
        #expect(try reader.readVarint() == 0)
        #expect(try reader.readVarint() == 127)
        #expect(try reader.readVarint() == 128)
        #expect(try reader.readVarint() == 300)
        #expect(try reader.readVarint() == .max)
        #expect(try reader.readZigzag() == -1)
        #expect(try reader.readZigzag() == 1_773_480_413_000)
        #expect(try reader.readString(limit: 9, of: "a string") == "é")
        #expect(try reader.readVarint() == 0)
        #expect(try reader.readVarint() == 43)
        #expect(try reader.readUUID() == .example)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    @Test func `the common header is the one on the page`() throws {
        let bytes = try FormatPage("conventions.md").examples[1]
        let header = FileHeader(kind: .manifest, owner: .example, fileID: 0x2A, detail: 0x29)
        var buffer = ByteBuffer()
        header.encode(into: &buffer)
        #expect(buffer.array() == bytes)
        #expect(try FileHeader(decoding: bytes.rawSpan, kind: .manifest) == header)
    }

    @Test func `checksums are those on the page`() throws {
        let page = try FormatPage("conventions.md")
        let header = page.examples[1]
        let seed = ChecksumSeed(owner: .example, file: 0x2A, kind: .manifest)
        let word = Array("varve".utf8)
        let sums = [
            XXH64.hash(header.rawSpan.slice(0, 56)), seed.checksum(word.rawSpan, at: 0),
            seed.checksum(word.rawSpan, at: 8),
        ]
        for sum in sums { #expect(page.text.contains("| `\(sum.hex16)` |"), "\(sum.hex16)") }
    }

    @Test func `a header of any other kind, version or length is told from damage`() throws {
        var header = FileHeader(kind: .manifest, owner: .example, fileID: 1)
        var buffer = ByteBuffer()
        header.encode(into: &buffer)
        let bytes = buffer.array()
        withEveryBitFlip(bytes) { flipped, bit in
            do throws(FormatError) {
                _ = try FileHeader(decoding: flipped.rawSpan, kind: .manifest)
                Issue.record("bit \(bit) went unnoticed")
            } catch {
                #expect(!error.isNewerFormat, "bit \(bit)")
            }
        }
        header.incompatible = 1
        var newer = ByteBuffer()
        header.encode(into: &newer)
        do throws(FormatError) {
            _ = try FileHeader(decoding: newer.bytes, kind: .manifest)
            Issue.record("an unknown bit went unnoticed")
        } catch {
            #expect(error.isNewerFormat)
        }
        for (at, value) in [(8, 2), (12, 72)] as [(Int, UInt8)] {
            var changed = bytes
            changed[at] = value
            let sum = XXH64.hash(changed.rawSpan.slice(0, 56))
            for byte in 0..<8 { changed[56 + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte)) }
            let decoded = Result { () throws(FormatError) in
                try FileHeader(decoding: changed.rawSpan, kind: .manifest)
            }
            switch decoded {
            case .success(let header): #expect(at == 12 && header.length == 72)
            case .failure(let error): #expect(at == 8 && error.isNewerFormat)
            }
        }
    }

    @Test func `a source checkpoint comes back as it was and is refused when cut`() throws {
        let checkpoint = SourceCheckpoint(
            source: .example, partition: .max, epoch: .max, pointer: Array(repeating: 7, count: 128),
            timestamp: -5)
        var buffer = ByteBuffer()
        checkpoint.encode(into: &buffer)
        var reader = ByteReader(buffer.bytes)
        #expect(try SourceCheckpoint(decoding: &reader) == checkpoint)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
        let bytes = buffer.array()
        for count in 0..<bytes.count {
            let cut = Array(bytes.prefix(count))
            #expect(throws: FormatError.self) {
                var reader = ByteReader(cut.rawSpan)
                _ = try SourceCheckpoint(decoding: &reader)
            }
        }
    }

    @Test func `sections out of order, twice, cut or badly padded are refused behind a right checksum`()
        throws
    {
        let header = FileHeader(kind: .catalog, owner: .example, fileID: 1)
        var writer = SectionWriter(header: header)
        writer.append(1) { $0.append(UInt8(7)) }
        writer.append(2) { $0.append(UInt64(8)) }
        let file = writer.finish()
        let bytes = file.array()
        func sections(_ change: (inout [UInt8]) -> Void) throws(FormatError) -> [Section] {
            var changed = bytes
            change(&changed)
            changed.reseal(header)
            var reader = try SectionReader(changed.rawSpan, kind: .catalog, owner: .example, fileID: 1)
            var found: [Section] = []
            while let section = try reader.next() { found.append(section) }
            return found
        }
        #expect(try sections { _ in }.map(\.count) == [1, 8])
        let second = 64 + 24
        let changes: [(at: Int, value: UInt8)] = [
            (second, 1), (second, 0), (68, 1), (81, 1), (72, 200), (second + 8, 9), (second + 15, 0x80),
        ]
        for change in changes {
            #expect(throws: FormatError.self, "\(change)") { try sections { $0[change.at] = change.value } }
        }
        #expect(throws: FormatError.self) { try sections { $0[bytes.count - 16] = 3 } }
    }
}

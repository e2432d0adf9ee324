import Testing
import VarveBytes

@testable import VarveManifest

@Suite struct `A file of dead letters` {
    private func file() throws -> LettersFile {
        let letter = try #require(try FormatPage("dead-letters.md").examples.first)
        return LettersFile(
            [StoredLetter(number: 41, time: 1_773_480_413_000, body: letter)], evicted: 2)
    }

    @Test func `the page's example is what is written`() throws {
        let bytes = try file().encode(owner: .example, fileID: 0x2A).bytes.copyBytes()
        #expect(try FormatPage("dead-letters.md").examples.last == bytes, "\(hexDump(bytes))")
        #expect(try LettersFile(decoding: bytes.rawSpan, owner: .example, fileID: 0x2A) == file())
    }

    @Test func `any changed byte is an error`() throws {
        let bytes = try file().encode(owner: .example, fileID: 0x2A).bytes.copyBytes()
        for at in bytes.indices {
            var changed = bytes
            changed[at] ^= 0x10
            #expect(throws: FormatError.self) {
                try LettersFile(decoding: changed.rawSpan, owner: .example, fileID: 0x2A)
            }
        }
        #expect(throws: FormatError.self) {
            try LettersFile(decoding: bytes.rawSpan, owner: .example, fileID: 0x2B)
        }
    }

    @Test func `a manifest names it, and keeps ids apart`() throws {
        var manifest = Manifest.example
        manifest.letters = LettersEntry(file: manifest.nextFileID - 1, byteCount: 300)
        let bytes = manifest.encode(shard: .example).bytes.copyBytes()
        #expect(
            try Manifest(decoding: bytes.rawSpan, shard: .example, generation: manifest.generation)
                == manifest)
        for id in [0, manifest.nextFileID, manifest.segments[0].id] {
            manifest.letters?.file = id
            #expect(manifest.brokenRule != nil)
        }
    }
}

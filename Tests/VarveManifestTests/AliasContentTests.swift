import Testing
import VarveBytes
import VarveManifest

@Suite struct `Members of an alias` {
    private var example: AliasContent {
        var member = AliasMember(index: uuid(1))
        member.filter = Array("{}".utf8)
        member.indexRouting = "oslo"
        member.isWriteIndex = true
        return AliasContent([member])
    }

    @Test func `have the bytes of the page's example`() throws {
        let bytes = try #require(try FormatPage("catalog.md").examples.last)
        #expect(example.encoded == bytes, "\(hexDump(example.encoded))")
        #expect(try AliasContent(decoding: bytes) == example)
    }

    @Test func `survive their bytes with any of their parts`() throws {
        var all = AliasMember(index: uuid(2))
        all.searchRouting = "a,b"
        all.isWriteIndex = false
        all.isHidden = true
        let content = AliasContent([AliasMember(index: uuid(3)), all] + example.members)
        #expect(try AliasContent(decoding: content.encoded) == content)
    }

    @Test func `that are cut short or say too much are refused`() {
        let bytes = example.encoded
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try AliasContent(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: FormatError.self) { try AliasContent(decoding: bytes + [0]) }
        var both = bytes
        both[17] |= 16
        #expect(throws: FormatError.self) { try AliasContent(decoding: both) }
    }
}

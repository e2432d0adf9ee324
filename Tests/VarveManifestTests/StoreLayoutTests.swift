import Testing
import VarveBytes
import VarveFiles
import VarveManifest

@Suite struct `Names in a data directory` {
    @Test func `each name says what it is and is read back`() {
        let names: [(FileName, String)] = [
            (.identity, "STORE"), (.lock, "LOCK"),
            (.catalog(generation: 0x2A, copy: .a), "catalog-000000000000002a.a"),
            (.registry(generation: 1, copy: .b), "pits-0000000000000001.b"),
            (.manifest(generation: 0x123), "manifest-0000000000000123"), (.wal(0), "wal-0000000000000000"),
            (.segment(7), "seg-0000000000000007"), (.deaths(8), "dels-0000000000000008"),
        ]
        for (name, text) in names {
            #expect(name.text == text)
            #expect(FileName(parsing: text) == name)
        }
    }

    @Test(arguments: [
        "", "-", "store", "manifest", "manifest-", "manifest-1", "manifest-000000000000002A",
        "manifest-000000000000002a.a", "manifest-000000000000002a ", "catalog-000000000000002a",
        "catalog-000000000000002a.c", "catalog-000000000000002a.a.b", "pits-000000000000002a.A",
        "seg--00000000000002a", "seg-4000000000000000", "wal-ffffffffffffffff", "seg-+00000000000002a",
        "LOCK.a", "seg-00000000000000001", "dels-000000000000000",
    ])
    func `a name that is not exactly ours is none`(_ text: String) {
        #expect(FileName(parsing: text) == nil)
    }

    @Test func `paths of the store and of a shard`() {
        #expect(StoreLayout.path(.catalog(generation: 1, copy: .a)).text == "catalog-0000000000000001.a")
        let shard = StoreLayout.shard(12, of: .example)
        let directory = "indices/00112233445566778899aabbccddeeff/12"
        #expect(shard.directory.text == directory)
        #expect(shard.manifest(2).text == directory + "/manifest-0000000000000002")
        #expect(shard.wal(3).text == directory + "/wal-0000000000000003")
        #expect(shard.segment(4).text == directory + "/seg-0000000000000004")
        #expect(shard.deaths(5).text == directory + "/dels-0000000000000005")
        #expect(shard.quarantine.text == directory + "/quarantine")
    }

    @Test func `directories are read back, others are none`() {
        #expect(StoreLayout.parseIndex(UUID128.example.hex) == .example)
        #expect(StoreLayout.parseIndex("readings") == nil)
        #expect(StoreLayout.parseShard("0") == 0)
        #expect(StoreLayout.parseShard("1023") == 1023)
        for text in ["", "00", "-1", "+1", "1a", "123456", " 1"] {
            #expect(StoreLayout.parseShard(text) == nil)
        }
    }
}

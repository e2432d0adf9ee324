import Testing

@testable import VarvePasswords

@Suite struct `Password hashes` {
    /// Made by other tools: `htpasswd -nbB` writes `$2y$`, OpenSearch's hash.sh too.
    @Test func `of other tools are understood`() {
        let hash = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"
        #expect(PasswordHash.knows(hash))
        #expect(PasswordHash.proves(Array("password".utf8), hash))
        #expect(!PasswordHash.proves(Array("passwore".utf8), hash))
        #expect(!PasswordHash.proves([], hash))
    }

    @Test(arguments: PasswordHash.Method.allCases)
    func `that are made here prove their password alone`(method: PasswordHash.Method) throws {
        let hash = try #require(PasswordHash.make(Array("s3cret ü".utf8), method))
        #expect(PasswordHash.knows(hash))
        #expect(PasswordHash.proves(Array("s3cret ü".utf8), hash))
        #expect(!PasswordHash.proves(Array("s3cret u".utf8), hash))
        #expect(PasswordHash.make(Array("s3cret ü".utf8), method) != hash)
    }

    @Test func `that cannot be checked are not known`() {
        for hash in [
            "", "secret", "$2y$", "$2y$31$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
            "$1$abc$xyz",
            "$9$abc$0123456789012345678901234567890123456789", "*0", "!", "ab1234567890z",
        ] {
            #expect(!PasswordHash.knows(hash), "\(hash)")
            #expect(!PasswordHash.proves(Array("password".utf8), hash))
        }
    }

    @Test func `are refused for what a method would cut`() {
        #expect(PasswordHash.make([], .bcrypt) == nil)
        #expect(PasswordHash.make([65, 0, 66], .bcrypt) == nil)
        #expect(PasswordHash.make([UInt8](repeating: 65, count: 73), .bcrypt) == nil)
        #expect(PasswordHash.make([UInt8](repeating: 65, count: 256), .yescrypt) == nil)
    }

    /// The test vectors of the reference implementation: keys 0...15, inputs 0..<n.
    @Test func `are cached under a digest that is SipHash`() {
        let digest = KeyedDigest(key: (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908))
        for (count, low, high) in [
            (0, 0xE6A8_25BA_047F_81A3 as UInt64, 0x9302_55C7_1472_F66D as UInt64),
            (1, 0x44AF_996B_D8C1_87DA, 0x45FC_229B_1159_7634),
            (8, 0x61F5_5862_BAA9_623B, 0xB497_14F3_64E2_830F),
            (15, 0x11A8_B033_99E9_9354, 0xD9C3_CF97_0FEC_087E),
        ] {
            let value = digest.value(of: (0..<count).map { UInt8($0) })
            #expect(value.low == low && value.high == high, "\(count): \(value)")
        }
    }
}

import Testing
import VarveBytes

@Suite struct `The checksum` {
    /// The self-test of Cyan4973/xxHash, `cli/xsum_sanity_check.c`: its buffer, its lengths and its two seeds.
    private static let prime32: UInt64 = 2_654_435_761
    private let buffer: [UInt8]

    init() {
        var generator = Self.prime32
        buffer = (0..<2367).map { _ in
            defer { generator = generator &* 11_400_714_785_074_694_797 }
            return UInt8(generator &>> 56)
        }
    }

    @Test(
        arguments: [
            (0, 0xEF46_DB37_51D8_E999, 0xAC75_FDA2_929B_17EF),
            (1, 0xE934_A84A_DB05_2768, 0x5014_6076_43A9_B4C3),
            (4, 0x9136_A0DC_A574_57EE, 0xCAAB_286B_D8E9_FDB5),
            (14, 0x8282_DCC4_994E_35C8, 0xC3BD_6BF6_3DEB_6DF0),
            (31, 0x299B_39A2_90E6_D783, 0xDA67_3D5F_EB5C_1D79),
            (32, 0x18B2_1649_2BB4_4B70, 0xB3F3_3BDF_93AD_E409),
            (33, 0x55C8_DC3E_578F_5B59, 0xE92C_292F_64BC_3071),
            (222, 0xB641_AE8C_B691_C174, 0x20CB_8AB7_AE10_C14A),
            (2367, 0xA824_18DD_EC0E_A581, 0xA36A_93C1_8052_673A),
        ] as [(Int, UInt64, UInt64)]) func `gives the published sums`(
            length: Int, plain: UInt64, seeded: UInt64
        )
    {
        let part = Array(buffer.prefix(length))
        #expect(XXH64.hash(part.rawSpan) == plain)
        #expect(XXH64.hash(part.rawSpan, seed: Self.prime32) == seeded)
    }

    @Test func `gives the known sums of short texts`() {
        #expect(XXH64.hash(Array("a".utf8).rawSpan) == 0xD24E_C4F1_A98C_6E5B)
        #expect(XXH64.hash(Array("abc".utf8).rawSpan) == 0x44BC_2CF5_AD77_0999)
    }

    @Test func `depends on every bit, wherever it lies`() {
        var bytes = Array(buffer.prefix(100))
        let sum = XXH64.hash(bytes.rawSpan)
        for bit in 0..<800 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(XXH64.hash(bytes.rawSpan) != sum)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `does not depend on where the bytes lie`() {
        let sum = XXH64.hash(Array(buffer[0..<300]).rawSpan)
        for shift in 0..<9 {
            let shifted = [UInt8](repeating: 0, count: shift) + buffer[0..<300]
            #expect(XXH64.hash(shifted.rawSpan.slice(shift, 300)) == sum)
        }
    }
}

@Suite struct `A checksum seed` {
    private let owner = UUID128(high: 1, low: 2)
    private let bytes: [UInt8] = [1, 2, 3]

    @Test func `tells owner, file, kind and place apart`() {
        let sums = [
            ChecksumSeed(owner: owner, file: 3, kind: .wal).checksum(bytes.rawSpan, at: 64),
            ChecksumSeed(owner: UUID128(high: 1, low: 3), file: 3, kind: .wal).checksum(
                bytes.rawSpan, at: 64),
            ChecksumSeed(owner: owner, file: 4, kind: .wal).checksum(bytes.rawSpan, at: 64),
            ChecksumSeed(owner: owner, file: 3, kind: .segment).checksum(bytes.rawSpan, at: 64),
            ChecksumSeed(owner: owner, file: 3, kind: .wal).checksum(bytes.rawSpan, at: 72),
        ]
        #expect(Set(sums).count == sums.count)
    }

    @Test func `is the formula of the format page`() {
        let seed = owner.low ^ (3 &* 0x9E37_79B9_7F4A_7C15) ^ (UInt64(UInt8(ascii: "W")) << 56) ^ 64
        #expect(
            ChecksumSeed(owner: owner, file: 3, kind: .wal).checksum(bytes.rawSpan, at: 64)
                == XXH64.hash(bytes.rawSpan, seed: seed))
    }
}

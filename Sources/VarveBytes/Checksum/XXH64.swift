/// XXH64, the checksum of every file of ours: 64 bits, in plain Swift at memory speed.
///
/// Source: the xxHash specification, `doc/xxhash_spec.md` of Cyan4973/xxHash. It finds accidents, not forgery.
package enum XXH64 {
    static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    package static func hash(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
        let length = bytes.byteCount
        var at = 0
        var sum: UInt64
        if length >= 32 {
            var v1 = seed &+ prime1 &+ prime2
            var v2 = seed &+ prime2
            var v3 = seed
            var v4 = seed &- prime1
            let last = length - 32
            while at <= last {
                v1 = round(v1, bytes.load(at: at))
                v2 = round(v2, bytes.load(at: at &+ 8))
                v3 = round(v3, bytes.load(at: at &+ 16))
                v4 = round(v4, bytes.load(at: at &+ 24))
                at &+= 32
            }
            sum = rotate(v1, 1) &+ rotate(v2, 7) &+ rotate(v3, 12) &+ rotate(v4, 18)
            sum = merge(sum, v1)
            sum = merge(sum, v2)
            sum = merge(sum, v3)
            sum = merge(sum, v4)
        } else {
            sum = seed &+ prime5
        }
        return finish(sum &+ UInt64(length), bytes, from: at)
    }

    /// Takes in the last bytes, fewer than 32, and mixes.
    static func finish(_ partial: UInt64, _ bytes: RawSpan, from start: Int) -> UInt64 {
        let length = bytes.byteCount
        var sum = partial
        var at = start
        while at &+ 8 <= length {
            sum ^= round(0, bytes.load(at: at))
            sum = rotate(sum, 27) &* prime1 &+ prime4
            at &+= 8
        }
        if at &+ 4 <= length {
            sum ^= UInt64(bytes.load(UInt32.self, at: at)) &* prime1
            sum = rotate(sum, 23) &* prime2 &+ prime3
            at &+= 4
        }
        while at < length {
            sum ^= UInt64(bytes.byte(at: at)) &* prime5
            sum = rotate(sum, 11) &* prime1
            at &+= 1
        }
        sum ^= sum &>> 33
        sum = sum &* prime2
        sum ^= sum &>> 29
        sum = sum &* prime3
        sum ^= sum &>> 32
        return sum
    }

    @inline(__always) static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 {
        (value &<< by) | (value &>> (64 &- by))
    }

    @inline(__always) static func round(_ sum: UInt64, _ input: UInt64) -> UInt64 {
        rotate(sum &+ input &* prime2, 31) &* prime1
    }

    @inline(__always) static func merge(_ sum: UInt64, _ value: UInt64) -> UInt64 {
        (sum ^ round(0, value)) &* prime1 &+ prime4
    }
}

/// XXH64 of bytes that come in parts: sections that are written while they are made. The result is that of
/// `XXH64.hash` over the parts together.
package struct XXH64Stream: Sendable {
    private let seed: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var v4: UInt64
    private var length: UInt64 = 0

    package init(seed: UInt64 = 0) {
        self.seed = seed
        v1 = seed &+ XXH64.prime1 &+ XXH64.prime2
        v2 = seed &+ XXH64.prime2
        v3 = seed
        v4 = seed &- XXH64.prime1
    }

    /// Takes in a part whose length is a multiple of 32.
    package mutating func consume(_ bytes: RawSpan) {
        let count = bytes.byteCount
        precondition(count % 32 == 0, "parts are multiples of 32 bytes")
        var (a, b, c, d) = (v1, v2, v3, v4)
        var at = 0
        while at < count {
            a = XXH64.round(a, bytes.load(at: at))
            b = XXH64.round(b, bytes.load(at: at &+ 8))
            c = XXH64.round(c, bytes.load(at: at &+ 16))
            d = XXH64.round(d, bytes.load(at: at &+ 24))
            at &+= 32
        }
        (v1, v2, v3, v4) = (a, b, c, d)
        length &+= UInt64(count)
    }

    /// The checksum of all parts and of `last`, which may have any length.
    package func finish(_ last: RawSpan) -> UInt64 {
        var whole = self
        let full = last.byteCount & ~31
        whole.consume(last.slice(0, full))
        var sum: UInt64
        if whole.length >= 32 {
            sum = XXH64.rotate(whole.v1, 1) &+ XXH64.rotate(whole.v2, 7)
            sum = sum &+ XXH64.rotate(whole.v3, 12) &+ XXH64.rotate(whole.v4, 18)
            sum = XXH64.merge(sum, whole.v1)
            sum = XXH64.merge(sum, whole.v2)
            sum = XXH64.merge(sum, whole.v3)
            sum = XXH64.merge(sum, whole.v4)
        } else {
            sum = seed &+ XXH64.prime5
        }
        return XXH64.finish(sum &+ whole.length &+ UInt64(last.byteCount &- full), last, from: full)
    }
}

import Testing
import VarveBytes

@Suite struct `XXH64 in parts` {
    @Test func `parts give the checksum of the whole`() {
        var bytes: [UInt8] = []
        for length in 0..<300 {
            for cut in stride(from: 0, through: length, by: 32) {
                var stream = XXH64Stream(seed: 77)
                stream.consume(bytes.rawSpan.slice(0, cut))
                let sum = stream.finish(bytes.rawSpan.slice(cut, length - cut))
                #expect(sum == XXH64.hash(bytes.rawSpan, seed: 77))
            }
            bytes.append(UInt8(truncatingIfNeeded: length &* 31 &+ 7))
        }
    }
}

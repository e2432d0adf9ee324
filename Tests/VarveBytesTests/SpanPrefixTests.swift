import Testing
import VarveBytes

@Suite struct `Ordered prefixes` {
    @Test func `hold the run's first bytes, whatever lies around it`() {
        for total in 0..<24 {
            let bytes = (0..<total).map { UInt8(0xF0 ^ $0) }
            for offset in 0...total {
                for count in 0...(total - offset) {
                    var expected: UInt64 = 0
                    for at in 0..<8 {
                        expected = expected << 8 | (at < count ? UInt64(bytes[offset + at]) : 0)
                    }
                    #expect(bytes.rawSpan.orderedPrefix(at: offset, count: count) == expected)
                }
                #expect(bytes.rawSpan.orderedPrefix(at: offset, count: -3) == 0)
            }
        }
    }
}

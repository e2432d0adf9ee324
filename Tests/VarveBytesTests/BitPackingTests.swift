import Testing
import VarveBytes

@Suite struct `Bit packing` {
    @Test(arguments: Array(0...57) + [64])
    func `values of every width come back, one by one and together`(width: Int) {
        var random = Numbers(seed: UInt64(width) &+ 1)
        for count in [0, 1, 2, 7, 8, 9, 63, 64, 65, 128, 300] {
            let mask: UInt64 = width == 64 ? .max : (1 &<< UInt64(width)) &- 1
            let values = (0..<count).map { _ in random.next() & mask }
            var buffer = ByteBuffer()
            buffer.append(UInt8(0xA5))
            buffer.appendPacked(values.span, width: width)
            #expect(buffer.count == 1 + (count * width + 7) / 8)
            let bytes = buffer.bytes
            var all = [Int64](repeating: 0, count: count)
            var target = all.mutableSpan
            bytes.unpack(from: 1, count: count, width: width, base: -5, factor: 3, into: &target)
            for (index, value) in values.enumerated() {
                #expect(bytes.packedValue(index, width: width, from: 1) == value)
                #expect(all[index] == -5 &+ 3 &* Int64(bitPattern: value))
            }
            guard width <= 32 else { continue }
            var narrow = [UInt32](repeating: 0, count: count)
            var narrowTarget = narrow.mutableSpan
            bytes.unpack(from: 1, count: count, width: width, into: &narrowTarget)
            #expect(narrow.map(UInt64.init) == values)
        }
    }

    @Test func `the layout is lowest bit first`() {
        var buffer = ByteBuffer()
        buffer.appendPacked([1, 2, 3, 4, 5].span, width: 3)
        #expect(buffer.bytes.copyBytes() == [0b11_010_001, 0b0_101_100_0])
    }

    @Test func `a width holds the values below its power`() {
        #expect(BitPacking.width(of: 0) == 0)
        #expect(BitPacking.width(of: 1) == 1)
        #expect(BitPacking.width(of: 255) == 8)
        #expect(BitPacking.width(of: 256) == 9)
        #expect(BitPacking.width(of: 1 << 56) == 57)
        #expect(BitPacking.width(of: 1 << 57) == 64)
    }
}

/// SplitMix64: numbers that a seed repeats.
private struct Numbers {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }
}

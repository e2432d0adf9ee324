import Testing

@testable import VarveBytes

@Suite struct `Rendering into a byte buffer` {
    @Test func `integers print as their description`() {
        var values: [Int64] = [.min, .max, 0, -1]
        for value in 0..<20_000 { values.append(Int64(value)) }
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            values += [power - 1, power, power + 1, -power, 1 - power]
        }
        var random = SplitMix(seed: 7)
        for _ in 0..<20_000 { values.append(Int64(bitPattern: random.next()) >> Int64(random.next() & 63)) }
        var buffer = ByteBuffer()
        for value in values {
            buffer.removeAll()
            buffer.appendDecimal(value)
            #expect(String(validating: buffer.bytes) == value.description)
        }
    }

    @Test func `a piece is what the slice is`() {
        let source = (0..<100).map { UInt8($0) }
        for start in 0...100 {
            for length in 0...(100 - start) {
                var buffer = ByteBuffer()
                buffer.append(UInt8(7))
                buffer.appendPiece(of: source.rawSpan, at: start, count: length)
                #expect(buffer.bytes.copyBytes() == [7] + source[start..<start + length])
            }
        }
    }

    private struct SplitMix {
        var state: UInt64
        init(seed: UInt64) { state = seed }
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state &>> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed &>> 31
        }
    }
}

import Testing
import VarveBytes

@Suite struct `A byte buffer` {
    @Test func `keeps all bytes while it grows`() {
        var buffer = ByteBuffer()
        var expected: [UInt8] = []
        for length in 0..<200 {
            let piece = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 3 &+ length) }
            buffer.append(piece.rawSpan)
            buffer.append(UInt16(length))
            expected += piece + [UInt8(length & 0xFF), UInt8(length >> 8)]
        }
        #expect(buffer.bytes.copyBytes() == expected)
        #expect(buffer.count == expected.count)
        #expect(buffer.capacity < 2 * expected.count + 200, "growing doubles")
    }

    @Test func `does not allocate within its capacity`() {
        var buffer = ByteBuffer(capacity: 1_000)
        let capacity = buffer.capacity
        buffer.append(repeating: 7, count: 1_000)
        #expect(buffer.capacity == capacity)
        buffer.removeAll()
        #expect(buffer.isEmpty && buffer.capacity == capacity)
    }

    @Test func `pads with zeros, overwrites and cuts`() {
        var buffer = ByteBuffer()
        buffer.append(UInt8(0xFF))
        buffer.pad(to: 8)
        buffer.pad(to: 8)
        #expect(buffer.bytes.copyBytes() == [0xFF, 0, 0, 0, 0, 0, 0, 0])
        buffer.overwrite(UInt32(0x0403_0201), at: 4)
        #expect(buffer.bytes.copyBytes() == [0xFF, 0, 0, 0, 1, 2, 3, 4])
        buffer.truncate(to: 5)
        buffer.append(utf8: "ø")
        #expect(buffer.bytes.copyBytes() == [0xFF, 0, 0, 0, 1, 0xC3, 0xB8])
    }

    @Test func `lends room and takes what was written`() {
        var buffer = ByteBuffer()
        buffer.append(UInt8(1))
        buffer.append(upTo: 100) { room in
            room.fill(9, at: 0, count: 3)
            return 3
        }
        #expect(buffer.bytes.copyBytes() == [1, 9, 9, 9])
        #expect(throws: FormatError.self) {
            try buffer.append(upTo: 100) { (room) throws(FormatError) in
                room.fill(7, at: 0, count: 3)
                throw FormatError("no", offset: 0)
            }
        }
        #expect(buffer.bytes.copyBytes() == [1, 9, 9, 9])
    }

    @Test func `changes its bytes in place`() {
        var buffer = ByteBuffer(copying: [1, 2, 3].rawSpan)
        var bytes = buffer.mutableBytes
        bytes.copy(from: [9].rawSpan, at: 1)
        #expect(buffer.bytes.copyBytes() == [1, 9, 3])
    }

    @Test func `is shared without a copy once nobody appends to it`() {
        var buffer = ByteBuffer()
        buffer.append(utf8: "a batch")
        let shared = SharedBytes(buffer)
        #expect(shared.bytes.copyBytes() == Array("a batch".utf8))
        #expect(shared.count == 7)
    }

    @Test func `traps outside its bytes`() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 100)
            buffer.append(UInt32(1))
            buffer.overwrite(UInt32(2), at: 1)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 100)
            buffer.truncate(to: 1)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 100)
            buffer.append(upTo: 10) { _ in 11 }
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 100)
            buffer.append(repeating: 0, count: -1)
        }
    }
}

@Suite struct `Bytes that may be changed` {
    @Test func `take copies and fills where they belong`() {
        var bytes = [UInt8](repeating: 1, count: 6)
        var span = bytes.mutableRawSpan
        span.copy(from: [7, 8].rawSpan, at: 4)
        span.fill(0, at: 1, count: 2)
        span.copy(from: RawSpan(), at: 6)
        span.fill(9, at: 6, count: 0)
        #expect(bytes == [1, 0, 0, 1, 7, 8])
    }

    @Test func `trap outside`() async {
        await #expect(processExitsWith: .failure) {
            var bytes = [UInt8](repeating: 1, count: 6)
            var span = bytes.mutableRawSpan
            span.copy(from: [7, 8].rawSpan, at: 5)
        }
        await #expect(processExitsWith: .failure) {
            var bytes = [UInt8](repeating: 1, count: 6)
            var span = bytes.mutableRawSpan
            span.fill(0, at: 2, count: 5)
        }
        await #expect(processExitsWith: .failure) {
            var bytes = [UInt8](repeating: 1, count: 6)
            var span = bytes.mutableRawSpan
            span.fill(0, at: -1, count: 1)
        }
    }

    @Test func `are all zero or not, at any length and place`() {
        for length in 0..<100 {
            var bytes = [UInt8](repeating: 0, count: length)
            let isZero = bytes.rawSpan.isAllZero
            #expect(isZero)
            for at in 0..<length {
                bytes[at] = 0x80
                let isZero = bytes.rawSpan.isAllZero
                #expect(!isZero, "\(at) of \(length)")
                bytes[at] = 0
            }
        }
    }

    @Test func `are appended to an array`() {
        var bytes: [UInt8] = [1]
        bytes.append(contentsOf: [2, 3].rawSpan)
        bytes.append(contentsOf: RawSpan())
        #expect(bytes == [1, 2, 3])
    }
}

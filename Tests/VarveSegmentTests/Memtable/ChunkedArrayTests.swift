import Testing

@testable import VarveSegment

@Suite struct `A chunked array` {
    @Test(arguments: [0, 1, 2047, 2048, 2049, 4096, 9000])
    func `holds what an array holds`(count: Int) {
        var chunked = ChunkedArray<UInt32>()
        var plain: [UInt32] = []
        for number in 0..<UInt32(count) {
            chunked.append(number * 3)
            plain.append(number * 3)
        }
        for at in stride(from: 0, to: count, by: 7) {
            chunked[at] += 1
            plain[at] += 1
        }
        #expect(chunked.count == count)
        #expect(chunked.isEmpty == plain.isEmpty)
        #expect(chunked.last == plain.last)
        #expect(plain.indices.allSatisfy { chunked[$0] == plain[$0] })
        for range in [0..<count, count / 3..<count / 2, count..<count, count / 2..<count] {
            var found: [UInt32] = []
            chunked.forEachRun(in: range) { found += $0 }
            #expect(found == Array(plain[range]))
        }
    }

    @Test func `is a value`() {
        var first = ChunkedArray<Int64>()
        for number in 0..<5000 { first.append(Int64(number)) }
        var second = first
        second[10] = -1
        second[4500] = -1
        second.append(7)
        #expect(first[10] == 10)
        #expect(first[4500] == 4500)
        #expect(first.count == 5000)
        #expect(second.count == 5001)
    }

    @Test func `holds at most a chunk more than it has`() {
        var chunked = ChunkedArray<Int64>()
        for number in 0..<100_000 { chunked.append(Int64(number)) }
        #expect(chunked.byteCount >= 800_000)
        #expect(chunked.byteCount < 830_000)
    }
}

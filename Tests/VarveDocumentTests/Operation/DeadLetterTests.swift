import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Dead letters` {
    private let letter = DeadLetter(
        source: UUID128(high: 0x1122_3344_5566_7788, low: 0x99AA_BBCC_DDEE_FF00), partition: 3,
        pointer: [0x2A], stage: .processing, attempts: 3, timestamp: 1_357_034_400_000, place: "offset 42",
        placeID: "3-42", errorType: "mapper_parsing_exception", reason: "no number", key: bytes("k1"),
        isTombstone: false, payload: bytes(#"{"_source":{"n":"x"}}"#)[...])

    private func encoded(_ letter: DeadLetter) -> [UInt8] {
        var buffer = ByteBuffer()
        letter.encode(into: &buffer)
        return buffer.bytes.copyBytes()
    }

    @Test func `the page's example is what is written`() throws {
        let page = try FormatPage("dead-letters.md")
        #expect(hex(encoded(letter)) == (try page.hex(0)))
    }

    @Test func `a letter comes back from its bytes, and no other bytes pass for one`() throws {
        let bytes = encoded(letter)
        #expect(try DeadLetter(decoding: bytes.rawSpan) == letter)
        for count in 0..<bytes.count {
            let cut = Array(bytes.prefix(count))
            #expect(throws: FormatError.self) { try DeadLetter(decoding: cut.rawSpan) }
        }
        let longer = bytes + [0]
        #expect(throws: FormatError.self) { try DeadLetter(decoding: longer.rawSpan) }
    }

    @Test func `what is too long is cut, and says so`() throws {
        let long = DeadLetter(
            source: letter.source, partition: 0, pointer: [], stage: .mapping, attempts: 1, timestamp: 0,
            place: String(repeating: "ä", count: 5_000), placeID: "", errorType: "", reason: "", key: nil,
            isTombstone: true, payload: [UInt8](repeating: 1, count: DeadLetter.payloadBytesMax + 1)[...])
        #expect(long.isCut && long.payload.count == DeadLetter.payloadBytesMax)
        #expect(long.place.utf8.count <= 4_096 && long.place.utf8.count > 2_000)
        #expect(try DeadLetter(decoding: encoded(long).rawSpan) == long)
    }

    @Test func `letters and their removal are operations that a batch carries`() throws {
        var builder = BatchBuilder(schema: Schema())
        let (id, source) = (bytes("1"), bytes("{}"))
        try builder.appendLetter(letter)
        try builder.index(id: id.rawSpan, source: source.rawSpan)
        try builder.removeLetters([900, 3, 41])
        let batch = builder.finish(at: 0).seal()
        let listing = try BatchListing(decoding: batch.payload.bytes)
        #expect(listing.operations.map(\.kind) == [.deadLetter, .index, .removeLetters])
        func body(_ at: Int) -> [UInt8] {
            let operation = listing.operations[at]
            return batch.payload.bytes.slice(Int(operation.sourceOffset), Int(operation.sourceCount))
                .copyBytes()
        }
        #expect(try DeadLetter(decoding: body(0).rawSpan) == letter)
        #expect(try LetterRemoval.decode(body(2).rawSpan) == [3, 41, 900])
        var replayer = BatchReplayer(schema: Schema())
        #expect(try replayer.prepare(batch.payload).batch.operations.map(\.valueCount) == [0, 0, 0])
    }
}

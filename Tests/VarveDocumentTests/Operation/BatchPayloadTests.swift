import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Batch payload` {
    private static let checkpoint = SourceCheckpoint(
        source: UUID128(high: 0x1122_3344_5566_7788, low: 0x99AA_BBCC_DDEE_FF00), partition: 3, epoch: 2,
        pointer: [0, 0, 0, 0, 0, 0, 0xA0, 0xF0], timestamp: 1_357_034_400_000)

    /// The example of the page.
    private func example(_ schema: Schema) throws -> PreparedBatch {
        var builder = BatchBuilder(schema: schema)
        let (a, b) = (bytes("r-1"), bytes("r-0"))
        let (source, routing) = (bytes(#"{"n":1}"#), bytes("oslo"))
        try builder.index(
            id: a.rawSpan, source: source.rawSpan, options: OperationOptions(.external, version: 300),
            routing: routing.rawSpan)
        try builder.delete(id: b.rawSpan)
        return builder.finish(at: 1_773_480_413_000, checkpoint: Self.checkpoint).seal()
    }

    @Test func `the page's example is what is written`() throws {
        let page = try FormatPage("batch.md")
        let batch = try example(Schema())
        #expect(hex(batch.payload.bytes.copyBytes()) == (try page.hex(0)))
        let empty = BatchListing.checkpointPayload(Self.checkpoint, at: 1_773_480_413_000)
        #expect(hex(empty.bytes.copyBytes()) == (try page.hex(1)))
    }

    @Test func `a listing says what was written`() throws {
        let batch = try example(Schema())
        let listing = try BatchListing(decoding: batch.payload.bytes)
        #expect(listing.time == 1_773_480_413_000)
        #expect(listing.checkpoint == Self.checkpoint)
        for (found, written) in zip(listing.operations, batch.operations) {
            #expect(found.kind == written.kind && found.versioning == written.versioning)
            #expect(found.version == written.version && found.idIsNew == written.idIsNew)
            #expect(found.idOffset == written.idOffset && found.idCount == written.idCount)
            #expect(found.sourceOffset == written.sourceOffset && found.sourceCount == written.sourceCount)
            #expect(found.kindOffset == written.kindOffset && found.versionOffset == written.versionOffset)
        }
        let alone = BatchListing.checkpointPayload(Self.checkpoint, at: 7)
        let empty = try BatchListing(decoding: alone.bytes)
        #expect(empty.operations.isEmpty && empty.checkpoint == Self.checkpoint && empty.time == 7)
    }

    private func read(_ payload: [UInt8]) -> BatchListing? {
        do throws(FormatError) { return try BatchListing(decoding: payload.rawSpan) } catch { return nil }
    }

    @Test func `cut at any byte it is refused`() throws {
        let batch = try example(Schema())
        let whole = batch.payload.bytes.copyBytes()
        for length in 0..<whole.count { #expect(read([UInt8](whole[..<length])) == nil, "cut at \(length)") }
        #expect(read(whole + [0]) == nil)
    }

    @Test func `a flipped bit is an error or another batch, never a trap`() throws {
        let batch = try example(Schema())
        let whole = batch.payload.bytes.copyBytes()
        for at in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[at] ^= 1 &<< UInt8(bit)
                var buffer = ByteBuffer()
                buffer.append(flipped)
                var replayer = BatchReplayer(schema: Schema())
                let shared = SharedBytes(buffer)
                let replayed = try? replayer.prepare(shared)
                #expect((replayed?.batch.operations.count ?? 0) <= 2)
            }
        }
    }

    @Test(arguments: 0..<30)
    func `noise is refused`(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        for _ in 0..<100 {
            var noise = (0..<chance.below(200)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
            // Often enough a head that looks right.
            if noise.count >= 16 {
                noise.replaceSubrange(
                    8..<16, with: [UInt8(noise.count), 0, 0, 0, UInt8(chance.below(4)), 0, 1, 0])
            }
            if let listing = read(noise) { #expect(listing.operations.isEmpty) }
        }
    }

    @Test(arguments: 0..<10)
    func `replay gives the batch that was prepared`(seed: UInt64) throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        var replayer = BatchReplayer(schema: schema)
        var random = RandomJSON(seed: seed)
        for _ in 0..<10 {
            for _ in 0..<20 {
                let text = bytes(random.spell(random.object()))
                let id = bytes("id \(random.chance.below(10))")
                if random.chance.below(5) == 0 {
                    try builder.delete(id: id.rawSpan)
                } else {
                    // Random documents contradict one another's types now and then.
                    try? builder.index(id: id.rawSpan, source: text.rawSpan)
                }
            }
            let batch = builder.finish(at: 1).seal()
            let again = try replayer.prepare(batch.payload).batch
            #expect(extracted(again, schema) == extracted(batch, schema))
            #expect(again.operations.map(\.firstValue) == batch.operations.map(\.firstValue))
            #expect(again.operations.map(\.valueCount) == batch.operations.map(\.valueCount))
            #expect(again.strings.bytes.copyBytes() == batch.strings.bytes.copyBytes())
        }
    }

    @Test func `replay leaves out what no longer fits, and refuses nothing that was accepted`() throws {
        var builder = BatchBuilder(schema: Schema())
        let (id, source) = (bytes("1"), bytes(#"{"a":{"b":null,"c":1},"n":"word","ok":5,"deep":{"x":2}}"#))
        try builder.index(id: id.rawSpan, source: source.rawSpan)
        let batch = builder.finish(at: 1).seal()
        let later = try Schema(
            mapping(
                #"{"dynamic":"strict","properties":{"a":{"type":"long"},"n":{"type":"long"},"ok":{"type":"long"}}}"#
            ))
        var replayer = BatchReplayer(schema: later)
        let replayed = try replayer.prepare(batch.payload)
        let again = replayed.batch
        #expect(extracted(again, later) == [Extracted("ok", "5")])
        #expect(again.operations.count == 1 && replayed.time == 1)
    }

    @Test func `a no-operation and a delete have no values on replay`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let (id, source) = (bytes("1"), bytes(#"{"n":1}"#))
        try builder.index(id: id.rawSpan, source: source.rawSpan)
        try builder.index(id: id.rawSpan, source: source.rawSpan)
        try builder.delete(id: id.rawSpan)
        var draft = builder.finish(at: 1)
        draft.setKind(.noOperation, of: 0)
        let payload = draft.seal().payload
        var replayer = BatchReplayer(schema: schema)
        #expect(try replayer.prepare(payload).batch.operations.map(\.valueCount) == [0, 1, 0])
    }

    /// Messages damaged at random are refused or taken whole: what was taken reads the same once more.
    @Test(arguments: 0..<10)
    func `damaged messages leave the builder sound`(seed: UInt64) throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        var replayer = BatchReplayer(schema: schema)
        var chance = Chance(seed: seed)
        let whole = bytes(
            #"{"_id":"20130101T10-UA-1545","_version":"3","_source":{"year":2013,"dep_time":null,"dep_delay":2.5,"#
                + #""carrier":"UA","note":"N\u0031 日本 \"q\"","list":[1,2],"deep":[{"a":true}],"time_hour":"2013-01-01T10:00:00Z"}}"#
        )
        var accepted = 0
        for _ in 0..<10 {
            for _ in 0..<100 {
                var message = whole
                for _ in 0...chance.below(3) {
                    let at = chance.below(message.count)
                    switch chance.below(4) {
                    case 0: message[at] = UInt8(truncatingIfNeeded: chance.next())
                    case 1: message.remove(at: at)
                    case 2:
                        message.insert(bytes("{}[]\",:0e.-\\u").randomElement(using: &chance) ?? 0, at: at)
                    default: message[at] ^= 1 &<< UInt8(chance.below(8))
                    }
                }
                let outcome = try? builder.appendMessage(message.rawSpan, placeID: RawSpan())
                if case .appended = outcome { accepted += 1 }
            }
            let batch = builder.finish(at: 1).seal()
            let again = try replayer.prepare(batch.payload).batch
            #expect(extracted(again, schema) == extracted(batch, schema))
        }
        #expect(accepted > 50)
    }

    /// Writers that meet the same new fields at once agree on their numbers.
    @Test func `many writers share one schema`() async throws {
        let schema = Schema()
        let found = try await withThrowingTaskGroup(of: [Extracted].self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var builder = BatchBuilder(schema: schema)
                    var chance = Chance(seed: UInt64(writer))
                    let id = bytes("1")
                    var expected: [Extracted] = []
                    for _ in 0..<100 {
                        let field = chance.below(150)
                        let text = bytes("{\"n\(field)\":\(field),\"s\(field)\":true}")
                        try builder.index(id: id.rawSpan, source: text.rawSpan)
                        expected += [Extracted("n\(field)", "\(field)"), Extracted("s\(field)", "true")]
                    }
                    let batch = builder.finish(at: 0).seal()
                    #expect(extracted(batch, schema) == expected)
                    return expected
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(schema.snapshot.fields.map(\.path)) == Set(found.map(\.path)))
    }
}

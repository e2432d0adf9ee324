import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Batch builder` {
    @Test func `a message becomes an operation with its source byte for byte`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let message = [UInt8](#"{"_id":"a-1","_version":"7","_source": {"n": 1, "s":"Ab cd"} }"#.utf8)
        try builder.appendMessage(message.rawSpan)
        let batch = builder.finish(at: 5).seal()
        let operation = batch.operations[0]
        #expect(operation.kind == .index)
        #expect(operation.versioning == .external)
        #expect(operation.version == 7)
        let payload = batch.payload.bytes.copyBytes()
        let source = payload[Int(operation.sourceOffset)...].prefix(Int(operation.sourceCount))
        #expect(String(decoding: source, as: UTF8.self) == #"{"n": 1, "s":"Ab cd"}"#)
        #expect(schema.snapshot.fields.map(\.path) == ["n", "s", "s.keyword"])
        #expect(batch.values.map(\.field) == [0, 1, 1, 2])
        #expect(batch.strings.bytes.copyBytes() == [UInt8]("abcdAb cd".utf8))
    }
}

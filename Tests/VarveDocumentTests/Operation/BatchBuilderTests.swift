import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Batch builder` {
    private func source(_ operation: PreparedOperation, of batch: PreparedBatch) -> String {
        let payload = batch.payload.bytes.copyBytes()
        let start = Int(operation.sourceOffset)
        return String(decoding: payload[start..<(start + Int(operation.sourceCount))], as: UTF8.self)
    }

    private func id(_ operation: PreparedOperation, of batch: PreparedBatch) -> String {
        let payload = batch.payload.bytes.copyBytes()
        let start = Int(operation.idOffset)
        return String(decoding: payload[start..<(start + Int(operation.idCount))], as: UTF8.self)
    }

    @Test func `operations are laid out one after the other, sources byte for byte`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let (a, b, c) = (bytes("a"), bytes("é"), bytes("c"))
        let (one, two) = (bytes(#" {"n": 1 , "s":"Ab cd"} "#), bytes(#"{"n":2}"#))
        try builder.index(id: a.rawSpan, source: one.rawSpan)
        try builder.create(id: b.rawSpan, source: two.rawSpan, routing: c.rawSpan)
        try builder.delete(id: c.rawSpan, options: OperationOptions(.external, version: 9))
        #expect(builder.operationCount == 3)
        let batch = builder.finish(at: 5).seal()
        #expect(batch.operations.map(\.kind) == [.index, .create, .delete])
        #expect(batch.operations.map { id($0, of: batch) } == ["a", "é", "c"])
        #expect(
            batch.operations.map { source($0, of: batch) } == [#" {"n": 1 , "s":"Ab cd"} "#, #"{"n":2}"#, ""])
        #expect(batch.operations.map(\.version) == [0, 0, 9])
        #expect(batch.operations.map(\.valueCount) == [4, 2, 0])
        #expect(batch.operations.map(\.firstValue) == [0, 4, 6])
        #expect(
            extracted(batch, schema).map(\.description)
                == ["n=1", "s=ab", "s=cd", "s.keyword=Ab cd", "n=2", "_routing=c"])
        #expect(builder.operationCount == 0)
    }

    @Test func `a draft's kinds and versions change in the payload too`() throws {
        var builder = BatchBuilder(schema: Schema())
        let (a, text) = (bytes("a"), bytes(#"{"n":1}"#))
        try builder.index(id: a.rawSpan, source: text.rawSpan)
        try builder.index(id: a.rawSpan, source: text.rawSpan)
        var draft = builder.finish(at: 5)
        #expect(draft.id(of: 1).copyBytes() == a)
        draft.setVersion(77, of: 0)
        draft.setKind(.noOperation, of: 1)
        draft.setTime(9)
        let batch = draft.seal()
        let listing = try BatchListing(decoding: batch.payload.bytes)
        #expect(listing.time == 9)
        #expect(listing.operations.map(\.version) == [77, 0])
        #expect(listing.operations.map(\.kind) == [.index, .noOperation])
        #expect(batch.operations.map(\.version) == [77, 0])
    }

    @Test func `a refused operation leaves no trace`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        var other = BatchBuilder(schema: Schema())
        let (a, fine) = (bytes("a"), bytes(#"{"n":1,"t":"x y"}"#))
        try builder.index(id: a.rawSpan, source: fine.rawSpan)
        try other.index(id: a.rawSpan, source: fine.rawSpan)
        let bad = [
            "", "[]", "1", "{", #"{"n":"x","new":1}"#, #"{"new":"word","n":{}}"#, #"{"t":{"x":1}}"#,
            #"{"n":1}x"#,
            #"{"new":["a b c",{"d":1}]}"#,
        ]
        for text in bad {
            let source = bytes(text)
            #expect(
                refusal { () throws(DocumentError) in try builder.index(id: a.rawSpan, source: source.rawSpan)
                } != nil,
                "\(text)")
        }
        try builder.index(id: a.rawSpan, source: fine.rawSpan)
        try other.index(id: a.rawSpan, source: fine.rawSpan)
        let (batch, expected) = (builder.finish(at: 5).seal(), other.finish(at: 5).seal())
        #expect(batch.payload.bytes.copyBytes() == expected.payload.bytes.copyBytes())
        #expect(batch.strings.bytes.copyBytes() == expected.strings.bytes.copyBytes())
        #expect(batch.values.map(\.payload) == expected.values.map(\.payload))
        #expect(schema.snapshot.fields.map(\.path) == ["n", "t", "t.keyword"])
    }

    @Test func `ids have 1 to 512 bytes of UTF-8`() throws {
        var builder = BatchBuilder(schema: Schema())
        let source = bytes("{}")
        func error(_ id: [UInt8]) -> DocumentError? {
            var builder = BatchBuilder(schema: Schema())
            return refusal { () throws(DocumentError) in
                try builder.index(id: id.rawSpan, source: source.rawSpan)
            }
        }
        #expect(error([])?.message == "if _id is specified it must not be empty")
        #expect(error([UInt8](repeating: 0x61, count: 512)) == nil)
        #expect(
            error([UInt8](repeating: 0x61, count: 513))?.message
                == "id is too long, must be no longer than 512 bytes but was: 513")
        #expect(error([0xFF])?.kind == .invalidUTF8)
        let id = bytes("a")
        let negative = refusal { () throws(DocumentError) in
            try builder.delete(id: id.rawSpan, options: OperationOptions(.external, version: -1))
        }
        #expect(negative?.message == "illegal version value [-1] for version type [EXTERNAL]")
    }

    @Test func `a batch is bounded in operations and bytes`() throws {
        var limits = BatchLimits()
        limits.operations = 3
        limits.payloadBytes = 1_000
        var builder = BatchBuilder(schema: Schema(), limits: limits)
        let (id, source) = (bytes("a"), bytes(#"{"n":1}"#))
        let large = bytes("{\"n\":1" + String(repeating: " ", count: 900) + "}")
        #expect(
            refusal { () throws(DocumentError) in try builder.index(id: id.rawSpan, source: large.rawSpan) }?
                .message
                == "a batch has at most 1000 bytes")
        for _ in 0..<3 { try builder.index(id: id.rawSpan, source: source.rawSpan) }
        #expect(
            refusal { () throws(DocumentError) in try builder.delete(id: id.rawSpan) }?.message
                == "a batch has at most 3 operations")
        #expect(builder.finish(at: 0).operations.count == 3)
        try builder.delete(id: id.rawSpan)
        builder.removeAll()
        #expect(builder.operationCount == 0)
    }

    @Test func `generated ids are 20 URL-safe characters, another for other bits`() {
        #expect(String(decoding: GeneratedID.make(0, 0), as: UTF8.self) == "AAAAAAAAAAAAAAAAAAAA")
        #expect(String(decoding: GeneratedID.make(.max, .max), as: UTF8.self) == "____________________")
        #expect(
            String(decoding: GeneratedID.make(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210), as: UTF8.self)
                == "ASNFZ4mrze_-3LqYdlQy")
        var seen: Set<[UInt8]> = []
        for bit in 0..<64 {
            seen.insert(GeneratedID.make(1 &<< UInt64(bit), 0))
            seen.insert(GeneratedID.make(0, 1 &<< UInt64(bit)))
        }
        #expect(seen.count == 64 + 56 + 1)
        #expect(seen.allSatisfy { $0.count == GeneratedID.byteCount })
    }
}

@Suite struct `Ingestion messages` {
    private struct Outcome: Equatable {
        var kind: OperationKind
        var id: String
        var version: Int64
        var versioning: Versioning
        var source: String
    }

    private func append(_ message: String, fallback: String = "") -> Result<Outcome, DocumentError> {
        var builder = BatchBuilder(schema: Schema())
        let (given, id) = (bytes(message), bytes(fallback))
        do throws(DocumentError) {
            try builder.appendMessage(given.rawSpan, fallbackID: id.rawSpan, fallbackIsNew: true)
        } catch {
            return .failure(error)
        }
        let batch = builder.finish(at: 0).seal()
        let payload = batch.payload.bytes.copyBytes()
        let operation = batch.operations[0]
        func text(_ start: UInt32, _ count: Int) -> String {
            String(decoding: payload[Int(start)..<(Int(start) + count)], as: UTF8.self)
        }
        #expect(operation.idIsNew == (text(operation.idOffset, Int(operation.idCount)) == fallback))
        return .success(
            Outcome(
                kind: operation.kind, id: text(operation.idOffset, Int(operation.idCount)),
                version: operation.version, versioning: operation.versioning,
                source: text(operation.sourceOffset, Int(operation.sourceCount))))
    }

    @Test(arguments: [
        (#"{"_id":"1","_source":{"a":1}}"#, "index 1 0 {\"a\":1}"),
        (#" { "_source" : { "a" : 1 } , "_id" : "1" } "#, "index 1 0 { \"a\" : 1 }"),
        (#"{"_id":"1","_version":"7","_op_type":"CREATE","_source":{}}"#, "create 1 7 {}"),
        (#"{"_id":"1","_version":7,"_source":{}}"#, "index 1 7 {}"),
        (#"{"_id":15,"_source":{}}"#, "index 15 0 {}"),
        (#"{"_op_type":"delete","_id":"x"}"#, "delete x 0 "),
        (#"{"_op_type":"Delete","_id":"x","_source":{"ignored":[1]}}"#, "delete x 0 "),
        (#"{"_id":"\u0061\"b","_source":{}}"#, "index a\"b 0 {}"),
        (#"{"_source":{"k":"v"}}"#, "index auto 0 {\"k\":\"v\"}"),
        (
            #"{"_id":"1","_routing":"r","pipeline":{"x":[1]},"_source":{"a":{"_id":2}}}"#,
            "index 1 0 {\"a\":{\"_id\":2}}"
        ),
        (#"{"_id":"é","_sourc\u0065":{"a":1}}"#, "index é 0 {\"a\":1}"),
    ])
    func `a message in the default format`(message: String, expected: String) {
        let found = append(message, fallback: "auto")
        guard case .success(let outcome) = found else {
            Issue.record("\(message): \(found)")
            return
        }
        #expect("\(outcome.kind) \(outcome.id) \(outcome.version) \(outcome.source)" == expected)
        #expect(outcome.versioning == (outcome.version > 0 ? .external : .blind))
    }

    @Test(arguments: [
        (#"{"_id":"1"}"#, "Missing _source field. Invalid message"),
        (#"{"_id":"1","_source":[1]}"#, "_source field does not contain a map. Invalid message"),
        (#"{"_id":"1","_source":null}"#, "_source field does not contain a map. Invalid message"),
        (#"{"_id":null,"_source":{}}"#, "_id field is not a string. Invalid message."),
        (#"{"_id":"","_source":{}}"#, "if _id is specified it must not be empty"),
        (#"{"_source":{}}"#, "ID field is missing. Invalid message."),
        (#"{"_op_type":"delete"}"#, "ID field is missing. Invalid message."),
        (#"{"_id":"1","_version":"x","_source":{}}"#, "For input string: \"x\""),
        (
            #"{"_id":"1","_version":1.5,"_source":{}}"#,
            "_version field is not a 64-bit integer. Invalid message."
        ),
        (
            #"{"_id":"1","_version":-1,"_source":{}}"#,
            "illegal version value [-1] for version type [EXTERNAL]"
        ),
        (#"{"_id":"1","_op_type":"update","_source":{}}"#, "Unsupported operation: update"),
        (#"{"_id":"1","_op_type":"upsert","_source":{}}"#, "unknown op_type [upsert]"),
        (#"{"_id":"1","_op_type":5,"_source":{}}"#, "_op_type field is not a string. Invalid message."),
        ("[]", "failed to parse"), ("7", "failed to parse"),
    ])
    func `a message that says no operation`(message: String, expected: String) {
        #expect(append(message).error?.message == expected)
    }

    @Test func `the document of a message may be as deep and large as any`() {
        func nested(_ depth: Int) -> String {
            #"{"_id":"1","_source":"# + String(repeating: "{\"a\":", count: depth) + "1"
                + String(repeating: "}", count: depth + 1)
        }
        #expect(append(nested(64)).error == nil)
        #expect(append(nested(65)).error?.kind == .limit)
        for extra in 0...1 {
            let space = [UInt8](repeating: 0x20, count: (16 << 20) - 2 + extra)
            let message = bytes(#"{"_id":"1","_source":{"#) + space + bytes("}}")
            var builder = BatchBuilder(schema: Schema())
            let error = refusal { () throws(DocumentError) in try builder.appendMessage(message.rawSpan) }
            #expect(error?.kind == (extra == 0 ? nil : .limit))
        }
    }

    @Test func `documents read as messages and alone are the same to the schema`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let (id, alone) = (bytes("1"), bytes(#"{"a":{"b":1},"c":"x"}"#))
        let message = bytes(#"{"_id":"1","_source":{"a":{"b":2},"c":"y","d":true}}"#)
        for _ in 0..<2 {
            try builder.index(id: id.rawSpan, source: alone.rawSpan)
            try builder.appendMessage(message.rawSpan)
        }
        #expect(schema.snapshot.fields.map(\.path) == ["a.b", "c", "c.keyword", "d"])
        let batch = builder.finish(at: 0).seal()
        let half = ["a.b=1", "c=x", "c.keyword=x", "a.b=2", "c=y", "c.keyword=y", "d=true"]
        #expect(extracted(batch, schema).map(\.description) == half + half)
    }
}

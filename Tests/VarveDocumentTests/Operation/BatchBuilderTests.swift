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

        var summary: String { "\(kind) \(id) \(version) \(source)" }
    }

    /// Nil if the message says nothing that could be done.
    private func append(
        _ message: String, place: String = "", as format: MessageFormat = .envelope
    ) -> Result<Outcome?, MessageError> {
        var builder = BatchBuilder(schema: Schema())
        let (given, id) = (bytes(message), bytes(place))
        do throws(MessageError) {
            let outcome = try builder.appendMessage(
                given.rawSpan, format: format, placeID: id.rawSpan, placeIsNew: true)
            if case .ignored = outcome { return .success(nil) }
        } catch {
            return .failure(error)
        }
        let batch = builder.finish(at: 0).seal()
        let payload = batch.payload.bytes.copyBytes()
        let operation = batch.operations[0]
        func text(_ start: UInt32, _ count: Int) -> String {
            String(decoding: payload[Int(start)..<(Int(start) + count)], as: UTF8.self)
        }
        #expect(operation.idIsNew == (text(operation.idOffset, Int(operation.idCount)) == place))
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
        let found = append(message, place: "auto")
        guard case .success(let outcome?) = found else {
            Issue.record("\(message): \(found)")
            return
        }
        #expect(outcome.summary == expected)
        #expect(outcome.versioning == (outcome.version > 0 ? .external : .blind))
    }

    /// M: refused while it was mapped, P: while it was processed; with an i if the envelope is invalid.
    @Test(arguments: [
        (#"{"_id":"1"}"#, "Pi Missing _source field. Invalid message"),
        (#"{"_id":"1","_source":[1]}"#, "Pi _source field does not contain a map. Invalid message"),
        (#"{"_id":"1","_source":null}"#, "Pi _source field does not contain a map. Invalid message"),
        (#"{"_id":null,"_source":{}}"#, "Pi ID field is missing. Invalid message."),
        (#"{"_id":"","_source":{}}"#, "P if _id is specified it must not be empty"),
        (
            #"{"_id":true,"_source":{}}"#,
            "M _id field is of type class java.lang.Boolean but not string or integer"
        ),
        (#"{"_source":{}}"#, "P if _id is specified it must not be empty"),
        (#"{"_id":"1","_version":"x","_source":{}}"#, #"P For input string: "x""#),
        (
            #"{"_id":"1","_version":1.5,"_source":{}}"#,
            "P _version field is of type class java.lang.Double, not a 64-bit integer"
        ),
        (
            #"{"_id":"1","_version":-1,"_source":{}}"#,
            "P illegal version value [-1] for version type [EXTERNAL]"
        ),
        (#"{"_id":"1","_op_type":"update","_source":{}}"#, "Pi Unsupported operation: update"),
        (#"{"_id":"1","_op_type":"upsert","_source":{}}"#, "P Unknown opType: [upsert]"),
        (
            #"{"_id":"1","_op_type":5,"_source":{}}"#,
            "Pi _op_type field is of type class java.lang.Integer but not string. Invalid message."
        ),
        ("[]", "M failed to parse"), ("7", "M failed to parse"),
    ])
    func `a message that says no operation`(message: String, expected: String) {
        #expect(append(message).error?.summary == expected)
    }

    @Test func `a deletion of nobody knows what is no operation and no fault`() throws {
        #expect(try append(#"{"_op_type":"delete"}"#, place: "auto").get() == nil)
        #expect(try append(#"{"d":"x"}"#, place: "auto", as: deletions).get() == nil)
    }

    private let deletions = MessageFormat.fields(EnvelopeFields(operation: "d", deleteValue: "x"))

    @Test func `a raw message is the document and its place the id`() throws {
        #expect(
            try append(#"{"a":[{"b":2}]}"#, place: "0-42", as: .document).get()?.summary
                == #"index 0-42 0 {"a":[{"b":2}]}"#)
        #expect(append("[1]", place: "0-42", as: .document).error?.summary == "M failed to parse")
    }

    @Test(arguments: [
        (#"{"k":"7","v":3,"o":"new","a":1}"#, #"create 7 3 {"a":1}"#),
        (#"{"a":1, "v" : " 3 ", "k" : 7 , "b":[{"k":1}] }"#, #"index 7 3 {"a":1,"b":[{"k":1}]}"#),
        (#"{"k":1.50,"v":0,"o":"gone","a":1}"#, "delete 1.50 0 "),
        (#"{"k":"\u0061\" ","v":"9","o":true}"#, #"index a" 9 {}"#),
        (#"{"k":"é","v":1,"o":"other","\u0061\"":"x"}"#, #"index é 1 {"a\"":"x"}"#),
    ])
    func `fields of the message say what an envelope would`(message: String, expected: String) {
        let mapping = EnvelopeFields(
            id: "k", version: "v", operation: "o", deleteValue: "gone", createValue: "new")
        let found = append(message, place: "auto", as: .fields(mapping))
        #expect((try? found.get())?.summary == expected, "\(found)")
    }

    @Test(arguments: [
        (#"{"v":1}"#, "M configured id_field [k] is missing from the message"),
        (#"{"k":1}"#, "M configured version_field [v] is missing from the message"),
        (#"{"k":null,"v":1}"#, "M field [k] has a null value"),
        (#"{"k":" ","v":1}"#, "M field [k] has an empty value"),
        (
            #"{"k":{},"v":1}"#,
            "M field [k] must be a scalar value (string, number, or boolean), but found: HashMap"
        ),
        (
            #"{"k":1,"v":1,"o":[1]}"#,
            "M field [o] must be a scalar value (string, number, or boolean), but found: ArrayList"
        ),
        (#"{"k":1,"v":"x"}"#, #"P For input string: "x""#),
    ])
    func `a field that says nothing of use`(message: String, expected: String) {
        let mapping = EnvelopeFields(id: "k", version: "v", operation: "o", deleteValue: "gone")
        #expect(append(message, as: .fields(mapping)).error?.summary == expected)
    }

    @Test func `fields may lie deeper, and what is taken is not indexed`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let mapping = EnvelopeFields(id: "meta.id", version: "a.b", routing: "meta.to")
        let message = bytes(
            #"{"meta":{"x":{"id":1},"id":"7","y":2.5,"to":"oslo"},"a.b":4,"a":{"b":5},"z":true}"#)
        let place = bytes("auto")
        _ = try builder.appendMessage(message.rawSpan, format: .fields(mapping), placeID: place.rawSpan)
        let batch = builder.finish(at: 0).seal()
        let operation = batch.operations[0]
        let payload = batch.payload.bytes
        func text(_ start: UInt32, _ count: Int) -> String? {
            String(validating: payload.slice(Int(start), count))
        }
        #expect(text(operation.idOffset, Int(operation.idCount)) == "7")
        #expect(text(operation.routingOffset, Int(operation.routingCount)) == "oslo")
        #expect(operation.version == 4)
        #expect(
            text(operation.sourceOffset, Int(operation.sourceCount))
                == #"{"meta":{"x":{"id":1},"y":2.5},"a":{"b":5},"z":true}"#)
        #expect(
            extracted(batch, schema).map(\.description) == [
                "meta.x.id=1", "meta.y=2.5", "a.b=5", "z=true", "_routing=oslo",
            ])
        #expect(batch.replayed(schema) == extracted(batch, schema).map(\.description))
    }

    @Test func `a tombstone deletes what its key names`() throws {
        var builder = BatchBuilder(schema: Schema())
        let key = bytes("r-1")
        _ = try builder.appendTombstone(key: key.rawSpan)
        #expect(builder.finish(at: 0).seal().operations[0].kind == .delete)
        var refusal: MessageError?
        do throws(MessageError) { _ = try builder.appendTombstone(key: RawSpan()) } catch { refusal = error }
        #expect(refusal?.stage == .processing)
    }

    @Test func `the document of a message may be as deep and large as any`() {
        func nested(_ depth: Int) -> String {
            #"{"_id":"1","_source":"# + String(repeating: "{\"a\":", count: depth) + "1"
                + String(repeating: "}", count: depth + 1)
        }
        #expect(append(nested(64)).error == nil)
        #expect(append(nested(65)).error?.cause.kind == .limit)
        for extra in 0...1 {
            let space = [UInt8](repeating: 0x20, count: (16 << 20) - 2 + extra)
            let message = bytes(#"{"_id":"1","_source":{"#) + space + bytes("}}")
            var builder = BatchBuilder(schema: Schema())
            var kind: DocumentError.Kind?
            do throws(MessageError) {
                _ = try builder.appendMessage(message.rawSpan, placeID: RawSpan())
            } catch { kind = error.cause.kind }
            #expect(kind == (extra == 0 ? nil : .limit))
        }
    }

    @Test func `documents read as messages and alone are the same to the schema`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let (id, alone) = (bytes("1"), bytes(#"{"a":{"b":1},"c":"x"}"#))
        let message = bytes(#"{"_id":"1","_source":{"a":{"b":2},"c":"y","d":true}}"#)
        for _ in 0..<2 {
            try builder.index(id: id.rawSpan, source: alone.rawSpan)
            _ = try builder.appendMessage(message.rawSpan, placeID: RawSpan())
        }
        #expect(schema.snapshot.fields.map(\.path) == ["a.b", "c", "c.keyword", "d"])
        let batch = builder.finish(at: 0).seal()
        let half = ["a.b=1", "c=x", "c.keyword=x", "a.b=2", "c=y", "c.keyword=y", "d=true"]
        #expect(extracted(batch, schema).map(\.description) == half + half)
    }
}

extension Result where Failure == MessageError {
    fileprivate var error: MessageError? { if case .failure(let error) = self { error } else { nil } }
}

extension MessageError {
    fileprivate var summary: String {
        "\(stage == .mapping ? "M" : "P")\(isInvalid ? "i" : "") \(cause.message)"
    }
}

extension PreparedBatch {
    /// What replay extracts from the stored sources.
    fileprivate func replayed(_ schema: Schema) -> [String]? {
        var replayer = BatchReplayer(schema: schema)
        return (try? replayer.prepare(payload)).map { extracted($0.batch, schema).map(\.description) }
    }
}

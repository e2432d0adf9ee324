import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Dynamic mapping` {
    /// Path and type of every field that a document adds.
    private func added(_ source: String, _ mapping: Mapping = Mapping()) throws -> [String] {
        try index(source, mapping).schema.snapshot.fields.map { "\($0.path):\($0.typeName)" }
    }

    @Test(
        arguments: [
            ("null", []), ("[]", []), ("[null]", []), ("{}", []), ("[[],[null]]", []),
            ("true", ["f:boolean"]), ("false", ["f:boolean"]), ("5", ["f:long"]), ("-5", ["f:long"]),
            ("5.5", ["f:float"]), ("5e1", ["f:float"]), ("5.0", ["f:float"]),
            ("\"5\"", ["f:text", "f.keyword:keyword"]), ("\"5.5\"", ["f:text", "f.keyword:keyword"]),
            ("\"2013\"", ["f:text", "f.keyword:keyword"]),
            ("\"1356998400000\"", ["f:text", "f.keyword:keyword"]),
            ("\"2013-01-01\"", ["f:date"]), ("\"2013-01-01T10:00:00Z\"", ["f:date"]),
            ("\"2013-05\"", ["f:date"]),
            ("\"2013/01/01\"", ["f:date"]), ("\"2013/01/01 10:00:00\"", ["f:date"]),
            ("\"2013-13-01\"", ["f:text", "f.keyword:keyword"]),
            ("\"01/02/2013\"", ["f:text", "f.keyword:keyword"]),
            ("\"\"", ["f:text", "f.keyword:keyword"]), ("\"word\"", ["f:text", "f.keyword:keyword"]),
            ("{\"a\":1,\"b\":{\"c\":true}}", ["f.a:long", "f.b.c:boolean"]),
            ("[null,1,2]", ["f:long"]), ("[[null,[\"x\"]]]", ["f:text", "f.keyword:keyword"]),
            ("[{\"a\":1},{\"b\":2}]", ["f.a:long", "f.b:long"]), ("\"\\u0032013-01-01\"", ["f:date"]),
        ] as [(String, [String])])
    func `the first value decides the type`(value: String, fields: [String]) throws {
        #expect(try added("{\"f\":\(value)}") == fields)
    }

    @Test func `what was added is what OpenSearch adds`() throws {
        let schema = try index(#"{"s":"word","d":"2013/01/01","e":"2013-01-01"}"#).schema
        #expect(
            schema.snapshot.mapping.json
                == #"{"dynamic":"true","properties":{"s":{"type":"text","fields":{"keyword":{"type":"keyword","#
                + #""ignore_above":256}}},"d":{"type":"date","format":"yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"},"#
                + #""e":{"type":"date"}}}"#)
    }

    @Test func `dotted keys and objects are the same fields`() throws {
        #expect(
            try added(#"{"a.b":1,"a":{"b":2,"c":{"d":3}},"a.c.e":4}"#) == [
                "a.b:long", "a.c.d:long", "a.c.e:long",
            ])
    }

    @Test func `a path that was seen empty before another spelling brought its field`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let id = bytes("1")
        for text in [
            #"{"a.b":null,"x.y":[],"x":{"z":null}}"#, #"{"a":{"b":1},"x":{"y":true}}"#,
            #"{"a.b":2,"x.y":false}"#,
            #"{"x.z":{"w":null}}"#, #"{"x":{"z":{"w":3}}}"#, #"{"x.z":{"w":4},"x.z.w":5}"#,
        ] {
            let source = bytes(text)
            try builder.index(id: id.rawSpan, source: source.rawSpan)
        }
        let batch = builder.finish(at: 0).seal()
        #expect(schema.snapshot.fields.map(\.path) == ["a.b", "x.y", "x.z.w"])
        #expect(
            extracted(batch, schema).map(\.description)
                == ["a.b=1", "x.y=true", "a.b=2", "x.y=false", "x.z.w=3", "x.z.w=4", "x.z.w=5"])
        let conflict = bytes(#"{"a.b":{"c":1}}"#)
        let error = refusal { () throws(DocumentError) in
            try builder.index(id: id.rawSpan, source: conflict.rawSpan)
        }
        #expect(error != nil)
    }

    @Test func `an integer out of range is refused, and adds nothing`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let (id, source) = (bytes("1"), bytes(#"{"ok":1,"n":9223372036854775808}"#))
        let error = refusal { () throws(DocumentError) in
            try builder.index(id: id.rawSpan, source: source.rawSpan)
        }
        #expect(error?.kind == .wrongType)
        #expect(error?.cause == "Value [9223372036854775808] is out of range for a long")
        #expect(schema.snapshot.fields.isEmpty)
        #expect(builder.operationCount == 0)
    }

    @Test func `date detection and numeric detection can be set`() throws {
        let plain = try mapping(#"{"date_detection":false}"#)
        #expect(try added(#"{"f":"2013-01-01"}"#, plain) == ["f:text", "f.keyword:keyword"])
        let numeric = try mapping(#"{"numeric_detection":true}"#)
        #expect(
            try added(#"{"f":"5","g":"5.5","h":" 7 ","i":"2013-01-01","j":"x"}"#, numeric)
                == ["f:long", "g:float", "h:long", "i:date", "j:text", "j.keyword:keyword"])
    }

    @Test func `a mapping that is not dynamic leaves new fields in the source alone`() throws {
        let off = try mapping(#"{"dynamic":false,"properties":{"a":{"type":"long"}}}"#)
        let (values, schema) = try index(#"{"a":1,"b":{"c":[1,{"d":2}]},"e":"x","":{"..":1}}"#, off)
        #expect(values == [Extracted("a", "1")])
        #expect(schema.snapshot.fields.count == 1)
    }

    @Test(arguments: [
        (#"{"b":1}"#, "b", "_doc"), (#"{"a":1,"b":null}"#, "b", "_doc"), (#"{"b":{"c":1}}"#, "b", "_doc"),
        (#"{"b":[1]}"#, "b", "_doc"), (#"{"o":{"x":1}}"#, "x", "o"), (#"{"b.c":1}"#, "c", "b"),
    ])
    func `a strict mapping refuses new fields`(source: String, name: String, parent: String) throws {
        let strict = try mapping(
            #"{"dynamic":"strict","properties":{"a":{"type":"long"},"o":{"properties":{"p":{"type":"long"}}}}}"#
        )
        let error = indexError(source, strict)
        #expect(error?.kind == .strictMapping)
        #expect(
            error?.message
                == "mapping set to strict, dynamic introduction of [\(name)] within [\(parent)] is not allowed"
        )
    }

    @Test func `dynamic is inherited by sub-objects and set anew by them`() throws {
        let text =
            #"{"dynamic":"strict","properties":{"open":{"dynamic":true,"properties":{"shut":{"dynamic":"false"}}}}}"#
        let given = try mapping(text)
        #expect(
            try added(#"{"open":{"n":1,"deep":{"m":2},"shut":{"k":3,"deep":{"j":1}}}}"#, given)
                == ["open.n:long", "open.deep.m:long"])
        #expect(indexError(#"{"n":1}"#, given)?.kind == .strictMapping)
    }

    @Test func `a disabled object takes anything`() throws {
        let given = try mapping(#"{"properties":{"o":{"type":"object","enabled":false}}}"#)
        for value in ["1", "\"x\"", "{\"a\":{\"b\":1}}", "[1,{\"c\":2}]", "null"] {
            #expect(try added("{\"o\":\(value)}", given).isEmpty)
        }
        #expect(try added(#"{"o.p":1}"#, given).isEmpty)
    }

    @Test(arguments: [
        (#"{"a":[1,{"b":2}]}"#, DocumentError.Kind.wrongType), (#"{"a":[{"b":2},1]}"#, .objectConflict),
        (#"{"a":1,"a.b":2}"#, .objectConflict), (#"{"a.b":1,"a":2}"#, .objectConflict),
        (#"{"a":"x","a.keyword":2}"#, .objectConflict), (#"{"a":"x","a":{"keyword":2}}"#, .malformedJSON),
        (#"{"":1}"#, .invalidMapping), (#"{".a":1}"#, .invalidMapping), (#"{"a.":1}"#, .invalidMapping),
        (#"{"a..b":1}"#, .invalidMapping), (#"{"a":{"":1}}"#, .invalidMapping),
        (#"{"a":[1,"x"]}"#, .wrongType), (#"{"a":[true,1]}"#, .wrongType),
    ])
    func `what cannot be is refused and adds nothing`(source: String, kind: DocumentError.Kind) throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        for _ in 0..<2 {
            let (id, text) = (bytes("1"), bytes(source))
            let error = refusal { () throws(DocumentError) in
                try builder.index(id: id.rawSpan, source: text.rawSpan)
            }
            #expect(error?.kind == kind, "\(source): \(String(describing: error))")
        }
        #expect(schema.snapshot.fields.isEmpty)
        let (id, fine) = (bytes("1"), bytes(#"{"n":1}"#))
        try builder.index(id: id.rawSpan, source: fine.rawSpan)
        let batch = builder.finish(at: 0).seal()
        #expect(extracted(batch, schema) == [Extracted("n", "1")])
    }

    @Test func `a field that is mapped takes no object, and an object no value`() throws {
        let given = try mapping(
            #"{"properties":{"n":{"type":"long"},"o":{"properties":{"p":{"type":"long"}}}}}"#)
        let first = indexError(#"{"n":{"x":1}}"#, given)
        #expect(first?.kind == .wrongType)
        #expect(
            first?.message
                == "failed to parse field [n] of type [long] in document with id '1'. Preview of field's value: '{...}'"
        )
        let second = indexError(#"{"o":3}"#, given)
        #expect(
            second?.message
                == "object mapping for [o] tried to parse field [o] as object, but found a concrete value")
        #expect(indexError(#"{"o":null,"n":null}"#, given) == nil)
    }

    @Test func `there are 1,000 mapped fields at most`() throws {
        let schema = Schema()
        var builder = BatchBuilder(schema: schema)
        let id = bytes("1")
        for part in 0..<4 {
            let members = (0..<250).map { "\"p\(part)-\($0)\":1" }
            let source = bytes("{\(members.joined(separator: ","))}")
            try builder.index(id: id.rawSpan, source: source.rawSpan)
        }
        #expect(schema.snapshot.fields.count == 1_000)
        let source = bytes(#"{"p0-1":2,"one":1}"#)
        let error = refusal { () throws(DocumentError) in
            try builder.index(id: id.rawSpan, source: source.rawSpan)
        }
        #expect(error?.kind == .fieldLimit)
        #expect(error?.message == "Limit of total fields [1000] has been exceeded")
        let known = bytes(#"{"p0-1":2}"#)
        try builder.index(id: id.rawSpan, source: known.rawSpan)
        #expect(builder.operationCount == 5)
    }

    @Test func `two writers agree on a type, and the later one's document is looked at again`() throws {
        let schema = Schema()
        var first = BatchBuilder(schema: schema)
        var second = BatchBuilder(schema: schema)
        let id = bytes("1")
        let warm = bytes(#"{"a":1}"#)
        try first.index(id: id.rawSpan, source: warm.rawSpan)
        try second.index(id: id.rawSpan, source: warm.rawSpan)
        let (number, word) = (bytes(#"{"a":2,"n":1}"#), bytes(#"{"n":"word"}"#))
        try first.index(id: id.rawSpan, source: number.rawSpan)
        let error = refusal { () throws(DocumentError) in
            try second.index(id: id.rawSpan, source: word.rawSpan)
        }
        #expect(error?.kind == .wrongType)
        let digits = bytes(#"{"n":"17","m":2}"#)
        try second.index(id: id.rawSpan, source: digits.rawSpan)
        let batch = second.finish(at: 0).seal()
        #expect(extracted(batch, schema) == [Extracted("a", "1"), Extracted("n", "17"), Extracted("m", "2")])
        #expect(schema.snapshot.fields.map(\.path) == ["a", "n", "m"])
    }

    @Test func `a path is 255 bytes long at most`() throws {
        let long = String(repeating: "k", count: 127)
        #expect(try added("{\"\(long)\":{\"\(long)\":1}}").count == 1)
        #expect(indexError("{\"\(long)k\":{\"\(long)\":{\"x\":1}}}")?.kind == .limit)
    }

    /// What a builder remembers of earlier documents must not show: a new builder for each document does the same.
    @Test(arguments: 0..<30)
    func `a builder that has seen much does what a new one does`(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        let (kept, fresh) = (Schema(), Schema())
        var builder = BatchBuilder(schema: kept)
        var found: [[String]] = [[], []]
        let id = bytes("1")
        for _ in 0..<60 {
            let text = bytes(contradictory(&chance, depth: 0))
            var other = BatchBuilder(schema: fresh)
            let first = refusal { () throws(DocumentError) in
                try builder.index(id: id.rawSpan, source: text.rawSpan)
            }
            let second = refusal { () throws(DocumentError) in
                try other.index(id: id.rawSpan, source: text.rawSpan)
            }
            #expect(first == second, "\(String(decoding: text, as: UTF8.self))")
            found[1] += extracted(other.finish(at: 0).seal(), fresh).map(\.description)
            if chance.below(4) == 0 {
                found[0] += extracted(builder.finish(at: 0).seal(), kept).map(\.description)
            }
        }
        found[0] += extracted(builder.finish(at: 0).seal(), kept).map(\.description)
        #expect(found[0] == found[1])
        #expect(kept.snapshot == fresh.snapshot)
    }

    /// An object of few names, so that documents often disagree about them.
    private func contradictory(_ chance: inout Chance, depth: Int) -> String {
        let names = ["a", "b", "a.b", "b.a", "a.keyword", "c", "c.a.b"]
        var used: Set<String> = []
        var members: [String] = []
        for _ in 0..<chance.below(4) {
            let name = names[chance.below(names.count)]
            guard used.insert(name).inserted else { continue }
            members.append("\"\(name)\":\(value(&chance, depth: depth))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private func value(_ chance: inout Chance, depth: Int) -> String {
        switch chance.below(depth > 2 ? 5 : 9) {
        case 0: return "null"
        case 1: return String(chance.below(100))
        case 2: return "\"word \(chance.below(9))\""
        case 3: return "\"\(chance.below(9))\""
        case 4: return "[]"
        case 5: return "[\(value(&chance, depth: depth + 1)),\(value(&chance, depth: depth + 1))]"
        default: return contradictory(&chance, depth: depth + 1)
        }
    }
}

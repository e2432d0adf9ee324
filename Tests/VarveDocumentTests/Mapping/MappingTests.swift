import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Mappings` {
    private static let rich =
        #"{"dynamic":"strict","date_detection":false,"numeric_detection":true,"properties":{"k":{"type":"keyword","#
        + #""null_value":"none","ignore_above":99},"t":{"type":"text","index":false,"fields":{"raw":{"type":"keyword"},"#
        + #""len":{"type":"byte"}}},"n":{"type":"integer","index":false,"doc_values":false,"null_value":-7},"#
        + #""d":{"type":"date","format":"yyyy/MM/dd"},"b":{"type":"boolean","null_value":true},"f":{"type":"float"},"#
        + #""o":{"dynamic":"false","properties":{"p":{"properties":{"q":{"type":"double"}}},"e":{"type":"object"}}},"#
        + #""x":{"enabled":false,"type":"object"}}}"#

    @Test func `a mapping is written as it was read`() throws {
        #expect(try mapping(Self.rich).json == Self.rich)
    }

    @Test func `a schema gives its mapping back`() throws {
        let schema = try Schema(mapping(Self.rich))
        let given = try mapping(schema.snapshot.mapping.json)
        #expect(try Set(Schema(given).snapshot.fields) == Set(schema.snapshot.fields))
        #expect(try Set(Schema(given).snapshot.objects) == Set(schema.snapshot.objects))
        #expect(Set(given.properties.map(\.name)) == ["k", "t", "n", "d", "b", "f", "o", "x"])
        #expect(given.dynamic == .strict && given.detectsDates == false && given.detectsNumbers == true)
    }

    @Test func `literals say what JSON says`() throws {
        let literal: Mapping = [
            "station": .keyword, "note": .text(fields: ["raw": .keyword(ignoreAbove: 256)]),
            "celsius": .double,
            "taken": .date, "day": .date(format: "yyyy/MM/dd"),
            "place": .object(["city": .keyword, "zip": .integer]),
        ]
        let text =
            #"{"properties":{"station":{"type":"keyword"},"note":{"type":"text","fields":{"raw":{"type":"keyword","#
            + #""ignore_above":256}}},"celsius":{"type":"double"},"taken":{"type":"date"},"day":{"type":"date","#
            + #""format":"yyyy/MM/dd"},"place":{"properties":{"city":{"type":"keyword"},"zip":{"type":"integer"}}}}}"#
        #expect(literal.json == text)
        #expect(try mapping(text) == literal)
    }

    @Test(arguments: [
        ("[]", "a mapping is a JSON object"),
        (#"{"props":{}}"#, "Root mapping definition has unsupported parameters:  [props]"),
        (#"{"properties":[]}"#, "Expected map for property [properties] on field []"),
        (#"{"properties":{"f":1}}"#, "Expected map for property [fields] on field [f]"),
        (#"{"properties":{"f":{"index":true}}}"#, "No type specified for field [f]"),
        (#"{"properties":{"f":{"type":3}}}"#, "No type specified for field [f]"),
        (#"{"properties":{"f":{"type":"nested"}}}"#, "No handler for type [nested] declared on field [f]"),
        (
            #"{"properties":{"f":{"type":"geo_point"}}}"#,
            "No handler for type [geo_point] declared on field [f]"
        ),
        (
            #"{"properties":{"o":{"properties":{"f":{"type":"x"}}}}}"#,
            "No handler for type [x] declared on field [o.f]"
        ),
        (
            #"{"properties":{"f":{"type":"keyword","analyzer":"a"}}}"#,
            "unknown parameter [analyzer] on mapper [f] of type [keyword]"
        ),
        (
            #"{"properties":{"f":{"type":"text","doc_values":true}}}"#,
            "unknown parameter [doc_values] on mapper [f] of type [text]"
        ),
        (
            #"{"properties":{"f":{"type":"long","ignore_above":1}}}"#,
            "unknown parameter [ignore_above] on mapper [f] of type [long]"
        ),
        (
            #"{"properties":{"f":{"type":"keyword","ignore_above":-1}}}"#,
            "[ignore_above] of field [f] must be an integer from 0 on"
        ),
        (
            #"{"properties":{"f":{"type":"date","format":"dd.MM.yyyy"}}}"#,
            "Invalid format: [dd.MM.yyyy]: unknown to field [f]"
        ),
        (
            #"{"properties":{"f":{"type":"long","null_value":"x"}}}"#,
            "null_value [x] does not fit field [f] of type [long]"
        ),
        (#"{"properties":{"f":{"type":"long","index":1}}}"#, "[index] of [f] is true or false"),
        (#"{"dynamic":"maybe"}"#, "[dynamic] of [_doc] is true, false or strict, not [maybe]"),
        (
            #"{"properties":{"o":{"type":"object","index":true}}}"#,
            "unknown parameter [index] on mapper [o] of type [object]"
        ),
    ])
    func `what we do not know is refused by name`(text: String, message: String) {
        let error = refusal { () throws(DocumentError) in
            _ = try Mapping(json: parse(text).get())
        }
        #expect(error == DocumentError(.invalidMapping, message))
    }

    @Test(arguments: [
        #"{"properties":{"a":{"type":"long"},"a.b":{"type":"long"}}}"#,
        #"{"properties":{"a.b":{"type":"long"},"a":{"type":"long"}}}"#,
        #"{"properties":{"":{"type":"long"}}}"#, #"{"properties":{"a..b":{"type":"long"}}}"#,
        #"{"properties":{"a":{"type":"long","fields":{"b.c":{"type":"long"}}}}}"#,
        #"{"properties":{"a":{"type":"long","fields":{"b":{"type":"object"}}}}}"#,
        #"{"properties":{"a":{"type":"long","fields":{"b":{"type":"long","fields":{"c":{"type":"long"}}}}}}}"#,
        #"{"properties":{"a":{"type":"long"},"a":{"type":"text"}}}"#,
    ])
    func `a mapping that contradicts itself makes no schema`(text: String) {
        #expect(refusal { _ = try Schema(mapping(text)) } != nil)
    }

    @Test func `objects nest 20 deep at most`() {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"properties":{"o":"#, count: depth) + #"{"type":"object"}"#
                + String(repeating: "}}", count: depth)
        }
        #expect(refusal { _ = try Schema(mapping(nested(20))) } == nil)
        #expect(refusal { _ = try Schema(mapping(nested(22))) } != nil)
        #expect(refusal { _ = try Schema(mapping(nested(40))) } != nil)
    }
}

@Suite struct `Growing schema` {
    @Test func `a mapping is merged whole or not at all`() throws {
        let schema = try Schema(mapping(#"{"properties":{"n":{"type":"long"}}}"#))
        let before = schema.snapshot
        let clash = try mapping(
            #"{"dynamic":false,"properties":{"new":{"type":"long"},"n":{"type":"text"}}}"#)
        let error = refusal { () throws(DocumentError) in try schema.merge(clash) }
        #expect(
            error
                == DocumentError(.mappingConflict, "mapper [n] cannot be changed from type [long] to [text]"))
        #expect(schema.snapshot == before)
        let fine = try mapping(
            #"{"properties":{"new":{"type":"text"},"n":{"type":"long","fields":{"k":{"type":"keyword"}}}}}"#)
        try schema.merge(fine)
        #expect(schema.snapshot.fields.map(\.path) == ["n", "new", "n.k"])
        #expect(schema.snapshot.dynamic == .on)
        #expect(schema.snapshot.copies(of: "n") == [2])
    }

    @Test func `a merge keeps what it does not speak of`() throws {
        let schema = try Schema(
            mapping(#"{"dynamic":"strict","properties":{"o":{"dynamic":"false","properties":{}}}}"#))
        try schema.merge(mapping(#"{"properties":{"o":{"properties":{"n":{"type":"long"}}}}}"#))
        #expect(schema.snapshot.dynamic == .strict)
        #expect(schema.snapshot.rule(of: "o")?.dynamic == .off)
        #expect(schema.snapshot.isObject("o"))
        #expect(!schema.snapshot.isObject("n"))
    }

    @Test func `parameters of a field cannot change`() throws {
        let schema = try Schema(mapping(#"{"properties":{"k":{"type":"keyword","ignore_above":9}}}"#))
        let error = refusal { try schema.merge(mapping(#"{"properties":{"k":{"type":"keyword"}}}"#)) }
        #expect(
            (error as? DocumentError)?.message == "mapper [k] cannot be changed in the parameters of its type"
        )
    }

    @Test func `fields are added only to the schema that they were thought for`() throws {
        let schema = Schema()
        let old = schema.snapshot
        let added = try schema.add([FieldDefinition("a", .long)], since: old.generation)
        #expect(added?.fields.count == 1)
        #expect(try schema.add([FieldDefinition("b", .long)], since: old.generation) == nil)
        #expect(schema.snapshot.fields.map(\.path) == ["a"])
    }
}

import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Schema bytes` {
    private func encoded(_ snapshot: SchemaSnapshot, from first: Int = 0) -> [UInt8] {
        var buffer = ByteBuffer()
        snapshot.encode(from: first, into: &buffer)
        return buffer.bytes.copyBytes()
    }

    private func decoded(_ bytes: [UInt8]) -> SchemaSnapshot? {
        var snapshot = SchemaSnapshot()
        do throws(FormatError) { try snapshot.apply(bytes.rawSpan) } catch { return nil }
        return snapshot
    }

    private var rich: SchemaSnapshot {
        get throws {
            try Schema(
                mapping(
                    #"{"dynamic":"strict","date_detection":false,"properties":{"k":{"type":"keyword","null_value":"-","#
                        + #""ignore_above":99},"t":{"type":"text","index":false,"fields":{"raw":{"type":"keyword"}}},"#
                        + #""n":{"type":"short","doc_values":false},"d":{"type":"date","format":"yyyy/MM/dd"},"#
                        + #""o":{"dynamic":"false","properties":{"q":{"type":"double"}}},"x":{"type":"object","enabled":false}}}"#
                )
            ).snapshot
        }
    }

    @Test func `a schema comes back whole`() throws {
        let snapshot = try rich
        let found = try #require(decoded(encoded(snapshot)))
        #expect(found.fields == snapshot.fields)
        #expect(found.objects == snapshot.objects)
        #expect(found.mapping == snapshot.mapping)
        #expect(found.copies(of: "t") == [2])
    }

    @Test func `the page's examples are what is written`() throws {
        let page = try FormatPage("schema.md")
        let snapshot = try Schema(mapping(page.block("json"))).snapshot
        #expect(hex(encoded(snapshot)) == (try page.hex(0)))
        #expect(hex(encoded(snapshot, from: 2)) == (try page.hex(1)))
    }

    @Test func `later fields alone are enough for who knows the first`() throws {
        let schema = Schema(try rich)
        var behind = SchemaSnapshot()
        let whole = encoded(schema.snapshot)
        try behind.apply(whole.rawSpan)
        let count = behind.fields.count
        _ = try schema.add(
            [FieldDefinition("o.r", .long), FieldDefinition("z", .date)], since: schema.generation)
        let delta = encoded(schema.snapshot, from: count)
        try behind.apply(delta.rawSpan)
        #expect(behind.fields == schema.snapshot.fields)
        // The same again changes nothing, and who knows less refuses it.
        try behind.apply(delta.rawSpan)
        #expect(behind.fields == schema.snapshot.fields)
        #expect(decoded(delta) == nil)
    }

    @Test func `fields that are others than before are refused`() throws {
        let schema = Schema()
        let ours = encoded(try Schema(mapping(#"{"properties":{"a":{"type":"long"}}}"#)).snapshot)
        let theirs = encoded(try Schema(mapping(#"{"properties":{"a":{"type":"text"}}}"#)).snapshot)
        try schema.apply(ours.rawSpan)
        let before = schema.snapshot
        #expect(refusal { () throws(FormatError) in try schema.apply(theirs.rawSpan) } != nil)
        #expect(schema.snapshot == before)
    }

    @Test func `an old record read once more does not bring old settings back`() throws {
        let schema = try Schema(
            mapping(#"{"properties":{"a":{"type":"long"},"o":{"dynamic":"strict","properties":{}}}}"#))
        let old = encoded(schema.snapshot)
        try schema.merge(
            mapping(#"{"dynamic":"strict","properties":{"o":{"dynamic":"false","properties":{}}}}"#))
        _ = try schema.add([FieldDefinition("b", .date)], since: schema.generation)
        let new = schema.snapshot
        try schema.apply(old.rawSpan)
        #expect(schema.snapshot == new)
        var behind = try #require(decoded(old))
        try behind.apply(encoded(new).rawSpan)
        #expect(behind == new)
    }

    @Test func `fields may come in another order`() throws {
        let schema = try Schema(mapping(#"{"properties":{"a":{"type":"long"},"c":{"type":"long"}}}"#))
        let other = try Schema(
            mapping(#"{"properties":{"a":{"type":"long"},"b":{"type":"date"},"c":{"type":"long"}}}"#))
        let bytes = encoded(other.snapshot)
        try schema.apply(bytes.rawSpan)
        #expect(schema.snapshot.fields.map(\.path) == ["a", "c", "b"])
    }

    @Test func `cut at any byte it is refused`() throws {
        let whole = encoded(try rich)
        for length in 0..<whole.count {
            #expect(decoded([UInt8](whole[..<length])) == nil, "cut at \(length)")
        }
        #expect(decoded(whole + [0]) == nil)
    }

    @Test func `a flipped bit is an error or another schema, never a trap`() throws {
        let whole = encoded(try rich)
        for at in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[at] ^= 1 &<< UInt8(bit)
                if let found = decoded(flipped) {
                    // A lower generation than the fields make up comes back as theirs.
                    #expect(at == 1 || encoded(found) != whole)
                    _ = found.mapping.json
                }
            }
        }
    }
}

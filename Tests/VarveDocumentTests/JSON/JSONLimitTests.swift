import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `JSON limits` {
    private func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
        bytes(String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth))
    }

    @Test func `containers nest 64 deep and not 65`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(parse(nested(64, open, close)).error == nil)
            let error = parse(nested(65, open, close)).error
            #expect(error?.kind == .limit)
            #expect(error?.message.hasPrefix("containers nest at most 64 deep") == true)
        }
    }

    @Test func `a million brackets cost no stack`() {
        #expect(parse([UInt8](repeating: 0x5B, count: 1_000_000)).error?.kind == .limit)
    }

    @Test func `a key has 255 bytes at most, counted without escapes`() {
        let key = String(repeating: "k", count: 255)
        #expect(parse("{\"\(key)\":1}").error == nil)
        #expect(parse("{\"\(key)k\":1}").error?.kind == .limit)
        let escaped = String(repeating: "\\u006b", count: 255)
        #expect(parse("{\"\(escaped)\":1}").error == nil)
        #expect(parse("{\"\(escaped)k\":1}").error?.kind == .limit)
        #expect(parse("{\"\(key)\":1,\"\(escaped)\":1}").error?.kind == .malformedJSON)
    }

    @Test func `a number has 1,000 digits at most`() {
        let digits = String(repeating: "7", count: 1_000)
        #expect(parse("-\(digits)").error?.message.hasPrefix("a number beyond all doubles") == true)
        #expect(parse("0.\(digits.dropLast())").error == nil)
        #expect(parse("0.\(digits)").error?.message.hasPrefix("a number has at most 1000 digits") == true)
        #expect(parse("\(digits)7").error?.message.hasPrefix("a number has at most 1000 digits") == true)
        #expect(parse("1e\(digits)").error?.kind == .limit)
    }

    @Test func `a string has 8 MiB at most`() {
        var text = [UInt8](repeating: 0x61, count: (8 << 20) + 2)
        text[0] = 0x22
        text[text.count - 1] = 0x22
        #expect(parse(text).error == nil)
        text.insert(0x61, at: 1)
        #expect(parse(text).error?.message.hasPrefix("a string has at most 8388608 bytes") == true)
    }

    @Test func `a document has 16 MiB at most`() {
        var text = [UInt8](repeating: 0x20, count: 16 << 20)
        text[7] = 0x31
        #expect(parse(text).error == nil)
        text.append(0x20)
        #expect(parse(text).error?.kind == .limit)
    }

    @Test func `a document has 1,000 fields at most, and those of an array's objects count once`() {
        let members = (0..<1_000).map { "\"k\($0)\":\($0)" }
        #expect(parse("{\(members.joined(separator: ","))}").error == nil)
        let more = parse("{\(members.joined(separator: ",")),\"x\":1}").error
        #expect(more?.message.hasPrefix("a document has at most 1000 fields") == true)
        let objects = [String](repeating: "{\"a\":1,\"b\":2}", count: 2_000).joined(separator: ",")
        #expect(parse("[\(objects)]").error == nil)
    }

    @Test func `duplicates are found among many keys, in any order`() {
        var chance = Chance(seed: 4)
        for _ in 0..<20 {
            var keys = (0..<300).map { "key number \($0)" }
            keys.shuffle(using: &chance)
            let twice = keys[chance.below(300)]
            let place = chance.below(300)
            let plain = keys.map { "\"\($0)\":0" }.joined(separator: ",")
            #expect(parse("{\(plain)}").error == nil)
            keys.insert(twice, at: place)
            let double = keys.map { "\"\($0)\":0" }.joined(separator: ",")
            #expect(
                parse("{\(double)}").error?.message.hasPrefix("a key that its object has already") == true)
        }
    }

    @Test func `the path table forgets when there are too many paths, and goes on`() throws {
        var parser = JSONParser()
        for round in 0..<40 {
            let members = (0..<500).map { "\"r\(round)-\($0)\":{\"x\":1}" }
            let text = bytes("{\(members.joined(separator: ","))}")
            try parser.parse(text.rawSpan)
            #expect(parser.paths.count <= PathTable.nodesMax + 1_000)
        }
        #expect(parser.paths.generation > 0)
        let text = bytes(#"{"a":1,"a":2}"#)
        #expect(
            refusal { () throws(DocumentError) in try parser.parse(text.rawSpan) }?.kind == .malformedJSON)
    }
}

import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `JSON conformance` {
    @Test(arguments: [
        "0", "-0", "1", "-1", "12345678901234567890", "0.0", "1e5", "1E+5", "1e-5", "-0.5e10", "1.0E0",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "123456789012345678",
        "true", "false", "null", "\"\"", "\"a\"", #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\ud83d\ude00""#,
        #""\uD83D\uDE00\u00e9""#, "\"é日🚲\"", "\"\u{7F}\"", "[]", "{}", "[ ]", "{ }", " [1 , 2 ] ",
        "\t\r\n 1 \n",
        "[[[[]]]]", #"{"":0}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":[],"b":{}}"#,
        #"{"a b":1,"é":2,"日本":3}"#, "[null,true,false]", #"{"a" : 1 , "b":2}"#, #""\u0000""#,
        "\"aaaaaaaé\"", "\"aaaaaaaaaaaaaaaa\"", #"["1234567\"890"]"#, "[1,2,3,4.5,-6e7]", "1e-400",
        "0.000000000000000000000000000000000001", "123456789012345678901234567890e-20",
    ])
    func `a text of the grammar is accepted, and read as the reference reads it`(text: String) {
        let reference = ReferenceJSON.parse(bytes(text))
        #expect(reference != nil)
        #expect(parse(text) == reference.map { .success($0) })
    }

    @Test(arguments: [
        ("", JSONRule.cutShort, 0), (" ", .cutShort, 1), ("[", .cutShort, 1), ("[1", .cutShort, 2),
        ("[1,", .cutShort, 3), ("[,1]", .valueExpected, 1), ("[1,]", .valueExpected, 3),
        ("[1 2]", .commaOrEndExpected, 3), ("[1}", .commaOrEndExpected, 2), ("]", .valueExpected, 0),
        ("{", .cutShort, 1), ("{\"a\"", .cutShort, 4), ("{\"a\":", .cutShort, 5), ("{\"a\":1", .cutShort, 6),
        ("{\"a\":1,", .cutShort, 7), ("{,}", .keyExpected, 1), ("{\"a\":1,}", .keyExpected, 7),
        ("{a:1}", .keyExpected, 1), ("{1:1}", .keyExpected, 1), ("{\"a\" 1}", .colonExpected, 5),
        ("{\"a\":1]", .commaOrEndExpected, 6), ("{\"a\":}", .valueExpected, 5), ("1 2", .endExpected, 2),
        ("{}x", .endExpected, 2), ("tru", .cutShort, 0), ("trux", .literal, 0), ("True", .valueExpected, 0),
        ("nul", .cutShort, 0), ("nulL", .literal, 0), ("fals", .cutShort, 0), ("falsy", .literal, 0),
        ("txue", .literal, 0), ("tx", .literal, 0), ("nan", .literal, 0), ("NaN", .valueExpected, 0),
        ("-", .cutShort, 1), ("-a", .digitExpected, 1), ("+1", .valueExpected, 0), (".5", .valueExpected, 0),
        ("01", .leadingZero, 0), ("-01", .leadingZero, 1), ("00", .leadingZero, 0), ("1.", .cutShort, 2),
        ("[1.]", .digitExpected, 3), ("1.e1", .digitExpected, 2), ("1e", .cutShort, 2), ("1e+", .cutShort, 3),
        ("[1e]", .digitExpected, 3), ("0x1", .endExpected, 1), ("1_0", .endExpected, 1),
        ("-Infinity", .digitExpected, 1), ("\"", .cutShort, 1), ("\"a", .cutShort, 2),
        ("\"aaaaaaaaaaaa", .cutShort, 13), ("\"\n\"", .control, 1), ("\"a\u{0}\"", .control, 2),
        ("\"aaaaaaaaa\u{1F}\"", .control, 10), ("\"\\x\"", .escape, 1), ("\"\\", .cutShort, 2),
        ("\"\\u12\"", .hexDigit, 5), ("\"\\u12", .cutShort, 5), ("\"\\u00G0\"", .hexDigit, 5),
        ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
        ("\"\\ud800\\u0041\"", .loneSurrogate, 1), ("\"\\ud800x\"", .loneSurrogate, 1),
        ("\"\\ud800\\ud800\"", .loneSurrogate, 1), ("'a'", .valueExpected, 0), ("[1]/*c*/", .endExpected, 3),
        ("{\"a\":1,\"a\":2}", .duplicateKey, 7), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey, 7),
        ("{\"\\u0061\":1,\"a\":2}", .duplicateKey, 12),
        ("{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", .duplicateKey, 18),
        ("\u{FEFF}1", .valueExpected, 0), ("[\u{A0}1]", .valueExpected, 1), ("\u{C}1", .valueExpected, 0),
    ])
    func `a text outside the grammar is refused with its rule and place`(
        text: String, rule: JSONRule, offset: Int
    ) {
        #expect(ReferenceJSON.parse(bytes(text)) == nil)
        let error = parse(text).error
        #expect(error?.offset == offset)
        #expect(error?.kind == rule.kind)
        #expect(error?.message == "\(rule.text(JSONLimits())) (at byte \(offset))")
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0x81], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xE2, 0x82],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
            [0xC3], [0xE9],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused in strings and in keys`(bad: [UInt8]) {
        for padding in 0..<10 {
            let plain = [UInt8](repeating: 0x61, count: padding)
            let asValue = bytes("[\"") + plain + bad + bytes("zz\"]")
            #expect(parse(asValue).error?.kind == .invalidUTF8)
            let asKey = bytes("{\"") + plain + bad + bytes("zz\":1}")
            #expect(parse(asKey).error?.kind == .invalidUTF8)
        }
    }

    @Test func `a rich document cut at any byte is refused`() {
        let text = bytes(RichDocument.text)
        #expect(parse(text).error == nil)
        for length in 0..<text.count {
            let error = parse([UInt8](text[..<length])).error
            #expect(error != nil, "cut at \(length)")
            #expect((error?.offset ?? .max) <= length, "cut at \(length)")
        }
    }

    @Test func `every single bit flipped is judged as the reference judges it`() {
        let text = bytes(RichDocument.text)
        for at in text.indices {
            for bit in 0..<8 {
                var flipped = text
                flipped[at] ^= 1 &<< UInt8(bit)
                let expected = ReferenceJSON.parse(flipped)
                let found = parse(flipped)
                switch (expected, found) {
                case (nil, .failure): break
                case (let value?, .success(let other)) where value == other: break
                default:
                    Issue.record(
                        "byte \(at) bit \(bit): \(String(decoding: flipped, as: UTF8.self)): \(found)")
                }
            }
        }
    }

    @Test(arguments: 0..<40)
    func `random values come back from random spellings`(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        for _ in 0..<60 {
            let value = random.value()
            let text = random.spell(value)
            #expect(parse(text) == .success(value), "\(text)")
            #expect(ReferenceJSON.parse(bytes(text)) == value, "\(text)")
        }
    }

    /// Guessed keys must not change what is read: a parser that has seen other documents reads as a new one does.
    @Test(arguments: 0..<20)
    func `what a parser read before does not matter`(seed: UInt64) throws {
        var random = RandomJSON(seed: seed &+ 1_000)
        var parser = JSONParser(seed: seed)
        for _ in 0..<60 {
            let object = random.object()
            let text = bytes(random.spell(object))
            try parser.parse(text.rawSpan)
            #expect(keys(of: parser) == flatKeys(object))
            // A damaged text in between must leave the parser sound.
            let cut = [UInt8](text.prefix(random.chance.below(text.count)))
            _ = refusal { () throws(DocumentError) in try parser.parse(cut.rawSpan) }
        }
    }

    private func keys(of parser: borrowing JSONParser) -> [String] {
        var found: [String] = []
        var at = 0
        while at < parser.count {
            let word = parser[at]
            switch word.tag {
            case .key: found.append(String(validating: parser.paths.key(of: word.node)) ?? "")
            case .integer, .bigInteger, .real, .bigReal: at += 1
            default: break
            }
            at += 1
        }
        return found
    }

    private func flatKeys(_ value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap { flatKeys($0) }
        case .object(let members): members.flatMap { [$0.key] + flatKeys($0.value) }
        default: []
        }
    }
}

enum RichDocument {
    static let text =
        #"{"id": 17, "name":"Zoë \"Z\" \u00e9\ud83d\ude00 日本","ok":true,"no":false,"nil":null,"list":[1,-2.5e3,"x",[],{}],"#
        + #""nested":{"a_rather_long_key_name":0.1,"b":[{"k":1},{"k":2}]},"big":12345678901234567890123,"neg":-0}"#
}

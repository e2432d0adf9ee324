import Testing
import VarveBytes

@testable import VarveDocument

@Suite struct `Field values` {
    private func values(_ type: FieldMapping, _ json: String) throws -> [String] {
        try index("{\"f\":\(json)}", ["f": type]).values.map(\.value)
    }

    @Test(arguments: [
        ("5", ["5"]), ("-5", ["-5"]), ("5.7", ["5"]), ("-5.7", ["-5"]), ("1e3", ["1000"]), ("-0", ["0"]),
        ("\"5\"", ["5"]), ("\"5.7\"", ["5"]), ("\" +5 \"", ["5"]), ("\"\"", []), ("null", []),
        ("[1,null,[2]]", ["1", "2"]),
        ("9223372036854775807", ["9223372036854775807"]), ("-9223372036854775808", ["-9223372036854775808"]),
        ("\"9223372036854775807\"", ["9223372036854775807"]), ("1e18", ["1000000000000000000"]),
    ])
    func `longs are coerced as OpenSearch does`(json: String, expected: [String]) throws {
        #expect(try values(.long, json) == expected)
    }

    @Test(arguments: [
        ("127", FieldMapping.byte, true), ("128", .byte, false), ("-128", .byte, true),
        ("-129", .byte, false),
        ("32767", .short, true), ("32768", .short, false), ("2147483647", .integer, true),
        ("2147483648", .integer, false), ("\"300\"", .byte, false), ("127.9", .byte, true),
        ("1e10", .integer, false),
    ])
    func `narrow integers have their range`(json: String, type: FieldMapping, fits: Bool) throws {
        let error = indexError("{\"f\":\(json)}", ["f": type])
        #expect((error == nil) == fits)
        if let error { #expect(error.cause?.contains("is out of range for a") == true) }
    }

    @Test(arguments: [
        ("5", ["5.0"]), ("0.1", ["0.1"]), ("-0.0", ["-0.0"]), ("-0", ["-0.0"]), ("\"1e3\"", ["1000.0"]),
        ("12345678901234567890123", ["1.2345678901234568e+22"]),
        ("0.30000000000000004", ["0.30000000000000004"]),
        ("\"\"", []), ("1e-400", ["0.0"]),
    ])
    func `doubles`(json: String, expected: [String]) throws {
        #expect(try values(.double, json) == expected)
    }

    @Test func `floats are rounded to 32 bits`() throws {
        #expect(try values(.float, "0.1") == [String(Double(Float(0.1)))])
        #expect(try values(.float, "16777217") == ["16777216.0"])
        #expect(
            indexError(#"{"f":1e39}"#, ["f": .float])?.cause
                == "[float] supports only finite values, but got [1e39]")
    }

    @Test(arguments: [
        ("true", "true"), ("false", "false"), ("\"true\"", "true"), ("\"false\"", "false"), ("\"\"", "false"),
        ("\"tru\\u0065\"", "true"),
    ])
    func `booleans`(json: String, expected: String) throws {
        #expect(try values(.boolean, json) == [expected])
    }

    @Test(arguments: [
        (FieldMapping.long, "\"abc\"", "For input string: \"abc\""),
        (.long, "\"0x10\"", "For input string: \"0x10\""), (.long, "\"5 6\"", "For input string: \"5 6\""),
        (.long, "\"1e\"", "For input string: \"1e\""), (.long, "\"-\"", "For input string: \"-\""),
        (.long, "true", "Current token (VALUE_TRUE) not numeric, can not use numeric value accessors"),
        (.long, "9223372036854775808", "Value [9223372036854775808] is out of range for a long"),
        (.long, "1e19", "Value [1e19] is out of range for a long"),
        (.long, "\"9223372036854775808\"", "Value [9223372036854775808] is out of range for a long"),
        (.integer, "3000000000", "Value [3000000000] is out of range for an integer"),
        (.double, "1e400", "[double] supports only finite values, but got [1e400]"),
        (.double, "\"x\"", "For input string: \"x\""), (.double, "\"NaN\"", "For input string: \"NaN\""),
        (.boolean, "\"yes\"", "Failed to parse value [yes] as only [true] or [false] are allowed."),
        (.boolean, "1", "Failed to parse value [1] as only [true] or [false] are allowed."),
        (.boolean, "0.0", "Failed to parse value [0.0] as only [true] or [false] are allowed."),
        (
            .date, "\"x\"",
            "failed to parse date field [x] with format [strict_date_optional_time||epoch_millis]"
        ),
        (
            .date, "true",
            "failed to parse date field [true] with format [strict_date_optional_time||epoch_millis]"
        ),
        (.date(format: "yyyy/MM/dd"), "2013", "failed to parse date field [2013] with format [yyyy/MM/dd]"),
    ])
    func `a wrong value is refused in OpenSearch's words`(type: FieldMapping, json: String, cause: String)
        throws
    {
        let error = indexError("{\"f\":\(json)}", ["f": type])
        #expect(error?.kind == .wrongType)
        #expect(error?.cause == cause)
        #expect(error?.offset == (json.hasPrefix("\"") ? 6 : 5))
        #expect(
            error?.message.hasPrefix(
                "failed to parse field [f] of type [\(type.typeName)] in document with id '1'. Preview")
                == true)
    }

    @Test func `dates take numbers as text, so that 2022 is a year`() throws {
        #expect(try values(.date, "2022") == ["2022-01-01T00:00:00.000Z"])
        #expect(try values(.date, "\"2022\"") == ["2022-01-01T00:00:00.000Z"])
        #expect(try values(.date, "1356998400000") == ["2013-01-01T00:00:00.000Z"])
        #expect(try values(.date, "\"1356998400000\"") == ["2013-01-01T00:00:00.000Z"])
        #expect(try values(.date, "-1") == ["1969-12-31T23:59:59.999Z"])
    }

    @Test func `keywords and text take scalars as they are written`() throws {
        #expect(
            try values(.keyword, #"["Ab c",5,1.50,true,null,"é\n"]"#) == ["Ab c", "5", "1.50", "true", "é\n"])
        #expect(
            try values(.text, #"["Ab c",5,1.50,true,"É\u00c9x"]"#) == [
                "ab", "c", "5", "1.50", "true", "ééx",
            ])
    }

    @Test func `ignore_above counts characters as Java does`() throws {
        let short = FieldMapping.keyword(ignoreAbove: 3)
        #expect(
            try values(
                short, #"["abc","abcd","éàü","éàüx","🚲a","🚲🚲","\u00e9\u00e9\u00e9","\u00e9\u00e9\u00e9a"]"#)
                == ["abc", "éàü", "🚲a", "ééé"])
    }

    @Test func `a keyword that no term can be is refused`() throws {
        let fits = String(repeating: "x", count: 32_766)
        #expect(try values(.keyword, "\"\(fits)\"").count == 1)
        let error = indexError("{\"f\":\"\(fits)x\"}", ["f": .keyword])
        #expect(error?.kind == .limit)
        #expect(error?.message.contains("immense term in field=\"f\"") == true)
        #expect(try values(.keyword(ignoreAbove: 256), "\"\(fits)x\"") == [])
    }

    @Test func `multi-fields take the same value in their own ways`() throws {
        let given = try mapping(
            #"{"properties":{"f":{"type":"text","fields":{"raw":{"type":"keyword"},"n":{"type":"long"}}}}}"#)
        let values = try index(#"{"f":["12",7]}"#, given).values
        #expect(values.map(\.description) == ["f=12", "f.raw=12", "f.n=12", "f=7", "f.raw=7", "f.n=7"])
        #expect(indexError(#"{"f":"word"}"#, given)?.message.contains("field [f.n] of type [long]") == true)
    }

    @Test func `null_value stands for null`() throws {
        let given = try mapping(
            #"{"properties":{"k":{"type":"keyword","null_value":"none"},"n":{"type":"long","null_value":-1},"#
                + #""d":{"type":"date","null_value":"1970-01-02"},"b":{"type":"boolean","null_value":true}}}"#
        )
        let values = try index(#"{"k":null,"n":[null,2],"d":null,"b":null}"#, given).values
        #expect(
            values.map(\.description)
                == ["k=none", "n=-1", "n=2", "d=1970-01-02T00:00:00.000Z", "b=true"])
    }

    @Test func `a field that is neither indexed nor has a column is checked, but keeps nothing`() throws {
        let given = try mapping(
            #"{"properties":{"n":{"type":"long","index":false,"doc_values":false},"t":{"type":"text","index":false}}}"#
        )
        #expect(try index(#"{"n":1,"t":"word"}"#, given).values.isEmpty)
        #expect(indexError(#"{"n":"x"}"#, given)?.kind == .wrongType)
    }
}

@Suite struct `Cutting text into tokens` {
    private func tokens(_ text: String) -> [String] {
        Analyzer.standard.tokens(of: text).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("", []), (" ", []), ("Hello, World!", ["hello", "world"]), ("a1-B2_c3", ["a1", "b2_c3"]),
            ("naïve CAFÉ", ["naïve", "café"]), ("ÄÖÜ straße", ["äöü", "straße"]), ("ΑΒΓ δ", ["αβγ", "δ"]),
            ("foo–bar", ["foo", "bar"]), ("日本語", ["日", "本", "語"]), ("abc日def", ["abc", "日", "def"]),
            ("ひらカタカナ", ["ひ", "ら", "カタカナ"]), ("🚲bike🚲", ["🚲", "bike", "🚲"]),
            ("e\u{301}te\u{301}", ["e\u{301}te\u{301}"]),
            ("İ", ["i"]), ("…", []), ("x…", ["x"]), ("١٢٣", ["١٢٣"]), ("한국어 글", ["한국어", "글"]),
        ] as [(String, [String])])
    func `text is cut into runs of letters and digits, in lower case`(text: String, expected: [String]) {
        #expect(tokens(text) == expected)
    }

    @Test func `a run of more than 255 characters is cut`() {
        #expect(tokens(String(repeating: "A", count: 600)).map(\.utf8.count) == [255, 255, 90])
        #expect(tokens(String(repeating: "É", count: 300)).map { $0.unicodeScalars.count } == [255, 45])
    }

    @Test(arguments: 0..<10)
    func `an index and a query cut alike, and as scalars would say`(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        let pieces = ["a", "B", "9", " ", "-", "é", "Ü", "日", "—", "ß"]
        let text = (0..<200).map { _ in pieces[chance.below(pieces.count)] }.joined()
        let expected = text.replacing("日", with: " 日 ").lowercased()
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
        #expect(tokens(text) == expected)
        #expect(try index("{\"f\":\"\(text)\"}", ["f": .text]).values.map(\.value) == expected)
    }
}

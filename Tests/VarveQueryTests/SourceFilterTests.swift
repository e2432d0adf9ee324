import Testing
import VarveBytes

@testable import VarveQuery

@Suite struct `Filtering sources` {
    private func project(_ source: String, _ includes: [String], _ excludes: [String] = []) -> String {
        var projection = SourceProjection(SourceFilter(includes: includes, excludes: excludes))
        var page = ByteBuffer()
        projection.append(Array(source.utf8).rawSpan, to: &page)
        let first = page.count
        // The second time every decision is known already.
        projection.append(Array(source.utf8).rawSpan, to: &page)
        let isSame = page.bytes.slice(0, first).equals(page.bytes.slice(first, page.count - first))
        #expect(isSame, "the second copy differs")
        return String(validating: page.bytes.slice(0, first)) ?? "not UTF-8"
    }

    @Test(arguments: [
        (["a"], [], #"{"a":1}"#),
        (["b"], [], #"{"b":{"c":[1,2],"d":"x"}}"#),
        (["b.c"], [], #"{"b":{"c":[1,2]}}"#),
        (["b.*"], [], #"{"b":{"c":[1,2],"d":"x"}}"#),
        (["*.d"], [], #"{"b":{"d":"x"},"e":[{},{"d":true}]}"#),
        ([], ["b"], #"{"a":1,"e":[{"c":null},{"d":true},5],"f.g":"}"}"#),
        ([], ["b.c", "e.c"], #"{"a":1,"b":{"d":"x"},"e":[{},{"d":true},5],"f.g":"}"}"#),
        (["b", "a"], ["b.d"], #"{"a":1,"b":{"c":[1,2]}}"#),
        (["e"], ["*.c"], #"{"e":[{},{"d":true},5]}"#),
        (["f.*"], [], #"{"f.g":"}"}"#),
        (["f"], [], "{}"),
        (["nothing"], [], "{}"),
        (["*"], ["*"], "{}"),
        (["*"], ["a*"], #"{"b":{"c":[1,2],"d":"x"},"e":[{"c":null},{"d":true},5],"f.g":"}"}"#),
        (["b.c.x"], [], "{}"),
    ]) func `patterns take and leave fields`(includes: [String], excludes: [String], expected: String) {
        let source = #"""
            { "a" : 1 , "b":{"c":[1,2], "d":"x"}, "e":[ {"c":null}, {"d":true} , 5 ], "f.g":"}" }
            """#
        #expect(project(source, includes, excludes).filter { $0 != " " } == expected)
    }

    @Test func `kept values keep their bytes`() {
        let source = #"{"n": 1.50e+01, "s":"a\u00e9\"\\ ]", "o": { "x" :[ 1 , {} ] }, "z":0}"#
        #expect(
            project(source, [], ["z"])
                == #"{"n":1.50e+01,"s":"a\u00e9\"\\ ]","o":{ "x" :[ 1 , {} ] }}"#)
    }

    @Test func `keys are compared as text, whatever their escapes`() {
        let source = #"{"caf\u00e9":1,"\ud83d\ude00":2,"a\"b":3,"tab\t":4}"#
        #expect(project(source, ["café"]) == #"{"caf\u00e9":1}"#)
        #expect(project(source, ["😀"]) == #"{"\ud83d\ude00":2}"#)
        #expect(project(source, [#"a"b"#]) == #"{"a\"b":3}"#)
        #expect(project(source, ["tab\t"]) == #"{"tab\t":4}"#)
    }

    @Test func `an object stays empty where it was wanted and its fields were not`() {
        #expect(
            project(#"{"a":{"b":1},"c":{},"d":[]}"#, ["a", "c", "d"], ["a.b"]) == #"{"a":{},"c":{},"d":[]}"#)
        #expect(project(#"{"a":{"b":1},"c":2}"#, ["a.x"]) == "{}")
    }

    @Test func `what is no object is copied whole`() {
        for source in [
            "", "[1]", "{\"a\"", "{\"a\":}", "{\"a\":1,}", "{\"a\":1", "{\"a\":[1}", "{\"a\":\"\\",
        ] {
            #expect(project(source, ["b"]) == source)
        }
    }

    @Test func `many different keys do not add up`() {
        var projection = SourceProjection(SourceFilter(includes: ["o.wanted"], excludes: []))
        var page = ByteBuffer()
        for document in 0..<200 {
            var source = "{\"o\":{\"wanted\":\(document)"
            for key in 0..<50 { source += ",\"k\(document)-\(key)\":{\"x\":1}" }
            source += "}}"
            page.removeAll()
            projection.append(Array(source.utf8).rawSpan, to: &page)
            let copy = String(validating: page.bytes)
            #expect(copy == "{\"o\":{\"wanted\":\(document)}}")
        }
    }
}

import Testing
import VarveREST

/// Section 5.1 of the reference: what a search refuses as a whole, with the exact body.
@Suite struct `Conformance 5.1: request-level rules` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"n":1}"#, 201)
        return server
    }

    @Test(arguments: [
        (#"{"foo":"x"}"#, "VALUE_STRING", 8), (#"{"foo":{}}"#, "START_OBJECT", 8),
        (#"{"foo":[]}"#, "START_ARRAY", 8),
        (#"{"foo":1}"#, "VALUE_NUMBER", 8), (#"{"foo":true}"#, "VALUE_BOOLEAN", 8),
        (#"{"foo":null}"#, "VALUE_NULL", 8),
    ]) func `an unknown key`(body: String, token: String, column: Int) async throws {
        let inner =
            #""type":"parsing_exception","reason":"Unknown key for a \#(token) in [foo].","line":1,"col":\#(column)"#
        try await filled().expect(
            "POST", "/i/_search", body, 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":400}"#)
    }

    @Test(arguments: ["size", "from"]) func `a negative number`(name: String) async throws {
        let server = try await filled()
        let reason = "[\(name)] parameter cannot be negative, found [-1]"
        await server.refuses(
            "POST", "/i/_search", #"{"\#(name)":-1}"#, 400, "illegal_argument_exception", reason)
        await server.refuses("GET", "/i/_search?\(name)=-1", 400, "illegal_argument_exception", reason)
    }

    @Test func `a cursor together with an offset`() async throws {
        try await filled().shardsFail(
            "POST", "/i/_search", #"{"from":1,"sort":"n","search_after":[1]}"#, 400, index: "i",
            "search_exception",
            "`from` parameter must be set to 0 when `search_after` is used.", isServerType: true)
    }

    @Test func `what excludes each other`() async throws {
        let server = try await filled()
        for (target, body, reason) in [
            (
                "/i/_search?scroll=1m", #"{"sort":"n","search_after":[1]}"#,
                "`search_after` cannot be used in a scroll context."
            ),
            (
                "/i/_search", #"{"collapse":{"field":"n"},"sort":"n","search_after":[1]}"#,
                "cannot use `collapse` in conjunction with `search_after`"
            ),
            (
                "/i/_search", #"{"slice":{"id":0,"max":2}}"#,
                "`slice` cannot be used outside of a scroll context or PIT context"
            ),
            (
                "/i/_search", #"{"rescore":{"query":{}},"sort":"n"}"#,
                "Cannot use [sort] option in conjunction with [rescore]."
            ),
            ("/i/_search?terminate_after=-1", "{}", "terminateAfter must be > 0"),
        ] { await server.refuses("POST", target, body, 400, "illegal_argument_exception", reason) }
    }
}

/// Section 9, row 12.
@Suite struct `Conformance 12: the result window` {
    @Test func `ten thousand are reached, one more is refused`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"n":1}"#, 201)
        for body in [#"{"from":9990}"#, #"{"size":10000}"#, #"{"from":10000,"size":0}"#] {
            await server.expect("POST", "/i/_search", body, 200)
        }
        let reason =
            "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. See the "
            + "scroll api for a more efficient way to request large data sets. This limit can be set by changing the "
            + "[index.max_result_window] index level setting."
        for body in [
            #"{"from":9991}"#, #"{"size":10001}"#, #"{"size":10001,"sort":"n","search_after":[1]}"#,
        ] {
            await server.shardsFail(
                "POST", "/i/_search", body, 400, index: "i", "illegal_argument_exception", reason)
        }
    }
}

/// Section 9, row 13.
@Suite struct `Conformance 13: totals` {
    @Test(arguments: [9_999, 10_000, 10_001]) func `each way to track them`(count: Int) async throws {
        let server = try await Server()
        let lines = (0..<count).map { "{\"index\":{\"_id\":\"\($0)\"}}\n{\"n\":1}\n" }.joined()
        await server.expect(
            "POST", "/i/_bulk?refresh=true&filter_path=errors", lines, 200, #"{"errors":false}"#)
        func total(_ option: String, _ query: String = "") async -> String {
            await server.expect(
                "POST", "/i/_search?size=0&filter_path=hits.total\(query)", "{\(option)}", 200)
        }
        func exactly(_ value: Int, _ relation: String = "eq") -> String {
            #"{"hits":{"total":{"value":\#(value),"relation":"\#(relation)"}}}"#
        }
        let isBeyond = count > 10_000
        let standard = isBeyond ? exactly(10_000, "gte") : exactly(count)
        #expect(await total("") == standard)
        #expect(await total(#""track_total_hits":true"#) == exactly(count))
        #expect(await total(#""track_total_hits":false"#) == "{}")
        #expect(await total(#""track_total_hits":10000"#) == standard)
        #expect(await total(#""track_total_hits":1"#) == exactly(1, "gte"))
        #expect(await total(#""track_total_hits":20000"#) == exactly(count))
        #expect(await total("", "&track_total_hits=true") == exactly(count))
        #expect(await total("", "&rest_total_hits_as_int=true") == #"{"hits":{"total":\#(count)}}"#)
        #expect(await total(#""query":{"term":{"n":1}}"#) == standard)
    }
}

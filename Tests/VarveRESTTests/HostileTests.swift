import Testing
import VarveREST

@Suite struct `Hostile requests` {
    private static let requests: [(method: String, target: String, body: String)] = [
        (
            "POST", "/i/_search",
            #"{"query":{"bool":{"must":[{"term":{"a":{"value":"x","boost":2}}}]}},"sort":[{"n":{"order":"desc"}}],"search_after":[1],"_source":{"includes":["a*"]}}"#
        ),
        (
            "POST", "/i/_search",
            #"{"fields":["*"],"docvalue_fields":[{"field":"n"}],"timeout":"1s","aggs":{"a":{"terms":{"field":"a.keyword","order":{"b":"asc"},"missing":"z"},"meta":{"m":1},"aggs":{"b":{"max":{"field":"n"}}}},"h":{"histogram":{"field":"n","interval":5,"extended_bounds":{"min":0,"max":9}}},"d":{"date_histogram":{"field":"d","fixed_interval":"1d","offset":"+1h","format":"yyyy-MM"}}}}"#
        ),
        ("POST", "/_msearch", "{\"index\":\"i\"}\n{\"size\":0}\n"),
        (
            "PUT", "/j",
            #"{"settings":{"index":{"number_of_shards":1}},"mappings":{"properties":{"a":{"type":"keyword"}}}}"#
        ),
        ("POST", "/i/_update/1", #"{"doc":{"a":[1,{"b":"\u00e9"}]},"doc_as_upsert":true}"#),
        ("POST", "/_bulk", "{\"index\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{\"a\":1}\n"),
        ("DELETE", "/_search/point_in_time", #"{"pit_id":["x","y"]}"#),
        ("POST", "/_mget", #"{"docs":[{"_index":"i","_id":"1","_source":["a"]}]}"#),
        ("PUT", "/i/_doc/1", #"{"a":"é","b":{"c":[1.5e300,true,null]}}"#),
    ]

    @Test func `a body cut at any byte, or with any byte changed, is no fault of the server`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"a":"x","n":1}"#, 201)
        var random = Steps()
        for request in Self.requests {
            let body = Array(request.body.utf8)
            for cut in 0...body.count {
                await check(server, request, Array(body[..<cut]))
                guard cut < body.count else { continue }
                for byte in [UInt8.random(in: 0...255, using: &random), 0x22, 0x7D, 0x5B] {
                    var changed = body
                    changed[cut] = byte
                    await check(server, request, changed)
                }
            }
        }
    }

    private func check(
        _ server: Server, _ request: (method: String, target: String, body: String), _ body: [UInt8]
    ) async {
        for query in ["", "pretty&filter_path=**.reason,_id"] {
            let response = await server.service.respond(
                to: RESTRequest(
                    request.method, request.target, query: query,
                    headers: [("content-type", "application/json")], body: body))
            #expect(response.status < 500, "\(request.target) \(String(decoding: body, as: UTF8.self))")
        }
    }

    @Test func `depth, size and numbers have limits`() async throws {
        let server = try await Server()
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        await server.expect("POST", "/_search", #"{"query":\#(deep)}"#, 400)
        await server.expect("PUT", "/i/_doc/1", #"{"a":\#(deep)}"#, 400)
        var query = #"{"match_all":{}}"#
        for _ in 0..<25 { query = #"{"bool":{"must":\#(query)}}"# }
        await server.expect("POST", "/_search", #"{"query":\#(query)}"#, 400)
        for target in [
            "/_search?size=99999999999999999999", "/_search?from=9223372036854775807",
            "/_search?from=1&size=9223372036854775807", "/_search?track_total_hits=-7",
            "/_search?%", "/_search?a=%ff", "/%ff/_search",
            "/i/_search/point_in_time?keep_alive=9223372036854775807d",
        ] {
            let method = target.contains("point_in_time") ? "POST" : "GET"
            let response = await server.send(method, target)
            #expect((400..<500).contains(response.status), "\(target) \(response.text)")
        }
        await server.expect("POST", "/_search", #"{"size":1e400}"#, 400)
        await server.expect("POST", "/_search", #"{"size":-1.5}"#, 400)
    }

    @Test(arguments: [
        #"{"histogram":{"field":"n","interval":1e-300}}"#, #"{"histogram":{"field":"x","interval":1}}"#,
        #"{"histogram":{"field":"x","interval":1,"offset":1e308}}"#,
        #"{"histogram":{"field":"n","interval":1,"extended_bounds":{"min":"-inf","max":"inf"}}}"#,
        #"{"date_histogram":{"field":"n","fixed_interval":"9223372036854775807d"}}"#,
        #"{"date_histogram":{"field":"n","calendar_interval":"1y","offset":-9223372036854775808}}"#,
        #"{"date_histogram":{"field":"n","calendar_interval":"1M","format":"SSSSSSSSSSSSSSSSSSSSSSSSSSyyyyyyyyyyyyyyyy"}}"#,
        #"{"date_histogram":{"field":"n","calendar_interval":"1M","extended_bounds":{"min":-9223372036854775808,"max":9223372036854775807}}}"#,
        #"{"date_range":{"field":"n","ranges":[{"from":-9223372036854775808,"to":1e300}]}}"#,
        #"{"terms":{"field":"n","size":9223372036854775807}}"#, #"{"min":{"field":"d"}}"#,
        #"{"composite":{"size":9223372036854775807,"sources":[{"a":{"histogram":{"field":"x","interval":1e-300}}}]}}"#,
        #"{"cardinality":{"field":"n","precision_threshold":9223372036854775807}}"#,
        #"{"range":{"field":"n","ranges":[{"from":1e308,"to":-1e308}]}}"#,
    ]) func `an aggregation of extremes is no fault of the server`(request: String) async throws {
        let server = try await Server()
        for (id, number) in ["9223372036854775807", "-9223372036854775808", "0"].enumerated() {
            await server.expect(
                "PUT", "/i/_doc/\(id)?refresh=true", #"{"n":\#(number),"x":\#(number).5e10}"#, 201)
        }
        let response = await server.send("POST", "/i/_search", #"{"size":0,"aggs":{"a":\#(request)}}"#)
        #expect(response.status < 500, "\(response.text)")
    }

    @Test func `a path that leads out leads nowhere`() async throws {
        let server = try await Server()
        for path in ["/..%2f..%2fetc", "/..", "/.", "/%2e%2e", "/a%00b", "/%20"] {
            let response = await server.send("PUT", path)
            #expect(response.status == 400, "\(path) \(response.text)")
        }
    }
}

/// The same numbers every time.
private struct Steps: RandomNumberGenerator {
    private var state: UInt64 = 42

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

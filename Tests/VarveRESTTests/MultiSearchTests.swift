import Testing
import VarveREST

@Suite struct `Several searches, counts and capabilities` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/a",
            #"{"mappings":{"properties":{"f":{"type":"keyword"},"o":{"properties":{"t":{"type":"text"}}}}}}"#,
            200)
        await server.expect("PUT", "/b", #"{"mappings":{"properties":{"f":{"type":"long"}}}}"#, 200)
        await server.expect("PUT", "/a/_doc/1?refresh=true", #"{"f":"x"}"#, 201)
        await server.expect("PUT", "/b/_doc/2?refresh=true", #"{"f":3}"#, 201)
        return server
    }

    @Test func `each search of several has an answer or an error of its own`() async throws {
        let server = try await filled()
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/b/_search/point_in_time?keep_alive=1m", 200))
        let lines = [
            "{}", #"{"size":0}"#, #"{"index":"b"}"#, #"{"query":{"term":{"f":3}},"_source":false}"#,
            #"{"index":["missing"]}"#, "{}", "", #"{"query":{"mtch":{}}}"#,
        ]
        let envelope =
            #""took":0,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}"#
        let missing =
            #""type":"index_not_found_exception","reason":"no such index [missing]","index":"missing","resource.id":"missing","resource.type":"index_or_alias","index_uuid":"_na_""#
        let unknown =
            #""type":"parsing_exception","reason":"unknown query [mtch] did you mean [match]?","line":1,"col":18"#
        await server.expect(
            "POST", "/a/_msearch", lines.joined(separator: "\n") + "\n", 200,
            #"{"took":0,"responses":[{\#(envelope),"hits":{"total":{"value":1,"relation":"eq"},"max_score":null,"hits":[]},"status":200},{\#(envelope),"hits":{"total":{"value":1,"relation":"eq"},"max_score":1.0,"hits":[{"_index":"b","_id":"2","_score":1.0}]},"status":200},{"error":{"root_cause":[{\#(missing)}],\#(missing)},"status":404},{"error":{"root_cause":[{\#(unknown)}],\#(unknown),"caused_by":{"type":"named_object_not_found_exception","reason":"[1:18] unknown field [mtch]"}},"status":400}]}"#
        )
        await server.expect("PUT", "/b/_doc/3?refresh=true", #"{"f":4}"#, 201)
        let text = await server.expect(
            "POST", "/_msearch?filter_path=responses.hits.total.value",
            "{}\n" + #"{"pit":{"id":"\#(id)"}}"# + "\n" + "{}\n{}\n", 200)
        #expect(text == #"{"responses":[{"hits":{"total":{"value":1}}},{"hits":{"total":{"value":3}}}]}"#)
    }

    @Test func `a malformed list of searches is refused whole`() async throws {
        let server = try await filled()
        await server.refuses("POST", "/_msearch", 400, "parse_exception", "request body is required")
        await server.refuses(
            "POST", "/_msearch", "{}\n{}", 400, "illegal_argument_exception",
            "The msearch request must be terminated by a newline [\\n]")
        await server.refuses(
            "POST", "/_msearch", "{\"indx\":1}\n{}\n", 400, "illegal_argument_exception",
            "key [indx] is not supported in the metadata section")
        await server.refuses(
            "POST", "/_msearch?max_concurrent_searches=0", "{}\n{}\n", 400, "illegal_argument_exception",
            "maxConcurrentSearchRequests must be positive")
    }

    @Test func `documents are counted at a point in time too`() async throws {
        let server = try await filled()
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/a,b/_search/point_in_time?keep_alive=1m", 200))
        await server.expect("DELETE", "/a/_doc/1?refresh=true", 200)
        let shards = #""_shards":{"total":2,"successful":2,"skipped":0,"failed":0}"#
        await server.expect("GET", "/_count", 200, #"{"count":1,\#(shards)}"#)
        await server.expect(
            "POST", "/_count", #"{"pit":{"id":"\#(id)"}}"#, 200, #"{"count":2,\#(shards)}"#)
        await server.expect(
            "POST", "/_count", #"{"pit":{"id":"\#(id)"},"query":{"term":{"f":"x"}}}"#, 400)
        await server.refuses(
            "POST", "/a/_count", #"{"pit":{"id":"\#(id)"}}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: [indices] cannot be used with point in time;")
        await server.expect("GET", "/b/_count?q=f:3", 200)
    }

    @Test func `capabilities name the indices where they differ`() async throws {
        let server = try await filled()
        await server.expect(
            "GET", "/_field_caps?fields=*", 200,
            #"{"indices":["a","b"],"fields":{"_id":{"_id":{"type":"_id","searchable":true,"aggregatable":false}},"f":{"keyword":{"type":"keyword","searchable":true,"aggregatable":true,"indices":["a"]},"long":{"type":"long","searchable":true,"aggregatable":true,"indices":["b"]}},"o":{"object":{"type":"object","searchable":false,"aggregatable":false}},"o.t":{"text":{"type":"text","searchable":true,"aggregatable":false}}}}"#
        )
        await server.expect(
            "POST", "/b/_field_caps", #"{"fields":["f"]}"#, 200,
            #"{"indices":["b"],"fields":{"f":{"long":{"type":"long","searchable":true,"aggregatable":true}}}}"#
        )
        await server.refuses(
            "GET", "/_field_caps", 400, "action_request_validation_exception",
            "Validation Failed: 1: no fields specified;")
    }

    @Test(arguments: [
        (#"{"query":{"term":{"f":1}}}"#, true), (#"{"query":{"range":{"f":{"gte":"x"}}}}"#, false),
    ])
    func `a query is validated without being answered`(query: String, isValid: Bool) async throws {
        let server = try await filled()
        await server.expect(
            "POST", "/b/_validate/query", query, 200,
            #"{"valid":\#(isValid),"_shards":{"total":1,"successful":1,"failed":0}}"#)
    }
}

import Testing

@testable import VarveREST

@Suite struct `Conformance 5: every error of a point in time, to the byte` {
    private let tooMany =
        "Trying to create too many Point In Time contexts. Must be less than or equal to: [2]. This limit can be set by changing the [search.max_open_pit_context] setting."

    private func filled() async throws -> Server {
        let server = try await Server()
        await server.fill("i", 2)
        return server
    }

    @Test func `creation on an index that is missing or closed`() async throws {
        let server = try await filled()
        let missing =
            #""type":"index_not_found_exception","reason":"no such index [x]","index":"x","resource.id":"x","resource.type":"index_or_alias","index_uuid":"_na_""#
        await server.expect(
            "POST", "/x/_search/point_in_time?keep_alive=1m", 404,
            #"{"error":{"root_cause":[{\#(missing)}],\#(missing)},"status":404}"#)
        await server.expect("POST", "/i,x/_search/point_in_time?keep_alive=1m", 404)
        await server.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
        await server.expect("POST", "/i/_close", 200)
        let uuid = await server.uuid(of: "i")
        let closed = #""type":"index_closed_exception","reason":"closed","index":"i","index_uuid":"\#(uuid)""#
        await server.expect(
            "POST", "/i/_search/point_in_time?keep_alive=1m", 400,
            #"{"error":{"root_cause":[{\#(closed)}],\#(closed)},"status":400}"#)
        await server.expect(
            "POST", "/i/_search/point_in_time?keep_alive=1m&ignore_unavailable=true&filter_path=_shards", 200,
            #"{"_shards":{"total":0,"successful":0,"skipped":0,"failed":0}}"#)
    }

    @Test func `flags and patterns of a creation`() async throws {
        let server = try await filled()
        let create = "/i/_search/point_in_time?keep_alive=1m"
        await server.refuses(
            "POST", create + "&allow_partial_pit_creation=maybe", 400, "illegal_argument_exception",
            "Failed to parse value [maybe] as only [true] or [false] are allowed.")
        await server.refuses(
            "POST", create + "&expand_wildcards=x", 400, "illegal_argument_exception",
            "No valid expand wildcard value [x]")
        await server.refuses(
            "POST", create + "&keep_aliv=1m", 400, "illegal_argument_exception",
            "request [/i/_search/point_in_time] contains unrecognized parameter: [keep_aliv] -> did you mean [keep_alive]?"
        )
        await server.refuses(
            "POST", create, "{}", 400, "illegal_argument_exception",
            "request [POST /i/_search/point_in_time] does not support having a body")
        await server.refuses(
            "POST", create + "&preference=_x", 400, "illegal_argument_exception", "no Preference for [_x]")
        await server.refuses(
            "POST", create + "&on_index_delete=x", 400, "illegal_argument_exception",
            "[on_index_delete] is one of [fail, keep, drop], not [x]")
        await server.refuses(
            "POST", create + "&labels=x", 400, "illegal_argument_exception", "a label is [key:value], not [x]"
        )
    }

    @Test func `a pattern that finds nothing is a point in time over nothing`() async throws {
        let server = try await filled()
        let text = await server.expect("POST", "/x*/_search/point_in_time?keep_alive=1m", 200)
        #expect(text.contains(#""_shards":{"total":0,"successful":0,"skipped":0,"failed":0}"#))
        #expect(await server.count(pit: Server.member("pit_id", of: text)) == 0)
        await server.expect("POST", "/x*/_search/point_in_time?keep_alive=1m&allow_no_indices=false", 404)
    }

    @Test func `contexts are limited once somebody says so`() async throws {
        let server = try await filled()
        await server.expect(
            "PUT", "/_cluster/settings", #"{"transient":{"search.max_open_pit_context":2}}"#, 200)
        _ = await server.openPointInTime()
        _ = await server.openPointInTime()
        await server.shardsFail(
            "POST", "/i/_search/point_in_time?keep_alive=1m", "", 429, index: "i",
            "rejected_execution_exception", tooMany, phase: "create_pit")
        await server.expect("DELETE", "/_search/point_in_time/_all", 200)
        _ = await server.openPointInTime()
        await server.expect(
            "PUT", "/_cluster/settings", #"{"transient":{"search":{"max_open_pit_context":null}}}"#, 200)
        for _ in 0..<5 { _ = await server.openPointInTime() }
    }

    @Test func `a point in time over some of its shards says so for ever`() async throws {
        let server = try await Server()
        await server.fill("i", 30, #"{"settings":{"number_of_shards":3}}"#)
        await server.expect(
            "PUT", "/_cluster/settings", #"{"persistent":{"search":{"max_open_pit_context":2}}}"#, 200)
        let cause = #"{"type":"rejected_execution_exception","reason":"\#(tooMany)"}"#
        let failure = #"{"shard":2,"index":"i","node":"\#(server.nodeID)","reason":\#(cause)}"#
        let part = await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 200)
        let id = Server.member("pit_id", of: part)
        #expect(
            part.contains(
                #""_shards":{"total":3,"successful":2,"skipped":0,"failed":1,"failures":[\#(failure)]}"#))
        let again = try await server.reopened()
        let page = await again.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"},"size":0}"#, 200)
        #expect(page.contains(#""_shards":{"total":3,"successful":2,"skipped":0,"failed":1,"failures":["#))
        await again.expect(
            "POST", "/_search?allow_partial_search_results=false", #"{"pit":{"id":"\#(id)"},"size":0}"#, 404)
        await again.expect("DELETE", "/_search/point_in_time/_all", 200)
        let refused = await again.expect(
            "POST", "/i/_search/point_in_time?keep_alive=1m&allow_partial_pit_creation=false", 429)
        #expect(refused.contains(#""reason":"Partial shards failure","phase":"create_pit""#))
        await again.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
    }

    @Test func `a request may reach only so many shards`() async throws {
        let server = try await Server()
        await server.fill("i", 1, #"{"settings":{"number_of_shards":3}}"#)
        await server.expect(
            "PUT", "/_cluster/settings", #"{"transient":{"action.search.shard_count.limit":2}}"#, 200)
        let text = await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 400)
        #expect(text.contains("Trying to query 3 shards, which is over the limit of 2. "))
    }

    @Test func `the maximum of keep-alives is a setting`() async throws {
        let server = try await filled()
        await server.refuses(
            "PUT", "/_cluster/settings",
            #"{"persistent":{"point_in_time.max_keep_alive":"1m","search.default_keep_alive":"2m"}}"#, 400,
            "illegal_argument_exception",
            "Default keep alive setting for request [search.default_keep_alive] should be smaller than max keep alive for PIT [point_in_time.max_keep_alive], was (2m > 1m)"
        )
        await server.expect(
            "PUT", "/_cluster/settings",
            #"{"persistent":{"point_in_time.max_keep_alive":"2m","search.default_keep_alive":"2m"}}"#, 200,
            #"{"acknowledged":true,"persistent":{"point_in_time":{"max_keep_alive":"2m"},"search":{"default_keep_alive":"2m"}},"transient":{}}"#
        )
        let again = try await server.reopened()
        await again.refuses(
            "POST", "/i/_search/point_in_time?keep_alive=3m", 400, "illegal_argument_exception",
            "Keep alive for request (3m) is too large. It must be less than (2m). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting."
        )
        await again.expect(
            "PUT", "/_cluster/settings", #"{"persistent":{"point_in_time.max_keep_alive":"48h"}}"#, 200)
        let opened = await again.expect("POST", "/i/_search/point_in_time?keep_alive=47h", 200)
        let id = Server.member("pit_id", of: opened)
        await again.expect("POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"48h"}}"#, 200)
        await again.shardsFail(
            "POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"49h"}}"#, 400, index: "i",
            "illegal_argument_exception",
            "Keep alive for request (2d) is too large. It must be less than (2d). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting."
        )
        #expect(await again.count(pit: id) == 2)
    }

    @Test func `the sibling product's paths do not exist`() async throws {
        let server = try await filled()
        await server.expect(
            "POST", "/i/_pit?keep_alive=1m", 400,
            #"{"error":"no handler found for uri [/i/_pit?keep_alive=1m] and method [POST]"}"#)
        await server.expect(
            "DELETE", "/_pit", #"{"id":"x"}"#, 400)
        await server.expect(
            "GET", "/i/_search/point_in_time", 405,
            #"{"error":"Incorrect HTTP method for uri [/i/_search/point_in_time] and method [GET], allowed: [POST]","status":405}"#
        )
    }

    @Test func `segments are asked for like deletions`() async throws {
        let server = try await filled()
        await server.refuses(
            "GET", "/_cat/pit_segments", #"{"pit_id":["x",{}]}"#, 400, "illegal_argument_exception",
            "pit_id array element should only contain PIT identifier")
        await server.refuses(
            "GET", "/_cat/pit_segments", #"{"pit_id":"x"}"#, 400, "illegal_argument_exception",
            "invalid id: [x]")
        await server.refuses(
            "GET", "/_cat/pit_segments", 400, "action_request_validation_exception",
            "Validation Failed: 1: no pit ids specified;")
    }
}

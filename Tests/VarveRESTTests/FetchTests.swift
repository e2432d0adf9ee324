import Testing
import VarveREST

@Suite struct `What a search shows and how far it goes` {
    private func filled(shards: Int = 1) async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"settings":{"number_of_shards":\#(shards)},"mappings":{"properties":{"k":{"type":"keyword"},"n":{"type":"long"},"t":{"type":"text","fields":{"raw":{"type":"keyword","ignore_above":5}}},"d":{"type":"date","format":"yyyy-MM-dd||epoch_millis"},"x":{"type":"double"},"b":{"type":"boolean"},"o":{"properties":{"p":{"type":"long"}}}}}}"#,
            200)
        await server.expect(
            "PUT", "/i/_doc/1",
            #"{"k":["b","a","b"],"n":["5",3,3],"t":"quick","d":"2022-05-01","x":0.5,"b":"true","o":[{"p":1},{"p":2}],"z":null}"#,
            201)
        await server.expect(
            "PUT", "/i/_doc/2", #"{"k":"c","n":[1,2,30,40],"t":"too long a text","d":0,"o.p":7}"#, 201)
        await server.expect("PUT", "/i/_doc/3?refresh=true", #"{"n":4,"x":-1e12}"#, 201)
        return server
    }

    private func fields(_ body: String, of id: String = "1") async throws -> String {
        let server = try await filled()
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits",
            #"{"query":{"ids":{"values":["\#(id)"]}},"_source":false,\#(body)}"#, 200)
        return text
    }

    private func hit(_ fields: String, _ id: String = "1") -> String {
        #"{"hits":{"hits":[{"_index":"i","_id":"\#(id)","_score":1.0,"fields":\#(fields)}]}}"#
    }

    @Test(arguments: [
        (#"["k","n"]"#, "1", #"{"k":["b","a","b"],"n":[5,3,3]}"#),
        (
            #"["*"]"#, "1",
            #"{"k":["b","a","b"],"n":[5,3,3],"t":["quick"],"t.raw":["quick"],"d":["2022-05-01"],"x":[0.5],"b":[true],"o.p":[1,2]}"#
        ),
        (#"["t*"]"#, "2", #"{"t":["too long a text"]}"#),
        (#"[{"field":"d","format":"dd/MM/yyyy"},"o.*"]"#, "2", #"{"d":["01/01/1970"],"o.p":[7]}"#),
        (#"[{"field":"d","format":"epoch_millis"}]"#, "1", #"{"d":["1651363200000"]}"#),
        (#"["x"]"#, "3", #"{"x":[-1.0E12]}"#),
    ]) func `fields come from the source as the mapping has them`(
        request: String, id: String, answer: String
    ) async throws {
        let found = try await fields(#""fields":\#(request)"#, of: id)
        #expect(found == hit(answer, id))
    }

    @Test(arguments: [
        (#"["k","n","x"]"#, "1", #"{"k":["a","b"],"n":[3,3,5],"x":[0.5]}"#),
        (
            #"[{"field":"d","format":"use_field_mapping"},{"field":"b"},"t.raw"]"#, "1",
            #"{"d":["2022-05-01"],"b":[true],"t.raw":["quick"]}"#
        ),
        (
            #"[{"field":"d","format":"strict_date_optional_time"}]"#, "2",
            #"{"d":["1970-01-01T00:00:00.000Z"]}"#
        ),
        (#"["nowhere","n"]"#, "3", #"{"n":[4]}"#),
    ]) func `docvalue fields come from columns`(request: String, id: String, answer: String) async throws {
        let found = try await fields(#""docvalue_fields":\#(request)"#, of: id)
        #expect(found == hit(answer, id))
    }

    @Test func `stored fields that are not there leave the source out`() async throws {
        let server = try await filled()
        await server.expect(
            "GET", "/i/_search?stored_fields=_none_&size=1&filter_path=hits.hits", 200,
            #"{"hits":{"hits":[{"_index":"i","_score":1.0}]}}"#)
        await server.expect(
            "GET", "/i/_search?stored_fields=k&size=1&filter_path=hits.hits", 200,
            #"{"hits":{"hits":[{"_index":"i","_id":"1","_score":1.0}]}}"#)
        await server.expect(
            "GET", "/i/_search?_source_includes=o&_source_excludes=k&size=1&filter_path=hits.hits._source",
            200,
            #"{"hits":{"hits":[{"_source":{"o":[{"p":1},{"p":2}]}}]}}"#)
    }

    @Test(arguments: [
        (#"{"n":{"mode":"sum"}}"#, "3:4 1:11 2:73"),
        (#"{"n":{"mode":"avg","order":"desc"}}"#, "2:18 3:4 1:4"),
        (#"{"n":{"mode":"median"}}"#, "1:3 3:4 2:16"), (#"{"n":{"mode":"max"}}"#, "3:4 1:5 2:40"),
        (#"{"n":{"numeric_type":"double"}}"#, "2:1.0 1:3.0 3:4.0"),
        (#"{"x":{"numeric_type":"long"}}"#, "3:-1000000000000 1:0 2:9223372036854775807"),
        (#"{"x":{"missing":-5}}"#, "3:-1.0E12 2:-5.0 1:0.5"),
        (#"{"k":{"missing":"bb"}}"#, "1:\"a\" 3:\"bb\" 2:\"c\""),
        (#"{"k":{"missing":"c","order":"desc"}}"#, "2:\"c\" 3:\"c\" 1:\"b\""),
        (#"{"d":{"missing":"2000-01-01","order":"desc"}}"#, "1:1651363200000 3:946684800000 2:0"),
        (
            #"{"gone":{"unmapped_type":"long"}}"#,
            "1:9223372036854775807 2:9223372036854775807 3:9223372036854775807"
        ),
    ]) func `sort options choose values and places`(sort: String, answer: String) async throws {
        for shards in [1, 3] {
            let server = try await filled(shards: shards)
            let text = await server.expect(
                "POST", "/i/_search?filter_path=hits.hits._id,hits.hits.sort", #"{"sort":[\#(sort),"_id"]}"#,
                200)
            let found = text.matches(of: /"_id":"([0-9])","sort":\[([^,]+),/)
                .map { "\($0.output.1):\($0.output.2)" }.joined(separator: " ")
            let isTied = sort.contains("missing\":\"c") || sort.contains("avg")
            #expect(isTied ? found.count == answer.count : found == answer, "\(found)")
        }
    }

    @Test func `a post filter takes hits and total but not aggregations`() async throws {
        let server = try await filled()
        let body =
            #"{"post_filter":{"term":{"k":"c"}},"aggs":{"n":{"value_count":{"field":"n"}}},"_source":false}"#
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.total.value,hits.hits._id,aggregations", body, 200)
        #expect(
            text == #"{"hits":{"total":{"value":1},"hits":[{"_id":"2"}]},"aggregations":{"n":{"value":8}}}"#)
    }

    @Test func `a hit bears the names of the queries that it matches`() async throws {
        let server = try await filled()
        let body =
            #"{"query":{"bool":{"_name":"all","should":[{"term":{"k":{"value":"a","_name":"ka"}}},{"terms":{"k":["a","c"],"_name":"kac"}},{"match_all":{}}]}},"sort":"n","_source":false}"#
        let text = await server.expect("POST", "/i/_search?filter_path=hits.hits.matched_queries", body, 200)
        #expect(
            text
                == #"{"hits":{"hits":[{"matched_queries":["all","kac"]},{"matched_queries":["all","ka","kac"]},{"matched_queries":["all"]}]}}"#
        )
    }

    @Test func `a search ends early where it may`() async throws {
        let server = try await filled()
        await server.expect(
            "POST",
            "/i/_search?terminate_after=2&_source=false&filter_path=terminated_early,hits.total,hits.hits._id",
            "", 200,
            #"{"terminated_early":true,"hits":{"total":{"value":2,"relation":"eq"},"hits":[{"_id":"1"},{"_id":"2"}]}}"#
        )
        await server.expect(
            "POST", "/i/_search?filter_path=terminated_early,hits.total.value,aggregations",
            #"{"terminate_after":9,"size":0,"aggs":{"m":{"max":{"field":"n"}}}}"#, 200,
            #"{"terminated_early":false,"hits":{"total":{"value":3}},"aggregations":{"m":{"value":40.0}}}"#)
        await server.refuses(
            "GET", "/i/_search?terminate_after=-1", 400, "illegal_argument_exception",
            "terminateAfter must be > 0")
    }

    @Test func `no time at all is timed out, and refused where the whole is wanted`() async throws {
        let server = try await filled()
        await server.expect(
            "POST", "/i/_search", #"{"timeout":"0ms"}"#, 200,
            #"{"took":0,"timed_out":true,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":3,"relation":"eq"},"max_score":null,"hits":[]}}"#
        )
        await server.shardsFail(
            "POST", "/i/_search?allow_partial_search_results=false&timeout=0ms", "", 504, index: "i",
            "query_phase_execution_exception", "Time exceeded", isServerType: true)
        await server.expect(
            "POST", "/i/_search?timeout=-1&filter_path=timed_out", "", 200, #"{"timed_out":false}"#)
    }

    @Test(arguments: [
        (#"{"range":{"d":{"gte":"05.2022","format":"MM.yyyy"}}}"#, "1"),
        (#"{"range":{"d":{"lte":"12/1970","format":"MM/yyyy||yyyy"}}}"#, "2"),
        (#"{"terms":{"n":{"index":"other","id":"l","path":"a.b"}}}"#, "1 3"),
        (#"{"bool":{"must_not":{"terms":{"n":{"index":"other","id":"none","path":"a"}}}}}"#, "1 2 3"),
    ]) func `dates have formats and terms are looked up`(query: String, ids: String) async throws {
        let server = try await filled()
        await server.expect("PUT", "/other/_doc/l", #"{"a":[{"b":[4]},{"b":5}]}"#, 201)
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id&sort=_id", #"{"query":\#(query)}"#, 200)
        #expect(text.matches(of: /"_id":"(.)"/).map { String($0.output.1) }.joined(separator: " ") == ids)
    }

    @Test(arguments: [
        ("q=k:a", "1"), ("q=*", "1 2 3"), ("q=n:4", "3"), ("sort=n:desc,k:sideways", "2 1 3"),
    ]) func `a URL holds a plain query and an order`(query: String, ids: String) async throws {
        let server = try await filled()
        let sort = query.hasPrefix("sort") ? "" : "&sort=_id"
        let text = await server.expect("GET", "/i/_search?filter_path=hits.hits._id&\(query)\(sort)", 200)
        #expect(text.matches(of: /"_id":"(.)"/).map { String($0.output.1) }.joined(separator: " ") == ids)
    }

    @Test(arguments: [
        ("q=a%20b", "", "[q] is understood as [*] or as one [field:word]; send a [query] instead of [a b]"),
        ("explain=true", "", "[explain] is not supported"),
        ("phase_took=true", "", "[phase_took] is not supported"),
        ("cancel_after_time_interval=1s", "", "[cancel_after_time_interval] is not supported"),
        ("batched_reduce_size=1", "", "batchedReduceSize must be >= 2"),
        ("pre_filter_shard_size=0", "", "preFilterShardSize must be >= 1"),
        ("max_concurrent_shard_requests=0", "", "maxConcurrentShardRequests must be >= 1"),
        (
            "", #"{"sort":{"n":{"numeric_type":"date_nanos"}}}"#,
            "[numeric_type] of [date_nanos] is not supported"
        ),
    ]) func `what is not done is refused by name`(query: String, body: String, reason: String) async throws {
        let server = try await filled()
        await server.refuses("POST", "/i/_search?\(query)", body, 400, "illegal_argument_exception", reason)
    }

    @Test(arguments: [
        "highlight", "suggest", "rescore", "collapse", "script_fields", "indices_boost", "ext", "profile",
        "explain", "search_pipeline", "derived",
    ]) func `an option of the body that is not done is refused with its place`(key: String) async throws {
        let server = try await filled()
        let text = await server.expect("POST", "/i/_search", #"{"\#(key)":{"a":1}}"#, 400)
        #expect(text.contains(#""type":"parsing_exception","reason":"[\#(key)] is not supported","line":1"#))
    }

    @Test(arguments: [
        (#"{"sort":{"k":{"mode":"avg"}}}"#, "we only support AVG, MEDIAN and SUM on number based fields"),
        (
            #"{"sort":{"k":{"numeric_type":"long"}}}"#,
            "[numeric_type] option cannot be set on a non-numeric field, got keyword"
        ),
    ]) func `a sort that cannot be fails on the shards`(body: String, reason: String) async throws {
        let server = try await filled()
        await server.shardsFail(
            "POST", "/i/_search", body, 400, index: "i", "illegal_argument_exception", reason)
    }
}

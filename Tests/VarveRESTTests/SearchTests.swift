import Testing
import VarveREST

@Suite struct `Searches over REST` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"mappings":{"properties":{"k":{"type":"keyword"},"n":{"type":"long"},"t":{"type":"text"},"d":{"type":"date"},"x":{"type":"double"}}}}"#,
            200)
        await server.expect(
            "PUT", "/i/_doc/1", #"{"k":"a","n":1,"t":"quick fox","d":"2022-05-01","x":0.5}"#, 201)
        await server.expect("PUT", "/i/_doc/2", #"{"k":"b","n":2,"t":"lazy dog","d":"2022-06-01"}"#, 201)
        await server.expect("PUT", "/i/_doc/3?refresh=true", #"{"n":3,"t":"quick dog"}"#, 201)
        return server
    }

    @Test func `the envelope has OpenSearch's keys in its order`() async throws {
        let server = try await filled()
        await server.expect(
            "POST", "/i/_search",
            #"{"query":{"term":{"n":2}},"_source":["k"],"version":true,"seq_no_primary_term":true}"#, 200,
            #"{"took":0,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"max_score":1.0,"hits":[{"_index":"i","_id":"2","_version":1,"_seq_no":1,"_primary_term":1,"_score":1.0,"_source":{"k":"b"}}]}}"#
        )
        await server.expect(
            "GET", "/i/_search?size=1&sort=n:desc&track_total_hits=1&_source=false", 200,
            #"{"took":0,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":1,"relation":"gte"},"max_score":null,"hits":[{"_index":"i","_id":"3","_score":null,"sort":[3]}]}}"#
        )
        await server.expect(
            "GET", "/i/_search?size=0&rest_total_hits_as_int=true", 200,
            #"{"took":0,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":3,"max_score":null,"hits":[]}}"#
        )
        await server.expect(
            "POST", "/i/_search", #"{"size":0,"track_total_hits":false}"#, 200,
            #"{"took":0,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"max_score":null,"hits":[]}}"#
        )
    }

    @Test(arguments: [
        (#"{"match_all":{}}"#, "1 2 3"), (#"{"match_none":{}}"#, ""),
        (#"{"ids":{"values":["3","1"]}}"#, "1 3"),
        (#"{"term":{"k":"a"}}"#, "1"), (#"{"term":{"n":{"value":"2"}}}"#, "2"),
        (#"{"term":{"d":"2022"}}"#, "1 2"), (#"{"terms":{"k":["a","b"]}}"#, "1 2"),
        (#"{"range":{"n":{"gt":1,"lte":3}}}"#, "2 3"), (#"{"range":{"d":{"gte":"2022-05-02||/M"}}}"#, "1 2"),
        (#"{"exists":{"field":"k"}}"#, "1 2"), (#"{"prefix":{"t":"qu"}}"#, "1 3"),
        (#"{"wildcard":{"t":{"value":"*o?"}}}"#, "1 2 3"), (#"{"match":{"t":"Quick dog"}}"#, "1 2 3"),
        (#"{"match":{"t":{"query":"quick dog","operator":"and"}}}"#, "3"),
        (#"{"bool":{"must":{"match":{"t":"quick"}},"must_not":[{"term":{"n":3}}]}}"#, "1"),
        (
            #"{"bool":{"should":[{"term":{"n":1}},{"term":{"n":2}},{"term":{"k":"b"}}],"minimum_should_match":2}}"#,
            "2"
        ),
        (#"{"constant_score":{"filter":{"term":{"k":"a"}},"boost":2}}"#, "1"),
        (#"{"term":{"unmapped":1}}"#, ""),
    ]) func `a query finds what it says`(query: String, ids: String) async throws {
        let server = try await filled()
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id&sort=n", #"{"query":\#(query)}"#, 200)
        let found = text.matches(of: /"_id":"([0-9])"/).map { String($0.output.1) }.joined(separator: " ")
        #expect(found == ids)
    }

    @Test(arguments: [
        (
            #"{"query":{"mtch":{}}}"#, "unknown query [mtch] did you mean [match]?", 18,
            #","caused_by":{"type":"named_object_not_found_exception","reason":"[1:18] unknown field [mtch]"}"#
        ),
        (#"{"query":{"span_term":{"t":"a"}}}"#, "[span_term] query is not supported", 23, ""),
        (#"{"query":{"term":"x"}}"#, "[term] query malformed, no start_object after query name", 18, ""),
        (
            #"{"query":{"term":{"a":1,"b":2}}}"#,
            "[term] query doesn't support multiple fields, found [a] and [b]", 29, ""
        ),
        (
            #"{"query":{"match_all":{},"x":{}}}"#,
            "[match_all] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", 26, ""
        ),
        (#"{"foo":"x"}"#, "Unknown key for a VALUE_STRING in [foo].", 8, ""),
        (#"{"foo":{}}"#, "Unknown key for a START_OBJECT in [foo].", 8, ""),
        (#"{"foo":[1]}"#, "Unknown key for a START_ARRAY in [foo].", 8, ""),
        (#"{"foo":1}"#, "Unknown key for a VALUE_NUMBER in [foo].", 8, ""),
        (
            #"{"sort":["n"],"search_after":[{}]}"#,
            "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [START_OBJECT] inside search_after.",
            31, ""
        ),
        (#"{"suggest":{}}"#, "[suggest] is not supported", 12, ""),
    ]) func `a malformed body is refused with its place`(
        body: String, reason: String, column: Int, cause: String
    ) async throws {
        let server = try await Server()
        let inner = #""type":"parsing_exception","reason":"\#(reason)","line":1,"col":\#(column)"#
        await server.expect(
            "POST", "/_search", body, 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner)\#(cause)},"status":400}"#)
    }

    @Test func `an empty clause says where it is`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/_search", #"{"query":{}}"#, 400, "illegal_argument_exception",
            "query malformed, empty clause found at [1:11]")
    }

    @Test func `sizes stay within the window`() async throws {
        let server = try await filled()
        for name in ["size", "from"] {
            await server.refuses(
                "POST", "/i/_search", #"{"\#(name)":-1}"#, 400, "illegal_argument_exception",
                "[\(name)] parameter cannot be negative, found [-1]")
            await server.refuses(
                "GET", "/i/_search?\(name)=-1", 400, "illegal_argument_exception",
                "[\(name)] parameter cannot be negative, found [-1]")
        }
        await server.expect("POST", "/i/_search", #"{"size":10000}"#, 200)
        await server.shardsFail(
            "POST", "/i/_search", #"{"from":1,"size":10000}"#, 400, index: "i", "illegal_argument_exception",
            "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting."
        )
        await server.shardsFail(
            "POST", "/i/_search", #"{"from":1,"sort":["n"],"search_after":[1]}"#, 400, index: "i",
            "search_exception", "`from` parameter must be set to 0 when `search_after` is used.",
            isServerType: true)
        await server.refuses(
            "GET", "/i/_search?terminate_after=-1", 400, "illegal_argument_exception",
            "terminateAfter must be > 0")
    }

    @Test func `sort values read as OpenSearch's`() async throws {
        let server = try await filled()
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits.sort",
            #"{"sort":[{"k":{"order":"desc"}},"d",{"x":"asc"},"_score"]}"#, 200)
        #expect(
            text
                == #"{"hits":{"hits":[{"sort":["b",1654041600000,"Infinity",1.0]},{"sort":["a",1651363200000,0.5,1.0]},{"sort":[null,9223372036854775807,"Infinity",1.0]}]}}"#
        )
        let first = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits.sort",
            #"{"size":1,"sort":[{"k":{"order":"desc","missing":"_first"}}]}"#, 200)
        #expect(first == #"{"hits":{"hits":[{"sort":[null]}]}}"#)
        let unmapped = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits.sort",
            #"{"size":1,"sort":[{"q":{"unmapped_type":"long"}}]}"#, 200)
        #expect(unmapped == #"{"hits":{"hits":[{"sort":[9223372036854775807]}]}}"#)
        let uuid = await server.uuid(of: "i")
        await server.shardsFail(
            "POST", "/i/_search", #"{"sort":["q"]}"#, 400, index: "i", "query_shard_exception",
            "No mapping found for [q] in order to sort on", extra: #","index":"i","index_uuid":"\#(uuid)""#,
            isServerType: true)
        await server.shardsFail(
            "POST", "/i/_search", #"{"sort":["t"]}"#, 400, index: "i", "illegal_argument_exception",
            "Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [t] in order to load field data by uninverting the inverted index. Note that this can use significant memory."
        )
        await server.refuses(
            "POST", "/i/_search", #"{"sort":[{"n":{"numeric_type":"x"}}]}"#, 400,
            "illegal_argument_exception",
            "invalid value for [numeric_type], must be [long, double, date, date_nanos], got x")
    }

    @Test func `search_after goes on behind its values`() async throws {
        let server = try await filled()
        for (after, ids) in [("1", "2 3"), (#""1""#, "2 3"), ("3", ""), ("null", "")] {
            let text = await server.expect(
                "POST", "/i/_search?filter_path=hits.hits._id", #"{"sort":["n"],"search_after":[\#(after)]}"#,
                200)
            let found = text.matches(of: /"_id":"([0-9])"/).map { String($0.output.1) }.joined(separator: " ")
            #expect(found == ids, "after \(after)")
        }
        let dates = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id",
            #"{"sort":["d"],"search_after":["2022-05-01T00:00:00.000Z"]}"#, 200)
        #expect(dates == #"{"hits":{"hits":[{"_id":"2"},{"_id":"3"}]}}"#)
        await server.shardsFail(
            "POST", "/i/_search", #"{"sort":["n","k"],"search_after":[1]}"#, 400, index: "i",
            "illegal_argument_exception", "search_after has 1 value(s) but sort has 2.")
        await server.shardsFail(
            "POST", "/i/_search", #"{"search_after":[1]}"#, 400, index: "i", "illegal_argument_exception",
            "Sort must contain at least one field.")
        await server.shardsFail(
            "POST", "/i/_search", #"{"sort":["n"],"search_after":["x"]}"#, 400, index: "i",
            "illegal_argument_exception", "Failed to parse search_after value for field [n].")
        await server.refuses(
            "POST", "/i/_search", #"{"sort":["n"],"search_after":[]}"#, 400, "illegal_argument_exception",
            "Values must contains at least one value.")
    }

    @Test func `several indices are one search`() async throws {
        let server = try await filled()
        await server.expect("PUT", "/j/_doc/9?refresh", #"{"n":2}"#, 201)
        await server.expect(
            "POST", "/i,j/_search?filter_path=_shards.total,hits.hits._index,hits.hits._id",
            #"{"query":{"term":{"n":2}},"sort":["n"]}"#, 200,
            #"{"_shards":{"total":2},"hits":{"hits":[{"_index":"i","_id":"2"},{"_index":"j","_id":"9"}]}}"#)
        await server.expect("GET", "/_count?filter_path=count", 200, #"{"count":4}"#)
        await server.expect("GET", "/*,-j/_count?filter_path=count", 200, #"{"count":3}"#)
        await server.expect(
            "GET", "/none*/_search?filter_path=hits.total.value", 200, #"{"hits":{"total":{"value":0}}}"#)
        let missing = await server.expect("GET", "/i,none/_search", 404)
        #expect(missing.contains(#""reason":"no such index [none]""#))
        await server.expect(
            "GET", "/i,none/_count?ignore_unavailable=true&filter_path=count", 200, #"{"count":3}"#)
        await server.refuses(
            "GET", "/i*/_count?expand_wildcards=x", 400, "illegal_argument_exception",
            "No valid expand wildcard value [x]")
    }
}

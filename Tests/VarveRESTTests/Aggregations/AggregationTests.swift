import Testing
import VarveREST

@Suite struct `Aggregations over REST` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"settings":{"number_of_shards":3},"mappings":{"properties":{"k":{"type":"keyword"},"n":{"type":"long"},"t":{"type":"text"},"d":{"type":"date"},"x":{"type":"double"},"b":{"type":"boolean"}}}}"#,
            200)
        let documents = [
            #"{"k":["a","b"],"n":[1,1,7],"x":0.5,"d":"2022-01-31T10:00:00Z","b":true}"#,
            #"{"k":"a","n":2,"x":-2.5,"d":"2022-02-01","b":false}"#,
            #"{"k":"c","n":12,"x":1e10,"d":["2022-04-30","2022-04-30T01:00:00Z"],"b":true}"#,
            #"{"n":25}"#, #"{"k":["a","c","a"]}"#,
        ]
        for (number, document) in documents.enumerated() {
            await server.expect("PUT", "/i/_doc/\(number + 1)", document, 201)
        }
        await server.expect("PUT", "/i/_doc/9", #"{"k":"gone","n":1000}"#, 201)
        await server.expect("DELETE", "/i/_doc/9", 200)
        await server.expect("POST", "/i/_refresh", 200)
        return server
    }

    @Test(arguments: [
        (
            #"{"terms":{"field":"k"}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"a","doc_count":3},{"key":"c","doc_count":2},{"key":"b","doc_count":1}]}"#
        ),
        (
            #"{"terms":{"field":"k","size":1,"missing":"none","order":{"_key":"desc"}},"meta":{"a":1}}"#,
            #"{"meta":{"a":1},"doc_count_error_upper_bound":0,"sum_other_doc_count":6,"buckets":[{"key":"none","doc_count":1}]}"#
        ),
        (
            #"{"terms":{"field":"n","order":{"_key":"asc"},"show_term_doc_count_error":true,"exclude":[2,12]}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":1,"doc_count":1,"doc_count_error_upper_bound":0},{"key":7,"doc_count":1,"doc_count_error_upper_bound":0},{"key":25,"doc_count":1,"doc_count_error_upper_bound":0}]}"#
        ),
        (
            #"{"terms":{"field":"b"},"aggs":{"s":{"sum":{"field":"n"}}}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":1,"key_as_string":"true","doc_count":2,"s":{"value":21.0}},{"key":0,"key_as_string":"false","doc_count":1,"s":{"value":2.0}}]}"#
        ),
        (
            #"{"terms":{"field":"k","include":["a","b"],"order":[{"x.max":"asc"}]},"aggs":{"x":{"stats":{"field":"x"}}}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"a","doc_count":3,"x":{"count":2,"min":-2.5,"max":0.5,"avg":-1.0,"sum":-2.0}},{"key":"b","doc_count":1,"x":{"count":1,"min":0.5,"max":0.5,"avg":0.5,"sum":0.5}}]}"#
        ),
        (
            #"{"terms":{"field":"x","order":{"_key":"desc"}}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":1.0E10,"doc_count":1},{"key":0.5,"doc_count":1},{"key":-2.5,"doc_count":1}]}"#
        ),
        (
            #"{"terms":{"field":"nowhere"}}"#,
            #"{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[]}"#
        ),
        (
            #"{"range":{"field":"x","ranges":[{"from":0},{"to":0},{"from":-3,"to":1,"key":"mid"}]}}"#,
            #"{"buckets":[{"key":"*-0.0","to":0.0,"doc_count":1},{"key":"mid","from":-3.0,"to":1.0,"doc_count":2},{"key":"0.0-*","from":0.0,"doc_count":2}]}"#
        ),
        (
            #"{"range":{"field":"n","keyed":true,"ranges":[{"from":1,"to":8}]}}"#,
            #"{"buckets":{"1.0-8.0":{"from":1.0,"to":8.0,"doc_count":2}}}"#
        ),
        (
            #"{"date_range":{"field":"d","format":"MM-yyyy","ranges":[{"to":"2022-03-15||/M","from":"2022-02"}]}}"#,
            "error"
        ),
        (
            #"{"date_range":{"field":"d","format":"MM-yyyy","ranges":[{"to":"03-2022||+1M/M","from":"02-2022"}]}}"#,
            #"{"buckets":[{"key":"02-2022-04-2022","from":1.6436736E12,"from_as_string":"02-2022","to":1.6487712E12,"to_as_string":"04-2022","doc_count":1}]}"#
        ),
        (
            #"{"histogram":{"field":"n","interval":10}}"#,
            #"{"buckets":[{"key":0.0,"doc_count":2},{"key":10.0,"doc_count":1},{"key":20.0,"doc_count":1}]}"#
        ),
        (
            #"{"histogram":{"field":"n","interval":5,"offset":1,"min_doc_count":1,"keyed":true}}"#,
            #"{"buckets":{"1.0":{"key":1.0,"doc_count":2},"6.0":{"key":6.0,"doc_count":1},"11.0":{"key":11.0,"doc_count":1},"21.0":{"key":21.0,"doc_count":1}}}"#
        ),
        (
            #"{"histogram":{"field":"n","interval":10,"extended_bounds":{"min":-5,"max":30},"hard_bounds":{"max":12},"order":{"_key":"desc"}}}"#,
            #"{"buckets":[{"key":30.0,"doc_count":0},{"key":20.0,"doc_count":0},{"key":10.0,"doc_count":1},{"key":0.0,"doc_count":2},{"key":-10.0,"doc_count":0}]}"#
        ),
        (
            #"{"date_histogram":{"field":"d","calendar_interval":"month"},"aggs":{"n":{"max":{"field":"n"}}}}"#,
            #"{"buckets":[{"key_as_string":"2022-01-01T00:00:00.000Z","key":1640995200000,"doc_count":1,"n":{"value":7.0}},{"key_as_string":"2022-02-01T00:00:00.000Z","key":1643673600000,"doc_count":1,"n":{"value":2.0}},{"key_as_string":"2022-03-01T00:00:00.000Z","key":1646092800000,"doc_count":0,"n":{"value":null}},{"key_as_string":"2022-04-01T00:00:00.000Z","key":1648771200000,"doc_count":1,"n":{"value":12.0}}]}"#
        ),
        (
            #"{"date_histogram":{"field":"d","fixed_interval":"1d","min_doc_count":1,"time_zone":"+02:00","format":"yyyy-MM-dd'T'HH:mmXXX","offset":"-1h"}}"#,
            #"{"buckets":[{"key_as_string":"2022-01-30T23:00+02:00","key":1643576400000,"doc_count":1},{"key_as_string":"2022-01-31T23:00+02:00","key":1643662800000,"doc_count":1},{"key_as_string":"2022-04-29T23:00+02:00","key":1651266000000,"doc_count":1}]}"#
        ),
        (
            #"{"date_histogram":{"field":"d","calendar_interval":"quarter","keyed":true,"format":"yyyy-'Q'Q"}}"#,
            #"{"buckets":{"2022-Q1":{"key_as_string":"2022-Q1","key":1640995200000,"doc_count":2},"2022-Q2":{"key_as_string":"2022-Q2","key":1648771200000,"doc_count":1}}}"#
        ),
        (
            #"{"filter":{"term":{"k":"a"}},"aggs":{"m":{"min":{"field":"n"}}}}"#,
            #"{"doc_count":3,"m":{"value":1.0}}"#
        ),
        (
            #"{"filters":{"filters":{"z":{"term":{"k":"a"}},"b":{"term":{"k":"b"}}},"other_bucket":true}}"#,
            #"{"buckets":{"b":{"doc_count":1},"z":{"doc_count":3},"_other_":{"doc_count":2}}}"#
        ),
        (
            #"{"filters":{"filters":[{"match_all":{}},{"range":{"n":{"gt":5}}}]}}"#,
            #"{"buckets":[{"doc_count":5},{"doc_count":3}]}"#
        ),
        (#"{"missing":{"field":"k"}}"#, #"{"doc_count":1}"#),
        (#"{"missing":{"field":"zz"}}"#, #"{"doc_count":5}"#),
        (#"{"min":{"field":"d"}}"#, #"{"value":1.6436232E12,"value_as_string":"2022-01-31T10:00:00.000Z"}"#),
        (#"{"avg":{"field":"n","missing":3}}"#, #"{"value":7.285714285714286}"#),
        (#"{"avg":{"field":"zz"}}"#, #"{"value":null}"#), (#"{"sum":{"field":"zz"}}"#, #"{"value":0.0}"#),
        (#"{"value_count":{"field":"n"}}"#, #"{"value":6}"#),
        (#"{"value_count":{"field":"k"}}"#, #"{"value":6}"#),
        (#"{"cardinality":{"field":"n"}}"#, #"{"value":5}"#),
        (#"{"cardinality":{"field":"k"}}"#, #"{"value":3}"#),
        (#"{"stats":{"field":"zz"}}"#, #"{"count":0,"min":null,"max":null,"avg":null,"sum":0.0}"#),
        (
            #"{"extended_stats":{"field":"n","sigma":1}}"#,
            #"{"count":6,"min":1.0,"max":25.0,"avg":8.0,"sum":48.0,"sum_of_squares":824.0,"variance":73.33333333333333,"variance_population":73.33333333333333,"variance_sampling":88.0,"std_deviation":8.563488385776752,"std_deviation_population":8.563488385776752,"std_deviation_sampling":9.38083151964686,"std_deviation_bounds":{"upper":16.56348838577675,"lower":-0.5634883857767523,"upper_population":16.56348838577675,"lower_population":-0.5634883857767523,"upper_sampling":17.38083151964686,"lower_sampling":-1.3808315196468595}}"#
        ),
        (
            #"{"composite":{"size":3,"sources":[{"k":{"terms":{"field":"k","missing_bucket":true}}},{"n":{"histogram":{"field":"n","interval":10,"order":"desc"}}}]}}"#,
            #"{"after_key":{"k":"b","n":0.0},"buckets":[{"key":{"k":null,"n":20.0},"doc_count":1},{"key":{"k":"a","n":0.0},"doc_count":2},{"key":{"k":"b","n":0.0},"doc_count":1}]}"#
        ),
        (
            #"{"composite":{"sources":[{"k":{"terms":{"field":"k","missing_bucket":true}}},{"n":{"histogram":{"field":"n","interval":10,"order":"desc"}}}],"after":{"k":"b","n":0.0}}}"#,
            #"{"after_key":{"k":"c","n":10.0},"buckets":[{"key":{"k":"c","n":10.0},"doc_count":1}]}"#
        ),
        (
            #"{"composite":{"sources":[{"m":{"date_histogram":{"field":"d","calendar_interval":"1M","format":"yyyy-MM"}}}]}}"#,
            #"{"after_key":{"m":"2022-04"},"buckets":[{"key":{"m":"2022-01"},"doc_count":1},{"key":{"m":"2022-02"},"doc_count":1},{"key":{"m":"2022-04"},"doc_count":1}]}"#
        ),
    ]) func `an aggregation answers in OpenSearch's shape`(request: String, answer: String) async throws {
        let server = try await filled()
        let status = answer == "error" ? 400 : 200
        let text = await server.expect("POST", "/i/_search", #"{"size":0,"aggs":{"a":\#(request)}}"#, status)
        if status == 400 { return }
        let start = try #require(text.ranges(of: #""aggregations":{"a":"#).first?.upperBound)
        #expect(text[start...].dropLast(2) == answer)
    }

    @Test(arguments: [
        (
            #"{"trms":{"field":"k"}}"#, "parsing_exception",
            "Unknown aggregation type [trms] did you mean [terms]?"
        ),
        (#"{"top_hits":{}}"#, "parsing_exception", "[top_hits] aggregation is not supported"),
        (
            #"{"terms":{"field":"k","sise":1}}"#, "x_content_parse_exception",
            "[1:45] [terms] unknown field [sise] did you mean [size]?"
        ),
        (
            #"{"terms":{}}"#, "illegal_argument_exception",
            "Required one of fields [field, script], but none were specified. "
        ),
        (
            #"{"date_histogram":{"field":"d","calendar_interval":"1d","fixed_interval":"1d"}}"#,
            "illegal_argument_exception",
            "Cannot use [fixed_interval] with [calendar_interval] configuration option."
        ),
        (
            #"{"date_histogram":{"field":"d","calendar_interval":"2d"}}"#, "illegal_argument_exception",
            "The supplied interval [2d] could not be parsed as a calendar interval."
        ),
        (
            #"{"date_histogram":{"field":"d"}}"#, "illegal_argument_exception",
            "Invalid interval specified, must be non-null and non-empty"
        ),
        (
            #"{"terms":{"field":"k"},"min":{"field":"n"}}"#, "parsing_exception",
            "Found two aggregation type definitions in [a]: [terms] and [min]"
        ),
        (#"{}"#, "parsing_exception", "Missing definition for aggregation [a]"),
        (
            #"{"terms":{"field":"k","script":"x"}}"#, "illegal_argument_exception",
            "[script] of [terms] is not supported"
        ),
    ]) func `a malformed aggregation is refused`(request: String, type: String, reason: String) async throws {
        let server = try await filled()
        let text = await server.expect("POST", "/i/_search", #"{"size":0,"aggs":{"a":\#(request)}}"#, 400)
        #expect(text.contains(#""type":"\#(type)","reason":"\#(reason)""#), "\(text)")
    }

    @Test(arguments: [
        (
            #"{"sum":{"field":"k"}}"#, "Field [k] of type [keyword] is not supported for aggregation [sum]"
        ),
        (#"{"histogram":{"field":"n","interval":0}}"#, "[interval] must be >0 for histogram aggregation [a]"),
        (#"{"terms":{"field":"k","size":0}}"#, "[size] must be greater than 0. Found [0] in [a]"),
        (
            #"{"terms":{"field":"t"}}"#,
            "Text fields are not optimised for operations that require per-document field data like aggregations "
                + "and sorting, so these operations are disabled by default. Please use a keyword field instead. "
                + "Alternatively, set fielddata=true on [t] in order to load field data by uninverting the "
                + "inverted index. Note that this can use significant memory."
        ),
        (
            #"{"terms":{"field":"k","order":{"x":"asc"}}}"#,
            "Invalid aggregation order path [x]. The provided aggregation [x] either does not exist, or is a "
                + "pipeline aggregation and cannot be used to sort the buckets."
        ),
        (
            #"{"terms":{"field":"k"},"aggs":{"g":{"global":{}}}}"#,
            "Aggregation [a] cannot have a global sub-aggregation [g]. Global aggregations can only be defined as "
                + "top level aggregations"
        ),
    ]) func `an aggregation that cannot be carried out fails on the shards`(
        request: String, reason: String
    ) async throws {
        let server = try await filled()
        await server.shardsFail(
            "POST", "/i/_search", #"{"size":0,"aggs":{"a":\#(request)}}"#, 400, index: "i",
            "illegal_argument_exception", reason)
    }

    @Test func `too many buckets are refused before they are made`() async throws {
        let server = try await filled()
        await server.expect(
            "POST", "/i/_search",
            #"{"size":0,"aggs":{"a":{"date_histogram":{"field":"d","fixed_interval":"1ms"}}}}"#, 400,
            #"{"error":{"root_cause":[],"type":"search_phase_execution_exception","reason":"","phase":"fetch","grouped":true,"failed_shards":[],"caused_by":{"type":"too_many_buckets_exception","reason":"Trying to create too many buckets. Must be less than or equal to: [65535] but was [65536]. This limit can be set by changing the [search.max_buckets] cluster level setting.","max_buckets":65535}},"status":400}"#
        )
    }

    @Test func `aggregations see all matches whatever the page shows, at a point in time too`() async throws {
        let server = try await filled()
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 200))
        await server.expect("DELETE", "/i/_doc/1?refresh=true", 200)
        let aggs =
            #""aggs":{"k":{"terms":{"field":"k"}},"all":{"global":{},"aggs":{"n":{"value_count":{"field":"n"}}}}}"#
        let text = await server.expect(
            "POST", "/_search?typed_keys&filter_path=hits.total,hits.hits._id,aggregations",
            #"{"query":{"exists":{"field":"x"}},"size":1,"sort":"n","pit":{"id":"\#(id)"},\#(aggs)}"#, 200)
        #expect(
            text
                == #"{"hits":{"total":{"value":3,"relation":"eq"},"hits":[{"_id":"1"}]},"aggregations":{"sterms#k":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"a","doc_count":2},{"key":"b","doc_count":1},{"key":"c","doc_count":1}]},"global#all":{"doc_count":5,"value_count#n":{"value":6}}}}"#
        )
    }

    @Test func `nothing matching still has empty buckets where they are asked for`() async throws {
        let server = try await filled()
        let text = await server.expect(
            "POST", "/i/_search?filter_path=aggregations",
            #"{"query":{"match_none":{}},"size":0,"aggs":{"t":{"terms":{"field":"k","min_doc_count":0,"order":{"_key":"asc"}}},"h":{"date_histogram":{"field":"d","calendar_interval":"1M","extended_bounds":{"min":"2022-01","max":"2022-02-05"}}}}}"#,
            200)
        #expect(
            text
                == #"{"aggregations":{"t":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"a","doc_count":0},{"key":"b","doc_count":0},{"key":"c","doc_count":0}]},"h":{"buckets":[{"key_as_string":"2022-01-01T00:00:00.000Z","key":1640995200000,"doc_count":0},{"key_as_string":"2022-02-01T00:00:00.000Z","key":1643673600000,"doc_count":0}]}}}"#
        )
    }

    @Test func `the limit of buckets is a setting`() async throws {
        let server = try await filled()
        await server.expect("PUT", "/_cluster/settings", #"{"transient":{"search.max_buckets":2}}"#, 200)
        let body = #"{"size":0,"aggs":{"a":{"terms":{"field":"k"}}}}"#
        let text = await server.expect("POST", "/i/_search", body, 400)
        #expect(text.contains(#"equal to: [2] but was [3]"#) && text.contains(#""max_buckets":2"#))
    }

    @Test func `both zeros are at a bound of zero`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"properties":{"x":{"type":"double"}}}}"#, 200)
        for (id, number) in ["-0.0", "0.0", "-0.5"].enumerated() {
            await server.expect("PUT", "/i/_doc/\(id)?refresh=true", #"{"x":\#(number)}"#, 201)
        }
        let text = await server.expect(
            "POST", "/i/_search?filter_path=aggregations.a.buckets.doc_count",
            #"{"size":0,"aggs":{"a":{"range":{"field":"x","ranges":[{"to":0},{"from":0}]}}}}"#, 200)
        #expect(text == #"{"aggregations":{"a":{"buckets":[{"doc_count":1},{"doc_count":2}]}}}"#)
    }
}

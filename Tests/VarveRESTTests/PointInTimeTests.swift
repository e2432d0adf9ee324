import Testing
import VarveEngine
import VarveREST

@Suite struct `Points in time over REST` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"properties":{"n":{"type":"long"}}}}"#, 200)
        for number in 1...5 { await server.expect("PUT", "/i/_doc/\(number)", #"{"n":\#(number)}"#, 201) }
        await server.expect("POST", "/i/_refresh", 200)
        return server
    }

    private func open(_ server: Server, _ index: String = "i", _ keepAlive: String = "1m") async -> String {
        let text = await server.expect("POST", "/\(index)/_search/point_in_time?keep_alive=\(keepAlive)", 200)
        return Server.member("pit_id", of: text)
    }

    @Test func `a point in time is opened, listed and deleted`() async throws {
        let server = try await filled()
        let text = await server.expect("POST", "/i/_search/point_in_time?keep_alive=23h", 200)
        let id = Server.member("pit_id", of: text)
        #expect(id.utf8.count <= 64)
        let time = text.split(separator: ":").last.map { $0.dropLast() } ?? ""
        #expect(
            text
                == #"{"pit_id":"\#(id)","_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"creation_time":\#(time)}"#
        )
        await server.expect(
            "POST", "/_search?filter_path=pit_id", #"{"pit":{"id":"\#(id)","keep_alive":"10m"}}"#, 200,
            #"{"pit_id":"\#(id)"}"#)
        await server.expect(
            "GET", "/_search/point_in_time/_all", 200,
            #"{"pits":[{"pit_id":"\#(id)","creation_time":\#(time),"keep_alive":82800000}]}"#)
        let deleted = #"{"pits":[{"successful":true,"pit_id":"\#(id)"}]}"#
        await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":"\#(id)"}"#, 200, deleted)
        await server.expect(
            "DELETE", "/_search/point_in_time", #"{"pit_id":["\#(id)","\#(id)"]}"#, 200, deleted)
        await server.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
        await server.expect("DELETE", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
    }

    @Test func `what is written later is not in it`() async throws {
        let server = try await filled()
        await server.expect("PUT", "/i/_doc/6", #"{"n":6}"#, 201)
        let id = await open(server)
        await server.expect("PUT", "/i/_doc/1", #"{"n":100}"#, 200)
        await server.expect("DELETE", "/i/_doc/2?refresh=true", 200)
        await server.expect("POST", "/i/_forcemerge", 200)
        await server.expect(
            "POST", "/_search?filter_path=hits.total,hits.hits._id,hits.hits.sort",
            #"{"pit":{"id":"\#(id)"},"sort":["n"],"size":2}"#, 200,
            #"{"hits":{"total":{"value":5,"relation":"eq"},"hits":[{"_id":"1","sort":[1]},{"_id":"2","sort":[2]}]}}"#
        )
    }

    @Test func `pages by _shard_doc hold every document once`() async throws {
        let server = try await filled()
        await server.expect(
            "PUT", "/j",
            #"{"settings":{"number_of_shards":3},"mappings":{"properties":{"n":{"type":"long"}}}}"#, 200)
        for number in 1...20 { await server.expect("PUT", "/j/_doc/j\(number)", #"{"n":1}"#, 201) }
        await server.expect("POST", "/j/_refresh", 200)
        let id = await open(server, "i,j")
        for size in [1, 2, 3, 1_000] {
            var ids: [String] = []
            var after = ""
            while true {
                let text = await server.expect(
                    "POST", "/_search",
                    #"{"pit":{"id":"\#(id)"},"size":\#(size),"sort":["n",{"_shard_doc":"asc"}]\#(after)}"#,
                    200)
                let page = text.matches(of: /"_id":"([^"]*)"/).map { String($0.output.1) }
                if page.isEmpty { break }
                ids += page
                let last = text.matches(of: /"sort":(\[[^\]]*\])/).last.map { String($0.output.1) } ?? "[]"
                after = #","search_after":\#(last)"#
            }
            #expect(ids.count == 25)
            #expect(Set(ids).count == 25)
        }
    }

    @Test(arguments: [
        (
            "100",
            "failed to parse setting [keep_alive] with value [100] as a time value: unit is missing or unrecognized",
            ""
        ),
        (
            "1M",
            "failed to parse setting [keep_alive] with value [1M] as a time value: unit is missing or unrecognized",
            ""
        ),
        (
            "1w",
            "failed to parse setting [keep_alive] with value [1w] as a time value: unit is missing or unrecognized",
            ""
        ),
        (
            "",
            "failed to parse setting [keep_alive] with value [] as a time value: unit is missing or unrecognized",
            ""
        ),
        (
            "-5m",
            "failed to parse setting [keep_alive] with value [-5m] as a time value: negative durations are not supported",
            ""
        ),
        ("1.5h", "failed to parse [1.5h], fractional time values are not supported", "1.5"),
        ("xh", "failed to parse [xh]", "x"),
        (
            "25h",
            "Keep alive for request (1d) is too large. It must be less than (1d). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting.",
            ""
        ),
        (
            "2d",
            "Keep alive for request (2d) is too large. It must be less than (1d). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting.",
            ""
        ),
    ]) func `a keep-alive that cannot be is refused`(text: String, reason: String, number: String)
        async throws
    {
        let server = try await filled()
        let inner = #""type":"illegal_argument_exception","reason":"\#(reason)""#
        let cause =
            number.isEmpty
            ? ""
            : #","caused_by":{"type":"number_format_exception","reason":"For input string: \"\#(number)\""}"#
        await server.expect(
            "POST", "/i/_search/point_in_time?keep_alive=\(text)", 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner)\#(cause)},"status":400}"#)
        await server.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
    }

    @Test func `short keep-alives are half a minute, and a day is the most`() async throws {
        let server = try await filled()
        for (text, milliseconds) in [
            ("1s", 30_000), ("0", 30_000), ("-1", 30_000), ("45S", 45_000), ("%201m%20", 60_000),
            ("24h", 86_400_000), ("1d", 86_400_000), ("90000ms", 90_000),
        ] {
            let id = await open(server, "i", text)
            let list = await server.expect(
                "GET", "/_search/point_in_time/_all?filter_path=pits.keep_alive", 200)
            #expect(list == #"{"pits":[{"keep_alive":\#(milliseconds)}]}"#, "\(text)")
            await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":"\#(id)"}"#, 200)
        }
    }

    @Test func `a search lengthens the keep-alive and never shortens it`() async throws {
        let server = try await filled()
        let id = await open(server)
        for (asked, listed) in [("5m", 300_000), ("1m", 300_000), ("10m", 600_000)] {
            await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"\#(asked)"}}"#, 200)
            await server.expect(
                "GET", "/_search/point_in_time/_all?filter_path=pits.keep_alive", 200,
                #"{"pits":[{"keep_alive":\#(listed)}]}"#)
        }
        await server.shardsFail(
            "POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"2d"}}"#, 400, index: "i",
            "illegal_argument_exception",
            "Keep alive for request (2d) is too large. It must be less than (1d). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting."
        )
    }

    @Test func `one point in time is shown, and its keep-alive set`() async throws {
        let server = try await filled()
        let id = await open(server, "i", "1h")
        let text = await server.expect(
            "GET", "/_search/point_in_time/\(id)?filter_path=pit_id,keep_alive,name,shards", 200)
        #expect(
            text
                == #"{"pit_id":"\#(id)","keep_alive":3600000,"name":"","shards":[{"index":"i","shard":0,"state":"held","max_seq_no":4}]}"#
        )
        await server.expect(
            "PUT", "/_search/point_in_time/\(id)?filter_path=keep_alive", #"{"keep_alive":"10s"}"#, 200,
            #"{"keep_alive":10000}"#)
        await server.refuses(
            "PUT", "/_search/point_in_time/\(id)", "{}", 400, "action_request_validation_exception",
            "Validation Failed: 1: keep alive not specified;")
        await server.expect("DELETE", "/_search/point_in_time/_all", 200)
        await server.expect("GET", "/_search/point_in_time/\(id)", 404)
        await server.expect("PUT", "/_search/point_in_time/\(id)", #"{"keep_alive":"10s"}"#, 404)
        await server.expect("GET", "/_search/point_in_time/x", 400)
    }

    @Test func `creation that cannot be is refused`() async throws {
        let server = try await filled()
        await server.refuses(
            "POST", "/i/_search/point_in_time", 400, "action_request_validation_exception",
            "Validation Failed: 1: keep alive not specified;")
        await server.refuses(
            "POST", "/i/_search/point_in_time?keep_alive=1m&allow_partial_pit_creation=maybe", 400,
            "illegal_argument_exception",
            "Failed to parse value [maybe] as only [true] or [false] are allowed.")
        let missing = await server.expect("POST", "/x/_search/point_in_time?keep_alive=1m", 404)
        let inner =
            #""type":"index_not_found_exception","reason":"no such index [x]","index":"x","resource.id":"x","resource.type":"index_or_alias","index_uuid":"_na_""#
        #expect(missing == #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":404}"#)
    }

    @Test func `more than may be open is too many`() async throws {
        let server = try await Server { $0.pointsInTimeMax = 1 }
        await server.expect("PUT", "/i", 200)
        _ = await open(server)
        await server.shardsFail(
            "POST", "/i/_search/point_in_time?keep_alive=1m", "", 429, index: "i",
            "rejected_execution_exception",
            "Trying to create too many Point In Time contexts. Must be less than or equal to: [1]. This limit can be set by changing the [search.max_open_pit_context] setting.",
            phase: "create_pit", isServerType: false)
    }

    @Test func `ids that are malformed or gone are told apart`() async throws {
        let server = try await filled()
        await server.refuses(
            "POST", "/_search", #"{"pit":{"id":"x"}}"#, 400, "illegal_argument_exception", "invalid id: [x]")
        let id = await open(server)
        await server.refuses(
            "DELETE", "/_search/point_in_time", #"{"pit_id":["\#(id)","x"]}"#, 400,
            "illegal_argument_exception",
            "invalid id: [x]")
        await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 200)
        await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":"_all"}"#, 200)
        let gone = await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404)
        let number = gone.matches(of: /for id \[([0-9]+)\]/).first.map { String($0.output.1) } ?? "none"
        await server.shardsFail(
            "POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404, index: "_na_",
            "search_context_missing_exception", "No search context found for id [\(number)]",
            isServerType: true)
    }

    @Test func `the clause of a search is checked`() async throws {
        let server = try await filled()
        await server.refuses(
            "POST", "/_search", #"{"pit":{"keep_alive":"1m"}}"#, 400, "illegal_argument_exception",
            "point int time id is not provided")
        await server.refuses(
            "POST", "/_search", #"{"pit":{"id":"x","foo":1}}"#, 400, "x_content_parse_exception",
            "[1:18] [pit] unknown field [foo]")
        let inner =
            #""type":"x_content_parse_exception","reason":"[1:31] [pit] failed to parse field [keep_alive]""#
        await server.expect(
            "POST", "/_search", #"{"pit":{"id":"x","keep_alive":"1w"}}"#, 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner),"caused_by":{"type":"illegal_argument_exception","reason":"failed to parse setting [keep_alive] with value [1w] as a time value: unit is missing or unrecognized"}},"status":400}"#
        )
        await server.expect("POST", "/_search", #"{"pit":{"id":"x","keep_alive":5}}"#, 400)
    }

    @Test(arguments: [
        ("/i/_search", "[indices] cannot be used with point in time"),
        ("/_search?ignore_unavailable=false", "[indicesOptions] cannot be used with point in time"),
        ("/_search?allow_no_indices=true", "[indicesOptions] cannot be used with point in time"),
        ("/_search?expand_wildcards=open", "[indicesOptions] cannot be used with point in time"),
        ("/_search?ignore_throttled=true", "[indicesOptions] cannot be used with point in time"),
        ("/_search?routing=a", "[routing] cannot be used with point in time"),
        ("/_search?preference=a", "[preference] cannot be used with point in time"),
        (
            "/_search?ccs_minimize_roundtrips=true",
            "[ccs_minimize_roundtrips] cannot be used with point in time"
        ),
        ("/_search?scroll=1m", "using [point in time] is not allowed in a scroll context"),
    ]) func `what a point in time excludes is refused`(target: String, reason: String) async throws {
        let server = try await filled()
        let id = await open(server)
        await server.refuses(
            "POST", target, #"{"pit":{"id":"\#(id)"}}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: \(reason);")
    }

    @Test func `all that is excluded is said at once, after the body`() async throws {
        let server = try await filled()
        await server.refuses(
            "POST", "/i/_search?routing=a", #"{"pit":{"id":"x"}}"#, 400,
            "action_request_validation_exception",
            "Validation Failed: 1: [indices] cannot be used with point in time;2: [routing] cannot be used with point in time;"
        )
        let text = await server.expect("POST", "/i/_search?routing=a", #"{"pit":{"id":"x"},"foo":1}"#, 400)
        #expect(text.contains("parsing_exception"))
    }

    @Test func `_shard_doc needs a point in time, once`() async throws {
        let server = try await filled()
        await server.refuses(
            "POST", "/i/_search", #"{"sort":["_shard_doc"]}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: _shard_doc is only supported with point-in-time (PIT). Add a PIT or remove _shard_doc.;"
        )
        let id = await open(server)
        await server.refuses(
            "POST", "/_search", #"{"pit":{"id":"\#(id)"},"sort":["_shard_doc","_shard_doc"]}"#, 400,
            "action_request_validation_exception",
            "Validation Failed: 1: duplicate _shard_doc sort detected. Specify it at most once.;")
    }

    @Test func `a deleted index takes its points in time along`() async throws {
        let server = try await filled()
        await server.expect("PUT", "/j", 200)
        let id = await open(server, "i,j")
        await server.expect("DELETE", "/j", 200)
        let text = await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404)
        #expect(text.contains(#""type":"index_not_found_exception","reason":"no such index [j]""#))
    }

    @Test func `a deletion's body is checked`() async throws {
        let server = try await filled()
        for body in ["", "{}", #"{"pit_id":[]}"#] {
            await server.refuses(
                "DELETE", "/_search/point_in_time", body, 400, "action_request_validation_exception",
                "Validation Failed: 1: no pit ids specified;")
        }
        for (body, reason) in [
            (
                #"{"foo":"x"}"#,
                "Unknown parameter [foo] in request body or parameter is of the wrong type[VALUE_STRING] "
            ),
            (
                #"{"pit_id":1}"#,
                "Unknown parameter [pit_id] in request body or parameter is of the wrong type[VALUE_NUMBER] "
            ),
            ("[]", "Malformed content, must start with an object"),
            (#"{"pit_id":[{}]}"#, "pit_id array element should only contain pit_id"),
        ] {
            await server.refuses(
                "DELETE", "/_search/point_in_time", body, 400, "illegal_argument_exception", reason)
        }
        let broken = await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":"#, 400)
        #expect(
            broken.contains(
                #""reason":"Failed to parse request body","caused_by":{"type":"json_parse_exception""#))
    }

    @Test func `a pattern that finds nothing opens an empty one`() async throws {
        let server = try await filled()
        let id = await open(server, "none*")
        let text = await server.expect("POST", "/_search?filter_path=hits", #"{"pit":{"id":"\#(id)"}}"#, 200)
        #expect(text == #"{"hits":{"total":{"value":0,"relation":"eq"},"max_score":null,"hits":[]}}"#)
    }
}

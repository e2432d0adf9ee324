import Testing
import VarveREST

/// A few hundred documents with ties, several values and none.
private func documents(shards: Int) async throws -> Server {
    let server = try await Server()
    await server.expect(
        "PUT", "/i",
        #"{"settings":{"number_of_shards":\#(shards)},"mappings":{"properties":{"n":{"type":"long"},"k":{"type":"keyword"},"x":{"type":"double"},"d":{"type":"date"}}}}"#,
        200)
    var lines = ""
    for number in 0..<60 {
        var members: [String] = []
        if number % 7 != 0 {
            members.append("\"n\":\(number % 3 == 0 ? "[\(number % 5),9]" : "\(number % 5)")")
        }
        if number % 5 != 0 {
            members.append("\"k\":\(number % 4 == 0 ? "[\"b\",\"z\"]" : "\"\(number % 6)\"")")
        }
        if number % 4 != 0 { members.append("\"x\":\(Double(number % 8) / 4)") }
        if number % 9 != 0 { members.append("\"d\":\"2022-0\(1 + number % 4)-01\"") }
        lines += "{\"index\":{\"_id\":\"\(number)\"}}\n{\(members.joined(separator: ","))}\n"
    }
    await server.expect("POST", "/i/_bulk?refresh=true&filter_path=errors", lines, 200, #"{"errors":false}"#)
    return server
}

/// Section 9, row 9.
@Suite struct `Conformance 9: pages` {
    @Test(arguments: ["n", "k", "x", "d"], [1, 3])
    func `of any size are the same sequence`(field: String, shards: Int) async throws {
        let server = try await documents(shards: shards)
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 200))
        for order in ["asc", "desc"] {
            for missing in ["\"_last\"", "\"_first\"", field == "k" ? "\"bb\"" : field == "d" ? "0" : "3"] {
                let sort = #"[{"\#(field)":{"order":"\#(order)","missing":\#(missing)}},"_shard_doc"]"#
                let whole = try await page(server, id, sort, 1_000, after: nil)
                #expect(whole.count == 60 && Set(whole.map(\.id)).count == 60)
                for size in [1, 2, 3] {
                    var found: [String] = []
                    var after: String?
                    while true {
                        let hits = try await page(server, id, sort, size, after: after)
                        found += hits.map(\.id)
                        guard let last = hits.last, found.count <= 60 else { break }
                        after = last.sort
                    }
                    #expect(found == whole.map(\.id), "\(order), missing \(missing), \(size) a page")
                }
            }
        }
    }

    private func page(
        _ server: Server, _ id: String, _ sort: String, _ size: Int, after: String?
    ) async throws -> [(id: String, sort: String)] {
        let cursor = after.map { ",\"search_after\":\($0)" } ?? ""
        let text = await server.expect(
            "POST", "/_search?filter_path=hits.hits._id,hits.hits.sort",
            #"{"pit":{"id":"\#(id)"},"size":\#(size),"sort":\#(sort)\#(cursor)}"#, 200)
        return text.matches(of: /"_id":"([0-9]+)","sort":(\[[^\]]*\])/).map {
            (String($0.output.1), String($0.output.2))
        }
    }
}

/// Section 9, row 10.
@Suite struct `Conformance 10: cursors` {
    private func ids(_ sort: String, _ after: String) async throws -> String {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"mappings":{"properties":{"n":{"type":"long"},"d":{"type":"date"},"k":{"type":"keyword"}}}}"#,
            200)
        await server.expect("PUT", "/i/_doc/1", #"{"n":1,"d":"2021-05-20T05:30:04.832Z","k":"a"}"#, 201)
        await server.expect("PUT", "/i/_doc/2", #"{"n":2,"d":"2021-05-21","k":"b"}"#, 201)
        await server.expect("PUT", "/i/_doc/3?refresh=true", #"{"m":3}"#, 201)
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id", #"{"sort":\#(sort),"search_after":\#(after)}"#,
            200)
        return text.matches(of: /"_id":"(.)"/).map { String($0.output.1) }.joined(separator: " ")
    }

    @Test(arguments: [
        (#"["n"]"#, "[1]", "2 3"), (#"["n"]"#, #"["1"]"#, "2 3"), (#"["n"]"#, "[null]", ""),
        (#"[{"n":{"missing":"_first"}}]"#, "[null]", "1 2"), (#"["d"]"#, "[1621488604832]", "2 3"),
        (#"["d"]"#, #"["2021-05-20T05:30:04.832Z"]"#, "2 3"), (#"["d"]"#, #"["1621488604832"]"#, "2 3"),
        (#"["k"]"#, #"["a"]"#, "2 3"), (#"["k"]"#, "[null]", ""), (#"["k"]"#, "[1]", "1 2 3"),
        (#"["n"]"#, "[9223372036854775806]", "3"), (#"["n"]"#, "[7]", "3"),
    ]) func `in each shape`(sort: String, after: String, answer: String) async throws {
        #expect(try await ids(sort, after) == answer)
    }

    @Test(arguments: [
        (#"["n"]"#, "[1,2]", "search_after has 2 value(s) but sort has 1."),
        (#"["n"]"#, #"["x"]"#, "Failed to parse search_after value for field [n]."),
        (#"["d"]"#, #"["now"]"#, "Failed to parse search_after value for field [d]."),
        ("[]", "[1]", "Sort must contain at least one field."),
    ]) func `that do not fit fail on the shards`(sort: String, after: String, reason: String) async throws {
        let server = try await Server()
        await server.expect(
            "PUT", "/i", #"{"mappings":{"properties":{"n":{"type":"long"},"d":{"type":"date"}}}}"#, 200)
        await server.shardsFail(
            "POST", "/i/_search", #"{"sort":\#(sort),"search_after":\#(after)}"#, 400, index: "i",
            "illegal_argument_exception", reason)
    }

    @Test(arguments: [
        ("{}", "START_OBJECT", "Unknown key for a START_OBJECT in [search_after].", 30),
        (
            "[{}]", "START_OBJECT",
            "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [START_OBJECT] inside search_after.",
            31
        ),
        (
            "[[1]]", "START_ARRAY",
            "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [START_ARRAY] inside search_after.",
            31
        ),
    ]) func `that are no values are refused`(
        after: String, token: String, reason: String, column: Int
    ) async throws {
        let server = try await Server()
        let inner = #""type":"parsing_exception","reason":"\#(reason)","line":1,"col":\#(column)"#
        await server.expect(
            "POST", "/_search", #"{"sort":["n"],"search_after":\#(after)}"#, 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":400}"#)
    }

    @Test func `without a value are refused`() async throws {
        try await Server().refuses(
            "POST", "/_search", #"{"sort":["n"],"search_after":[]}"#, 400, "illegal_argument_exception",
            "Values must contains at least one value.")
    }
}

/// Section 9, row 11.
@Suite struct `Conformance 11: slices` {
    @Test(arguments: [0, 1, 5, 1_000], [1, 3])
    func `are disjoint and complete`(count: Int, shards: Int) async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"settings":{"number_of_shards":\#(shards)}}"#, 200)
        if count > 0 {
            let lines = (0..<count).map { "{\"index\":{\"_id\":\"\($0)\"}}\n{}\n" }.joined()
            await server.expect("POST", "/i/_bulk?refresh=true&filter_path=errors", lines, 200)
        }
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 200))
        for most in 2...7 {
            var found: [String] = []
            for number in 0..<most {
                let text = await server.expect(
                    "POST", "/_search?filter_path=hits.hits._id",
                    #"{"pit":{"id":"\#(id)"},"slice":{"id":\#(number),"max":\#(most)},"size":1000}"#, 200)
                found += text.matches(of: /"_id":"([0-9]+)"/).map { String($0.output.1) }
            }
            #expect(found.count == count && Set(found).count == count, "\(most) slices")
        }
    }

    @Test func `are at most 1,024`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1?refresh=true", "{}", 201)
        let id = Server.member(
            "pit_id", of: await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m", 200))
        func body(_ most: Int) -> String { #"{"pit":{"id":"\#(id)"},"slice":{"id":0,"max":\#(most)}}"# }
        await server.expect("POST", "/_search", body(1_024), 200)
        await server.shardsFail(
            "POST", "/_search", body(1_025), 429, index: "i", "rejected_execution_exception",
            "The number of slices [1025] is too large. It must be less than [1024]. This limit can be set by changing "
                + "the [index.max_slices_per_pit] index level setting.")
    }
}

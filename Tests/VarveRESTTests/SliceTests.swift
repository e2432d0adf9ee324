import Testing
import VarveREST

@Suite struct `Slices over REST` {
    @Test(arguments: [0, 1, 5, 1_000]) func `slices are disjoint, complete and even`(count: Int) async throws
    {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"settings":{"number_of_shards":3}}"#, 200)
        var body = ""
        for number in 0..<(count + 3) { body += "{\"index\":{\"_id\":\"\(number)\"}}\n{\"n\":\(number)}\n" }
        await server.expect("POST", "/i/_bulk", body, 200)
        for number in count..<(count + 3) { await server.expect("DELETE", "/i/_doc/\(number)", 200) }
        await server.expect("POST", "/i/_flush", 200)
        await server.expect("POST", "/i/_refresh", 200)
        let id = Server.member(
            "pit_id", of: await server.send("POST", "/i/_search/point_in_time?keep_alive=1m").text)
        for parts in [2, 3, 7, 1_024] {
            if parts == 1_024 && count > 5 { continue }
            var ids: [String] = []
            var sizes: Set<Int> = []
            for part in 0..<parts {
                let text = await server.expect(
                    "POST", "/_search",
                    #"{"pit":{"id":"\#(id)"},"size":1000,"slice":{"id":\#(part),"max":\#(parts)},"_source":false}"#,
                    200)
                let page = text.matches(of: /"_id":"([^"]*)"/).map { String($0.output.1) }
                #expect(text.contains(#""total":{"value":\#(page.count),"relation":"eq"}"#))
                ids += page
                sizes.insert(page.count)
            }
            #expect(ids.count == count)
            #expect(Set(ids).count == count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
    }

    @Test func `a slice that cannot be is refused`() async throws {
        let server = try await Server()
        await server.expect(
            "PUT", "/i", #"{"mappings":{"properties":{"k":{"type":"keyword"},"n":{"type":"long"}}}}"#, 200)
        let id = Server.member(
            "pit_id", of: await server.send("POST", "/i/_search/point_in_time?keep_alive=1m").text)
        await server.refuses(
            "POST", "/i/_search", #"{"slice":{"id":0,"max":2}}"#, 400, "illegal_argument_exception",
            "`slice` cannot be used outside of a scroll context or PIT context")
        for (slice, place, field, reason) in [
            (#"{"id":-1,"max":2}"#, "1:16", "id", "id must be greater than or equal to 0"),
            (#"{"id":0,"max":1}"#, "1:24", "max", "max must be greater than 1"),
            (#"{"id":2,"max":2}"#, "1:24", "max", "max must be greater than id"),
        ] {
            let inner =
                #""type":"x_content_parse_exception","reason":"[\#(place)] [slice] failed to parse field [\#(field)]""#
            await server.expect(
                "POST", "/_search", #"{"slice":\#(slice)}"#, 400,
                #"{"error":{"root_cause":[{\#(inner)}],\#(inner),"caused_by":{"type":"illegal_argument_exception","reason":"\#(reason)"}},"status":400}"#
            )
        }
        await server.shardsFail(
            "POST", "/_search", #"{"pit":{"id":"\#(id)"},"slice":{"id":0,"max":1025}}"#, 429, index: "i",
            "rejected_execution_exception",
            "The number of slices [1025] is too large. It must be less than [1024]. This limit can be set by changing the [index.max_slices_per_pit] index level setting."
        )
        for (field, reason) in [("q", "field q not found"), ("k", "cannot load numeric doc values on k")] {
            await server.shardsFail(
                "POST", "/_search", #"{"pit":{"id":"\#(id)"},"slice":{"id":0,"max":2,"field":"\#(field)"}}"#,
                400,
                index: "i", "illegal_argument_exception", reason)
        }
        await server.expect(
            "POST", "/_search", #"{"pit":{"id":"\#(id)"},"slice":{"id":0,"max":1024,"field":"n"}}"#, 200)
    }

    @Test func `what excludes each other is said before what is not done`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/_search", #"{"collapse":{},"sort":["n"],"search_after":[1]}"#, 400,
            "illegal_argument_exception", "cannot use `collapse` in conjunction with `search_after`")
        await server.refuses(
            "POST", "/_search", #"{"rescore":{},"sort":["n"]}"#, 400, "illegal_argument_exception",
            "Cannot use [sort] option in conjunction with [rescore].")
    }
}

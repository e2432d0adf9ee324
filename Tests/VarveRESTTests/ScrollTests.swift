import Testing
import Varve
import VarveREST

@Suite struct `Scrolls over REST` {
    @Test func `a scan sees every document once, while writes go on`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"settings":{"number_of_shards":2}}"#, 200)
        var body = ""
        for number in 0..<25 { body += "{\"index\":{\"_id\":\"\(number)\"}}\n{\"n\":\(number)}\n" }
        await server.expect("POST", "/i/_bulk?refresh=true", body, 200)
        var text = await server.expect("POST", "/i/_search?scroll=5m&size=10", #"{"sort":"_doc"}"#, 200)
        let id = Server.member("_scroll_id", of: text)
        #expect(
            text.hasPrefix(
                #"{"_scroll_id":"\#(id)","took":0,"timed_out":false,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},"hits":{"total":{"value":25,"relation":"eq"},"#
            ))
        var ids: [String] = []
        while text.contains(#""_id""#) {
            ids += text.matches(of: /"_id":"([0-9]+)"/).map { String($0.output.1) }
            await server.expect("POST", "/i/_doc?refresh=true", "{}", 201)
            text = await server.expect(
                "POST", "/_search/scroll", #"{"scroll_id":"\#(id)","scroll":"5m"}"#, 200)
        }
        #expect(ids.count == 25)
        #expect(Set(ids).count == 25)
        await server.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
        await server.expect("DELETE", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
        let cleared = #"{"scroll_id":["\#(id)"]}"#
        await server.expect("DELETE", "/_search/scroll", cleared, 200, #"{"succeeded":true,"num_freed":1}"#)
        await server.expect("DELETE", "/_search/scroll", cleared, 404, #"{"succeeded":true,"num_freed":0}"#)
        let gone = await server.expect(
            "POST", "/_search/scroll", #"{"scroll_id":"\#(id)","scroll":"5m"}"#, 404)
        #expect(gone.contains("search_context_missing_exception"))
        #expect(server.store.pointsInTime.isEmpty)
    }

    @Test func `what a scroll excludes is refused`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/_search?scroll=5m", #"{"from":1,"size":0,"track_total_hits":false}"#, 400,
            "action_request_validation_exception",
            "Validation Failed: 1: disabling [track_total_hits] is not allowed in a scroll context;2: using [from] is not allowed in a scroll context;3: [size] cannot be [0] in a scroll context;"
        )
        await server.refuses(
            "POST", "/_search?scroll=5m", #"{"sort":["n"],"search_after":[1]}"#, 400,
            "illegal_argument_exception",
            "`search_after` cannot be used in a scroll context.")
        await server.refuses(
            "POST", "/_search?scroll=2d", "{}", 400, "illegal_argument_exception",
            "Keep alive for request (2d) is too large. It must be less than (1d). This limit can be set by changing the [search.max_keep_alive] cluster level setting."
        )
        await server.refuses(
            "POST", "/_search/scroll", "{}", 400, "action_request_validation_exception",
            "Validation Failed: 1: scrollId is missing;")
        #expect(server.store.pointsInTime.isEmpty)
    }
}

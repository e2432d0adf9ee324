import Testing
import VarveSimulation

@testable import VarveREST

@Suite struct `Conformance 1: a lease only grows, and a point in time stays as it was` {
    @Test func `23 hours stay 23 hours after a search with ten minutes`() async throws {
        let server = try await Server()
        await server.fill("i", 2)
        let opened = await server.expect("POST", "/i/_search/point_in_time?keep_alive=23h", 200)
        let id = Server.member("pit_id", of: opened)
        #expect(
            opened.hasPrefix(
                #"{"pit_id":"\#(id)","_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"creation_time":"#
            ))
        await server.expect("PUT", "/i/_doc/9?refresh=true", #"{"n":9}"#, 201)
        let page = await server.expect(
            "POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"10m"}}"#, 200)
        #expect(page.hasPrefix(#"{"pit_id":"\#(id)","took":"#))
        #expect(page.contains(#""hits":{"total":{"value":2,"relation":"eq"}"#))
        let list = await server.expect("GET", "/_search/point_in_time/_all", 200)
        #expect(list.contains(#""keep_alive":82800000}]}"#), "\(list)")
        await server.expect(
            "DELETE", "/_search/point_in_time", #"{"pit_id":"\#(id)"}"#, 200,
            #"{"pits":[{"successful":true,"pit_id":"\#(id)"}]}"#)
    }

    @Test func `a larger lease stays for good`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let id = await server.openPointInTime()
        await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)","keep_alive":"2h"}}"#, 200)
        await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 200)
        let list = await server.expect("GET", "/_search/point_in_time/_all?filter_path=pits.keep_alive", 200)
        #expect(list == #"{"pits":[{"keep_alive":7200000}]}"#)
    }
}

@Suite struct `Conformance 2: deleting all` {
    @Test func `twice leaves nothing to delete the second time`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let ids = [await server.openPointInTime(), await server.openPointInTime()]
        let first = await server.expect("DELETE", "/_search/point_in_time/_all", 200)
        for id in ids { #expect(first.contains(#"{"successful":true,"pit_id":"\#(id)"}"#)) }
        await server.expect("DELETE", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
        await server.expect("GET", "/_search/point_in_time/_all", 200, #"{"pits":[]}"#)
    }
}

@Suite struct `Conformance 3: the lease slides` {
    @Test func `half a minute lasts for ever if it is used every 20 seconds`() async throws {
        let clock = SimulatedClock()
        let server = try await Server(clock: clock)
        await server.fill("i", 1)
        let opened = await server.expect("POST", "/i/_search/point_in_time?keep_alive=30s", 200)
        let id = Server.member("pit_id", of: opened)
        for _ in 0..<9 {
            clock.advance(byMilliseconds: 20_000)
            #expect(await server.count(pit: id) == 1)
        }
        clock.advance(byMilliseconds: 30_001)
        await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404)
    }

    @Test func `the wall clock ends nothing`() async throws {
        let clock = SimulatedClock()
        let server = try await Server(clock: clock)
        await server.fill("i", 1)
        let id = await server.openPointInTime()
        clock.jumpWall(byMilliseconds: 86_400_000)
        #expect(await server.count(pit: id) == 1)
        clock.jumpWall(byMilliseconds: -172_800_000)
        #expect(await server.count(pit: id) == 1)
    }
}

@Suite struct `Conformance 4: durations at creation` {
    @Test(arguments: [
        (
            "100",
            "failed to parse setting [keep_alive] with value [100] as a time value: unit is missing or unrecognized"
        ),
        (
            "1M",
            "failed to parse setting [keep_alive] with value [1M] as a time value: unit is missing or unrecognized"
        ),
        (
            "1w",
            "failed to parse setting [keep_alive] with value [1w] as a time value: unit is missing or unrecognized"
        ),
        (
            "",
            "failed to parse setting [keep_alive] with value [] as a time value: unit is missing or unrecognized"
        ),
        (
            "-5m",
            "failed to parse setting [keep_alive] with value [-5m] as a time value: negative durations are not supported"
        ),
    ]) func `that are none are refused`(text: String, reason: String) async throws {
        let server = try await Server()
        await server.fill("i", 1)
        await server.refuses(
            "POST", "/i/_search/point_in_time?keep_alive=\(text)", 400, "illegal_argument_exception", reason)
    }

    @Test(arguments: [
        ("1.5h", "1.5", "failed to parse [1.5h], fractional time values are not supported"),
        ("xh", "x", "failed to parse [xh]"),
    ]) func `whose number is none are refused`(text: String, digits: String, reason: String) async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let inner = #""type":"illegal_argument_exception","reason":"\#(reason)""#
        await server.expect(
            "POST", "/i/_search/point_in_time?keep_alive=\(text)", 400,
            #"{"error":{"root_cause":[{\#(inner)}],\#(inner),"caused_by":{"type":"number_format_exception","reason":"For input string: \"\#(digits)\""}},"status":400}"#
        )
    }

    @Test func `none at all, too long and just as long as may be`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        await server.refuses(
            "POST", "/i/_search/point_in_time", 400, "action_request_validation_exception",
            "Validation Failed: 1: keep alive not specified;")
        await server.refuses(
            "POST", "/i/_search/point_in_time?keep_alive=25h", 400, "illegal_argument_exception",
            "Keep alive for request (1d) is too large. It must be less than (1d). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting."
        )
        await server.expect("POST", "/i/_search/point_in_time?keep_alive=24h", 200)
        await server.expect(
            "GET", "/_search/point_in_time/_all?filter_path=pits.keep_alive", 200,
            #"{"pits":[{"keep_alive":86400000}]}"#)
    }

    @Test(arguments: ["1s", "0", "-1", "0s", "30s", "25000MS", " 1s "])
    func `short ones are half a minute`(text: String) async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let encoded = text.replacing(" ", with: "%20")
        await server.expect("POST", "/i/_search/point_in_time?keep_alive=\(encoded)", 200)
        await server.expect(
            "GET", "/_search/point_in_time/_all?filter_path=pits.keep_alive", 200,
            #"{"pits":[{"keep_alive":30000}]}"#)
    }
}

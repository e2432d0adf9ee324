import Testing
import Varve
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `Ingestion vectors 10 to 15: messages` {
    /// The numbers that OpenSearch counts, by name.
    private func counters(_ server: Server) async -> (String) -> Int? {
        let text = await server.expect("GET", "/_nodes/stats/indices?level=shards", 200)
        return { name in
            text.ranges(of: "\"\(name)\":").first.flatMap { found in
                Int(text[found.upperBound...].prefix { $0.isNumber || $0 == "-" })
            }
        }
    }

    @Test func `Ingestion vector 10: messages that are applied, refused and dropped`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        func version(_ version: Int, _ n: Int) -> String {
            #"{"_id":"1","_version":"\#(version)","_op_type":"index","_source":{"n":\#(n)}}"#
        }
        try server.feed(version(5, 1), version(5, 2), version(4, 3))
        try await server.ingested(3)
        await server.expect(
            "GET", "/i/_doc/1?filter_path=_version,_source", 200, #"{"_version":5,"_source":{"n":1}}"#)
        #expect(await counters(server)("total_version_conflicts_count") == 2)
        try server.feed(version(6, 4))
        try await server.ingested(4)
        await server.expect(
            "GET", "/i/_doc/1?filter_path=_version,_source", 200, #"{"_version":6,"_source":{"n":4}}"#)
        try server.feed(#"{"_id":"1","_version":"7","_op_type":"delete"}"#, #"{"_op_type":"delete"}"#)
        try await server.ingested(6)
        await server.expect("GET", "/i/_doc/1", 404)
        var count = await counters(server)
        #expect(count("total_invalid_message_count") == 1)
        #expect(count("total_failed_count") == 0)
        try server.feed("no JSON")
        try await server.ingested(7)
        count = await counters(server)
        #expect(count("total_poller_message_failure_count") == 1)
        #expect(count("total_poller_message_dropped_count") == 1)
        #expect(count("total_failures_dropped_count") == 0)
        try server.feed(#"{"_id":"2"}"#)
        try await server.ingested(8)
        count = await counters(server)
        #expect(count("total_invalid_message_count") == 2)
        #expect(count("total_failed_count") == 1)
        #expect(count("total_failures_dropped_count") == 1)
        try server.feed(#"{"_id":"2","_op_type":"upsert","_source":{}}"#)
        try await server.ingested(9)
        count = await counters(server)
        #expect(count("total_failed_count") == 2)
        #expect(count("total_failures_dropped_count") == 2)
        #expect(count("total_polled_count") == 9)
        #expect(await server.count() == 0)
    }

    @Test func `Ingestion vector 11: the same while a failure blocks`() async throws {
        let server = try await Server.pulling()
        let settings = server.settings(#""error_strategy":"block""#)
        await server.expect("PUT", "/i", settings, 200)
        try server.feed("no JSON", #"{"_id":"1","_source":{}}"#)
        try await server.wait { $0.phase == .paused }
        let paused = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(
            paused.contains(server.state("PAUSED", "FileOffset{line=0}", policy: "BLOCK", isPaused: true)),
            "\(paused)")
        let skipped = await server.expect("POST", "/i/ingestion/_skip", 200)
        #expect(
            skipped.hasPrefix(
                #"{"acknowledged":true,"skipped":{"shard":0,"partition":0,"pointer":"FileOffset{line=0}","place":"line 1, at byte 0","stage":"mapping","type":""#
            ), "\(skipped)")
        try await server.ingested(2)
        try server.feed(#"{"_id":"2"}"#, #"{"_id":"3","_source":{}}"#)
        try await server.wait { $0.phase == .blocked }
        let blocked = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(
            blocked.contains(server.state("PROCESSING", "FileOffset{line=2}", policy: "BLOCK")), "\(blocked)")
        await server.expect(
            "PUT", "/i/_settings", #"{"index.ingestion_source.error_strategy":"drop"}"#, 200)
        try await server.ingested(4)
        #expect(await server.count() == 2)
    }

    @Test func `Ingestion vector 12: raw payloads`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"n":0}"#, #"{"n":1}"#, #"{"n":2}"#)
        await server.expect("PUT", "/i", server.settings(#""mapper_type":"raw_payload""#), 200)
        try await server.ingested(3)
        await server.expect(
            "GET", "/i/_search?sort=n&filter_path=hits.hits._id", 200,
            #"{"hits":{"hits":[{"_id":"0-0"},{"_id":"0-1"},{"_id":"0-2"}]}}"#)
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        await server.expect(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[{"shard":0,"mode":"timestamp","value":0}]}"#,
            200)
        try await server.wait { $0.epoch == 1 && $0.committed == 3 }
        await server.expect("POST", "/i/_refresh", 200)
        #expect(await server.count() == 3)
    }

    @Test func `Ingestion vector 13: a write block`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.wait { $0.phase == .polling }
        await server.expect("PUT", "/i/_settings", #"{"index.blocks.write":true}"#, 200)
        let blocked = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(
            blocked.contains(server.state("PAUSED", "FileOffset{line=0}", isBlocked: true)), "\(blocked)")
        try server.feed(#"{"_id":"1","_source":{}}"#)
        let next = try await server.reopened()
        let still = await next.expect("GET", "/i/ingestion/_state", 200)
        #expect(still.contains(server.state("PAUSED", "FileOffset{line=0}", isBlocked: true)), "\(still)")
        await next.expect("PUT", "/i/_settings", #"{"index.blocks.write":null}"#, 200)
        try await next.ingested(1)
        #expect(await next.count() == 1)
    }

    @Test func `Ingestion vector 15: nothing is pushed`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        await server.expect("POST", "/_aliases", #"{"actions":[{"add":{"index":"i","alias":"a"}}]}"#, 200)
        func text(_ kind: String) -> String {
            "push-based \(kind) is not supported in ingestion engine, use streaming source instead"
        }
        for (method, path, body, kind) in [
            ("PUT", "/i/_doc/1", "{}", "indexing"), ("POST", "/a/_doc", "{}", "indexing"),
            ("PUT", "/i/_create/1", "{}", "indexing"), ("POST", "/i/_update/1", #"{"doc":{}}"#, "indexing"),
            ("DELETE", "/i/_doc/1", "", "deletion"),
            ("POST", "/i/_delete_by_query", #"{"query":{"match_all":{}}}"#, "deletion"),
            ("POST", "/i/_update_by_query", "", "indexing"),
        ] {
            await server.refuses(method, path, body, 400, "ingestion_engine_exception", text(kind))
        }
        let bulk =
            #"{"index":{"_index":"i","_id":"1"}}"# + "\n{}\n" + #"{"delete":{"_index":"i","_id":"1"}}"# + "\n"
            + #"{"index":{"_index":"other","_id":"1"}}"# + "\n{}\n"
        let answer = await server.expect("POST", "/_bulk", bulk, 200)
        for (name, kind) in [("index", "indexing"), ("delete", "deletion")] {
            #expect(
                answer.contains(
                    #"{"\#(name)":{"_index":"i","_id":"1","status":400,"error":{"type":"ingestion_engine_exception","reason":"\#(text(kind))"}}}"#
                ), "\(answer)")
        }
        #expect(answer.contains(#""_index":"other","_id":"1","_version":1,"result":"created""#), "\(answer)")
        #expect(await server.count() == 0)
    }
}

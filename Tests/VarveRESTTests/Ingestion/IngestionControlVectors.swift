import Testing
import Varve
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `Ingestion vectors 5 to 8: pausing and resuming` {
    @Test func `Ingestion vector 5: a pause outlives a restart, and either call may be repeated`()
        async throws
    {
        let server = try await Server.pulling()
        try server.feed(#"{"_id":"1","_source":{"n":1}}"#)
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.ingested(1)
        for _ in 0..<2 { await server.expect("POST", "/i/ingestion/_pause", 200, Server.allDone) }
        try await server.wait { $0.phase == .paused }
        let next = try await server.reopened()
        try await next.wait { $0.phase == .paused }
        await next.expect(
            "GET", "/i/ingestion/_state", 200,
            #"{"_shards":{"total":1,"successful":1,"failed":0},"ingestion_state":{"i":[\#(next.state("PAUSED", "FileOffset{line=1}", isPaused: true))]}}"#
        )
        try next.feed(#"{"_id":"2","_source":{"n":2}}"#)
        for _ in 0..<2 { await next.expect("POST", "/i/ingestion/_resume", 200, Server.allDone) }
        try await next.ingested(2)
        #expect(await next.count() == 2)
    }

    @Test func `Ingestion vector 6: indices that are not there`() async throws {
        let server = try await Server.pulling()
        for call in ["_pause", "_resume"] {
            let text = await server.expect("POST", "/missing/ingestion/\(call)", 404)
            #expect(text.contains(#""type":"index_not_found_exception","reason":"no such index [missing]""#))
            await server.expect(
                "POST", "/nomatch*/ingestion/\(call)", 200,
                #"{"acknowledged":true,"shards_acknowledged":false}"#)
            await server.expect("POST", "/missing/ingestion/\(call)?ignore_unavailable", 200)
            await server.expect("POST", "/nomatch*/ingestion/\(call)?allow_no_indices=false", 404)
        }
        await server.expect("PUT", "/plain", 200)
        await server.expect(
            "POST", "/plain/ingestion/_pause", 200,
            #"{"acknowledged":true,"shards_acknowledged":false,"failures":{"plain":[{"shard":0,"error":"index [plain] has no ingestion source"}]}}"#
        )
        await server.expect("PUT", "/plain/_settings", #"{"index.blocks.metadata":true}"#, 200)
        await server.expect("PUT", "/i", server.settings(), 200)
        await server.expect("PUT", "/i/_settings", #"{"index.blocks.metadata":true}"#, 200)
        await server.expect("POST", "/i/ingestion/_pause", 403)
    }

    @Test func `Ingestion vector 7: bodies that break a rule`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        for (body, reason) in [
            ("[]", "Expected START_OBJECT but got: START_ARRAY"),
            (#"{"reset":[]}"#, "Unexpected field: reset"),
            (#"{"reset_settings":{}}"#, "Expected START_ARRAY for 'reset_settings'"),
            (#"{"reset_settings":[1]}"#, "Expected START_OBJECT for ResetSettings but got: VALUE_NUMBER"),
            (#"{"reset_settings":[{"x":1}]}"#, "Unexpected field in ResetSettings: x"),
            (
                #"{"reset_settings":[{"shard":0,"mode":"none","value":"1"}]}"#,
                "Invalid value for 'mode': none"
            ),
            (
                #"{"reset_settings":[{"mode":"offset","value":"1"}]}"#,
                "Missing required fields in ResetSettings: shard=-1, mode=OFFSET, value=1"
            ),
            (
                #"{"reset_settings":[{"shard":0}]}"#,
                "Missing required fields in ResetSettings: shard=0, mode=null, value=null"
            ),
        ] {
            await server.refuses(
                "POST", "/i/ingestion/_resume", body, 400, "illegal_argument_exception", reason)
        }
        await server.refuses(
            "POST", "/i/ingestion/_pause?wait_for=x", 400, "illegal_argument_exception",
            "[wait_for] is [durable] or not given, not [x]")
    }

    @Test func `Ingestion vector 8: only what is paused is reset`() async throws {
        let server = try await Server.pulling()
        try server.feed("{\"_id\":\"1\",\"_source\":{}}", "{\"_id\":\"2\",\"_source\":{}}")
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.ingested(2)
        let reset = #"{"reset_settings":[{"shard":0,"mode":"OFFSET","value":"1"}]}"#
        await server.expect(
            "POST", "/i/ingestion/_resume", reset, 200,
            #"{"acknowledged":true,"shards_acknowledged":false,"failures":{"i":[{"shard":0,"error":"Cannot reset consumer when poller is not paused"}]}}"#
        )
        await server.expect("POST", "/i/ingestion/_pause", 200)
        await server.expect(
            "POST", "/i/ingestion/_resume", reset, 200,
            #"{"acknowledged":true,"shards_acknowledged":true,"resets":{"i":[{"shard":0,"partition":0,"old_pointer":"FileOffset{line=2}","new_pointer":"FileOffset{line=1}","old_value":"2","new_value":"1"}]}}"#
        )
        try await server.ingested(2)
        #expect(try server.ingestion().state.epoch == 1)
        #expect(await server.count() == 2)
    }

    @Test func `a reset is made on all shards or on none`() async throws {
        let server = try await Server.pulling()
        for shard in 0..<2 {
            try server.feed("{\"_source\":{}}", "{\"_source\":{}}", "{\"_source\":{}}", shard: shard)
        }
        await server.expect("PUT", "/i", server.settings(shards: 2), 200)
        for shard in 0..<2 { try await server.ingested(3, shard: shard) }
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        func reset(_ shard: Int, _ value: String) -> String {
            #"{"shard":\#(shard),"mode":"offset","value":"\#(value)"}"#
        }
        await server.refuses(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[\#(reset(0, "0")),\#(reset(2, "0"))]}"#, 400,
            "illegal_argument_exception",
            "shard [2] of reset_settings does not exist: index [i] has [2] shards")
        let text = await server.expect(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[\#(reset(0, "0")),\#(reset(1, "9"))]}"#, 200)
        #expect(
            text.contains(#""shards_acknowledged":false,"failures":{"i":[{"shard":1,"error":""#), "\(text)")
        #expect(text.contains("has no line 9"), "\(text)")
        #expect(try server.ingestion().partitions.map(\.committed) == [3, 3])
        #expect(try server.ingestion().isPaused)
        // The form of `_state` is taken as well, and nothing is done when only asked what would be.
        let dry = await server.expect(
            "POST", "/i/ingestion/_resume?dry_run",
            #"{"reset_settings":[\#(reset(0, "FileOffset{line=1}"))]}"#, 200)
        #expect(
            dry
                == #"{"acknowledged":true,"shards_acknowledged":true,"dry_run":true,"resets":{"i":[{"shard":0,"partition":0,"old_pointer":"FileOffset{line=3}","new_pointer":"FileOffset{line=1}","old_value":"3","new_value":"1"}]}}"#
        )
        #expect(try server.ingestion().partitions.map(\.epoch) == [0, 0])
        await server.expect(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[\#(reset(0, "1"))]}"#, 200)
        try await server.wait { $0.epoch == 1 && $0.committed == 3 }
        // Moving past what was never read has to be said.
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        try server.feed("{\"_source\":{}}", "{\"_source\":{}}")
        let forward = await server.expect(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[\#(reset(0, "5"))]}"#, 200)
        #expect(forward.contains("allow_skip"), "\(forward)")
        await server.expect(
            "POST", "/i/ingestion/_resume?allow_skip", #"{"reset_settings":[\#(reset(0, "5"))]}"#, 200)
        try await server.ingested(5)
        #expect(await server.count() == 6)
    }

    @Test func `a stream whose directory is missing is paused and resumed`() async throws {
        let server = try await Server.pulling()
        let base = server.root.path + "/feeds/none"
        await server.expect(
            "PUT", "/i",
            #"{"settings":{"index":{"number_of_shards":1,"number_of_replicas":0,"replication.type":"SEGMENT"},"ingestion_source":{"type":"file","pointer":{"init":{"reset":"reset_by_offset","reset.value":0}},"poll.timeout":100000,"param":{"stream":"test_stream","base_directory":"\#(base)"}}}}"#,
            200)
        await server.expect("POST", "/i/ingestion/_pause", 200, Server.allDone)
        let state = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(state.contains(#""poller_paused":true"#), "\(state)")
        let text = await server.expect(
            "POST", "/i/ingestion/_resume", #"{"reset_settings":[{"shard":0,"mode":"OFFSET","value":"0"}]}"#,
            200)
        #expect(text.hasPrefix(#"{"acknowledged":true,"shards_acknowledged":true"#), "\(text)")
        let after = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(after.contains(#""poller_paused":false"#), "\(after)")
    }
}

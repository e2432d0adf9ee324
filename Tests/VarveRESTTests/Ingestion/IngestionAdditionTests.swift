import Testing
import Varve
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `What ingestion has beyond OpenSearch` {
    @Test func `with refresh=immediate searches find what is applied, and nobody has to ask`() async throws {
        let server = try await Server.pulling()
        await server.refuses(
            "PUT", "/i", server.settings(#""refresh":"now""#), 400, "illegal_argument_exception",
            "Invalid value for index.ingestion_source.refresh [now]. Valid values are [interval, immediate]")
        await server.expect("PUT", "/i", server.settings(), 200)
        await server.expect("PUT", "/i/_settings", #"{"index.refresh_interval":"-1"}"#, 200)
        try server.feed(#"{"_source":{}}"#)
        try await server.wait { $0.committed == 1 }
        #expect(await server.count() == 0)
        await server.expect("PUT", "/i/_settings", #"{"index.ingestion_source.refresh":"immediate"}"#, 200)
        try server.feed(#"{"_source":{}}"#)
        try await server.wait { $0.committed == 2 }
        let deadline = ContinuousClock.now + .seconds(20)
        while await server.count() != 2, ContinuousClock.now < deadline { await Task.yield() }
        #expect(await server.count() == 2)
    }

    @Test func `dropped messages are listed, shown, tried again and purged`() async throws {
        let server = try await Server.pulling()
        await server.expect(
            "PUT", "/i",
            String(server.settings().dropLast())
                + #","mappings":{"dynamic":"strict","properties":{"n":{"type":"long"}}}}"#,
            200)
        for number in 0..<6 {
            try server.feed(#"{"_id":"\#(number)","_source":{"\#(number % 2 == 0 ? "n" : "m")":\#(number)}}"#)
        }
        try await server.ingested(6)
        #expect(await server.count() == 3)
        let page = await server.expect("GET", "/i/ingestion/_dead_letters?size=2", 200)
        #expect(page.hasPrefix(#"{"total":3,"size_in_bytes":"#), "\(page)")
        #expect(page.ranges(of: #""payload":"{\"_id\""#).count == 2, "\(page)")
        #expect(page.contains(#""pointer":"FileOffset{line=1}""#), "\(page)")
        #expect(page.contains(#""type":"strict_dynamic_mapping_exception""#), "\(page)")
        let after = Server.member("after", of: page)
        let rest = await server.expect("GET", "/i/ingestion/_dead_letters?size=2&after=\(after)", 200)
        let last = Server.member("id", of: rest)
        #expect(!rest.contains(#""after""#) && rest.contains("FileOffset{line=5}"), "\(rest)")
        let one = await server.expect("GET", "/i/ingestion/_dead_letters/\(last)", 200)
        #expect(
            one.hasPrefix(#"{"id":"\#(last)","shard":0,"partition":0,"pointer":"FileOffset{line=5}""#),
            "\(one)")
        await server.expect(
            "DELETE", "/i/ingestion/_dead_letters/\(last)", 200, #"{"acknowledged":true,"purged":1}"#)
        await server.expect("GET", "/i/ingestion/_dead_letters/\(last)", 404)
        await server.expect("PUT", "/i/_mapping", #"{"properties":{"m":{"type":"long"}}}"#, 200)
        await server.expect(
            "POST", "/i/ingestion/_dead_letters/_retry", #"{"ids":["\#(after)"]}"#, 200,
            #"{"settled":1,"failed":[]}"#)
        await server.expect(
            "POST", "/i/ingestion/_dead_letters/_retry", 200, #"{"settled":1,"failed":[]}"#)
        await server.expect("POST", "/i/_refresh", 200)
        #expect(await server.count() == 5)
        await server.expect(
            "DELETE", "/i/ingestion/_dead_letters", 200, #"{"acknowledged":true,"purged":0}"#)
        await server.expect("GET", "/i/ingestion/_dead_letters/x", 400)
    }

    @Test func `pointers are moved to either end without going on`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"_id":"1","_source":{}}"#, #"{"_id":"2","_source":{}}"#)
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.ingested(2)
        func reset(_ members: String) -> String { #"{"reset_settings":[{"shard":0,\#(members)}]}"# }
        await server.refuses(
            "POST", "/i/ingestion/_reset", 400, "illegal_argument_exception",
            "[reset_settings] has to say which shard is to go on where")
        await server.expect(
            "POST", "/i/ingestion/_reset", reset(#""mode":"earliest""#), 200,
            #"{"acknowledged":true,"shards_acknowledged":false,"failures":{"i":[{"shard":0,"error":"Cannot reset consumer when poller is not paused"}]}}"#
        )
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        await server.expect(
            "POST", "/i/ingestion/_reset", reset(#""mode":"earliest""#), 200,
            #"{"acknowledged":true,"shards_acknowledged":true,"resets":{"i":[{"shard":0,"partition":0,"old_pointer":"FileOffset{line=2}","new_pointer":"FileOffset{line=0}","old_value":"2","new_value":"0"}]}}"#
        )
        let state = try server.ingestion().state
        #expect(state.phase == .paused && state.committed == 0)
        let latest = await server.expect(
            "POST", "/i/ingestion/_reset?allow_skip", reset(#""mode":"LATEST","partition":0"#), 200)
        #expect(latest.contains(#""old_value":"0","new_value":"2""#), "\(latest)")
        let shown = await server.expect("GET", "/i/ingestion/_state?verbose", 200)
        #expect(shown.contains(#""values":{"durable":"2","applied":"2","fetched":"2"}"#), "\(shown)")
        #expect(shown.contains(#""queued_bytes":0"#), "\(shown)")
        let other = await server.expect(
            "POST", "/i/ingestion/_reset", reset(#""mode":"earliest","partition":7"#), 200)
        #expect(other.contains("does not read a partition [7]"), "\(other)")
        for (members, reason) in [
            (#""mode":"earliest","value":"1""#, "the mode [EARLIEST] of ResetSettings takes no [value]"),
            (#""mode":"earliest","partition":-1"#, "'partition' must be a number from 0"),
        ] {
            await server.refuses(
                "POST", "/i/ingestion/_reset", reset(members), 400, "illegal_argument_exception", reason)
        }
    }

    @Test func `a point in time says how far the stream is in it`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"_source":{}}"#, #"{"_source":{}}"#)
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.ingested(2)
        let id = await server.openPointInTime()
        try server.feed(#"{"_source":{}}"#)
        let found = await server.expect(
            "GET", "/i/_search?wait_for_pointer=3&filter_path=hits.total.value", 200)
        #expect(found == #"{"hits":{"total":{"value":3}}}"#)
        let shown = await server.expect("GET", "/_search/point_in_time/\(id)", 200)
        #expect(
            shown.contains(
                #""ingestion_positions":[{"partition":0,"pointer":"FileOffset{line=2}","epoch":0}]"#),
            "\(shown)")
        #expect(await server.count(pit: id) == 2)
        await server.refuses(
            "GET", "/i/_search?wait_for_pointer=9:1", 400, "illegal_argument_exception",
            "[wait_for_pointer] [9:1] names 0 partitions: name one, as in 0:17")
        await server.refuses(
            "GET", "/_search?wait_for_pointer=1", 400, "illegal_argument_exception",
            "[wait_for_pointer] needs the one index that is searched")
    }

    @Test func `a point in time is opened exactly at a pointer`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(shards: 2), 200)
        let place = "/i/_search/point_in_time?keep_alive=1h"
        async let opening = server.expect("POST", place + "&at_pointer=0:3,1:1", 200)
        try await server.wait { $0.limit == 3 }
        for number in 0..<5 { try server.feed(#"{"_id":"\#(number)","_source":{}}"#) }
        try await server.wait(shard: 1) { $0.limit == 1 }
        for number in 5..<10 { try server.feed(#"{"_id":"\#(number)","_source":{}}"#, shard: 1) }
        let id = Server.member("pit_id", of: await opening)
        try await server.ingested(5)
        try await server.ingested(5, shard: 1)
        #expect(await server.count(pit: id) == 4)
        #expect(await server.count() == 10)
        let shown = await server.expect("GET", "/_search/point_in_time/\(id)", 200)
        for line in [3, 1] {
            #expect(
                shown.contains(
                    #""ingestion_positions":[{"partition":\#(line == 3 ? 0 : 1),"pointer":"FileOffset{line=\#(line)}""#
                ),
                "\(shown)")
        }
        await server.refuses(
            "POST", place + "&at_pointer=0:2", 400, "illegal_argument_exception",
            "partition [0]: ingestion has passed pointer 2 already: it is at 5")
        await server.refuses(
            "POST", place + "&at_pointer=0:9,0:10", 400, "illegal_argument_exception",
            "[at_pointer] [0:9,0:10] names partition [0] twice")
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        await server.refuses(
            "POST", place + "&at_pointer=1:9", 429, "rejected_execution_exception",
            "partition [1]: ingestion is paused before pointer 9")
        #expect(try server.ingestion().partitions.allSatisfy { $0.limit == nil })
    }

    @Test func `statistics are printed in OpenSearch's order`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"_source":{}}"#, "no JSON")
        await server.expect("PUT", "/i", server.settings(), 200)
        await server.expect("PUT", "/plain", 200)
        try await server.ingested(2)
        let wanted =
            #""polling_ingest_stats":{"message_processor_stats":{"total_processed_count":1,"total_invalid_message_count":0,"total_version_conflicts_count":0,"total_failed_count":0,"total_failures_dropped_count":0,"total_processor_thread_interrupt_count":0},"consumer_stats":{"total_polled_count":2,"total_consumer_error_count":0,"total_poller_message_failure_count":1,"total_poller_message_dropped_count":1,"total_duplicate_message_skipped_count":0,"lag_in_millis":0,"pointer_based_lag":0},"pipeline_stats":{"total_execution_count":0,"total_execution_time_in_millis":0,"total_failed_count":0,"total_dropped_count":0,"total_timeout_count":0}}"#
        for path in ["/_nodes/stats/indices?level=shards", "/i/_stats?level=shards", "/_stats?level=shards"] {
            let text = await server.expect("GET", path, 200)
            #expect(text.ranges(of: wanted).count == 1, "\(path): \(text)")
        }
        let metrics = await server.send("GET", "/_prometheus/metrics").text
        for line in [
            #"varve_ingestion_messages_total{index="i",shard="0",partition="0",outcome="applied"} 1"#,
            #"varve_ingestion_messages_total{index="i",shard="0",partition="0",outcome="dropped"} 1"#,
            #"varve_ingestion_dead_letters{index="i"} 1"#,
            #"varve_ingestion_lag{index="i",shard="0",partition="0",stage="durable"} 0"#,
        ] { #expect(metrics.contains(line + "\n"), "\(line)") }
    }

    @Test func `reads wait until an index is warm`() async throws {
        let source = MemorySource()
        for number in 0..<500 { source.append(#"{"_source":{"n":\#(number)}}"#) }
        let server = try await Server.pulling([source])
        await server.expect(
            "PUT", "/i", Server.memorySettings(#""warmup":{"timeout":"10m","lag_threshold":0}"#), 200)
        await server.expect("POST", "/i/_refresh", 200)
        let text = await server.expect("GET", "/i/_search?size=0&filter_path=_shards.failed", 200)
        #expect(text == #"{"_shards":{"failed":0}}"#)
        #expect(try server.ingestion().state.lag.applied == 0)
        let state = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(!state.contains("WARMING_UP"))
    }

    @Test func `an index whose source has failed is there and says why`() async throws {
        let server = try await Server(sources: { _ in
            var sources = SourceRegistry()
            sources.register("memory") { _, _ in throw StreamSourceError("nobody answers", isTransient: true)
            }
            return sources
        })
        await server.expect("PUT", "/i", Server.memorySettings(), 200)
        await server.expect(
            "GET", "/i/ingestion/_state", 200,
            #"{"_shards":{"total":1,"successful":1,"failed":0},"ingestion_state":{"i":[\#(server.state("NONE", ""))]}}"#
        )
        let text = await server.expect("GET", "/i/ingestion/_state?verbose", 200)
        #expect(text.contains(#""source_failure":{"error":"nobody answers""#), "\(text)")
        await server.expect("POST", "/i/ingestion/_pause", 200, Server.allDone)
        await server.expect("DELETE", "/i", 200)
    }

    @Test func `rights are those of OpenSearch`() async throws {
        let secured = try await SecuredServer([
            (["i"], ["indices:admin/ingestion/pause", "indices:monitor/ingestion/state"])
        ])
        #expect(await secured.send("root", "PUT", "/i").status == 200)
        #expect(await secured.send("u", "GET", "/i/ingestion/_state").status == 200)
        #expect(await secured.send("u", "POST", "/i/ingestion/_pause").status == 200)
        #expect(await secured.send("u", "POST", "/i/ingestion/_resume").status == 403)
        #expect(await secured.send("u", "GET", "/i/ingestion/_dead_letters").status == 403)
        #expect(await secured.send("u", "POST", "/i/ingestion/_skip").status == 403)
    }
}

import Testing
import Varve
import VarveBytes
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `Ingestion vectors 9 and 14: state` {
    @Test func `Ingestion vector 9: pages of shards`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(shards: 3), 200)
        for shard in 0..<3 { try await server.wait(shard: shard) { $0.phase == .polling } }
        let states = (0..<3).map { server.state("POLLING", "FileOffset{line=0}", shard: $0) }
        await server.expect(
            "GET", "/i/ingestion/_state", 200,
            #"{"_shards":{"total":3,"successful":3,"failed":0},"ingestion_state":{"i":[\#(states.joined(separator: ","))]}}"#
        )
        var token = ""
        for shard in 0..<3 {
            let text = await server.expect("GET", "/i/ingestion/_state?size=1\(token)", 200)
            #expect(text.contains(#""ingestion_state":{"i":[\#(states[shard])]}}"#), "\(text)")
            #expect(text.contains("next_page_token") == (shard < 2), "\(text)")
            token = "&next_token=" + Server.member("next_page_token", of: text)
        }
        await server.expect(
            "GET", "/i/ingestion/_state?shards=0,2", 200,
            #"{"_shards":{"total":2,"successful":2,"failed":0},"ingestion_state":{"i":[\#(states[0]),\#(states[2])]}}"#
        )
        for (query, type, reason) in [
            ("size=0", "illegal_argument_exception", "size must be greater than zero"),
            ("sort=up", "illegal_argument_exception", "value of sort can either be asc or desc"),
            (
                "next_token=x%21", "parse_exception",
                "Parameter [next_token] has been tainted and is incorrect. Please provide a valid [next_token]."
            ),
            ("shards=a", "number_format_exception", "For input string: \"a\""),
        ] { await server.refuses("GET", "/i/ingestion/_state?\(query)", 400, type, reason) }
        await server.expect(
            "GET", "/nomatch*/ingestion/_state", 200,
            #"{"_shards":{"total":0,"successful":0,"failed":0},"ingestion_state":{}}"#)
        await server.expect("PUT", "/plain", 200)
        await server.expect(
            "GET", "/plain/ingestion/_state", 200,
            #"{"_shards":{"total":1,"successful":0,"failed":1,"failures":[{"shard":0,"index":"plain","status":"BAD_REQUEST","reason":{"type":"illegal_argument_exception","reason":"index [plain] has no ingestion source"}}]},"ingestion_state":{}}"#
        )
    }

    @Test(arguments: UInt64(0)..<8) func `pages hold every shard once, whatever comes and goes`(seed: UInt64)
        throws
    {
        var random = SplitMix64(seed: seed)
        func place() -> StatePage.Place {
            let time = Int64(random.next() % 6)
            let name = ["a", "b|c", "ü"][Int(random.next() % 3)]
            return StatePage.Place(createdAt: time, index: "\(name)-\(time)", shard: Int(random.next() % 5))
        }
        for isDescending in [false, true] {
            var all = Set((0..<30).map { _ in place() })
            let first = all
            var seen: [StatePage.Place] = []
            var token: String?
            var removed: Set<StatePage.Place> = []
            repeat {
                let page = try StatePage(
                    Array(all), size: 1 + Int(random.next() % 4), after: token, isDescending: isDescending)
                #expect(!page.places.isEmpty)
                seen += page.places
                token = page.next
                // Something goes, perhaps the very place that the token names.
                if let gone = page.places.last, random.next() % 2 == 0 {
                    all.remove(gone)
                    removed.insert(gone)
                }
            } while token != nil
            #expect(seen.count == Set(seen).count)
            #expect(Set(seen) == first)
            let order = seen.map { ($0.createdAt, $0.index) }
            for (left, right) in zip(order, order.dropFirst()) {
                #expect(isDescending ? left >= right : left <= right)
            }
        }
    }

    @Test func `Ingestion vector 14: pointers as they are shown`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"_source":{}}"#, #"{"_source":{}}"#)
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.ingested(2)
        let state = await server.expect("GET", "/i/ingestion/_state", 200)
        #expect(state.contains(#""batch_start_pointer":"FileOffset{line=2}""#), "\(state)")
        let big = try #require(
            StreamPointer(decimal: "49590338271490256608559692538361571095921575989136588898"))
        #expect(big > StreamPointer(.max))
        #expect(StreamPointer(decimal: "18446744073709551616") == StreamPointer(high: 0, middle: 1, low: 0))
        #expect(StreamPointer(decimal: String(repeating: "9", count: 58)) == nil)
        #expect(StreamPointer(decimal: "") == nil && StreamPointer(decimal: "-1") == nil)
    }

    @Test func `verbose tells what keeps a shard and how far behind it is`() async throws {
        let server = try await Server.pulling()
        try server.feed(#"{"_source":{}}"#, "{broken")
        await server.expect("PUT", "/i", server.settings(#""error_strategy":"block""#), 200)
        try await server.wait { $0.phase == .paused }
        let text = await server.expect("GET", "/i/ingestion/_state?verbose", 200)
        #expect(
            text.contains(
                #""dead_letters":{"count":0,"size_in_bytes":0,"evicted":0},"unread_partitions":[],"partitions":[{"partition":0,"phase":"paused""#
            ), "\(text)"
        )
        #expect(
            text.contains(#""blocked":{"pointer":"FileOffset{line=1}","place":"line 2, at byte"#), "\(text)")
        #expect(text.contains(#""attempts":1,"is_permanent":true"#), "\(text)")
        #expect(text.contains(#""lag":{"fetched":"#), "\(text)")
    }
}

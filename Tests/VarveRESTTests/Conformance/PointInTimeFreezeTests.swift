import Testing
import Varve
import VarveEngine

@testable import VarveREST

@Suite struct `Conformance 6: what is written later is not seen` {
    @Test func `updates, deletions, merges and new fields change no byte`() async throws {
        let server = try await Server()
        await server.fill("i", 20, #"{"settings":{"number_of_shards":2}}"#)
        let id = await server.openPointInTime()
        let search =
            #"{"pit":{"id":"\#(id)"},"size":50,"version":true,"seq_no_primary_term":true,"sort":[{"n":"desc"},"_shard_doc"]}"#
        let before = await server.expect("POST", "/_search", search, 200)
        for number in 1...10 { await server.expect("PUT", "/i/_doc/\(number)", #"{"n":-1,"m":"x"}"#, 200) }
        for number in 11...15 { await server.expect("DELETE", "/i/_doc/\(number)", 200) }
        await server.expect("POST", "/i/_refresh", 200)
        await server.expect("POST", "/i/_flush", 200)
        await server.expect("POST", "/i/_forcemerge?max_num_segments=1", 200)
        #expect(await server.expect("POST", "/_search", search, 200) == before)
        let again = try await server.reopened()
        #expect(await again.expect("POST", "/_search", search, 200) == before)
    }

    @Test func `what is not refreshed is not in it, unless that is asked for`() async throws {
        let server = try await Server()
        await server.fill("i", 1, #"{"settings":{"number_of_shards":2}}"#)
        await server.expect("PUT", "/i/_doc/2", #"{"n":2}"#, 201)
        #expect(await server.count(pit: await server.openPointInTime()) == 1)
        #expect(await server.count(pit: await server.openPointInTime("i", "&refresh=true")) == 2)
    }

    @Test func `routing and preference choose shards`() async throws {
        let server = try await Server()
        await server.fill("i", 40, #"{"settings":{"number_of_shards":4}}"#)
        var sum = 0
        for shard in 0..<4 {
            let id = await server.openPointInTime("i", "&preference=_shards:\(shard)")
            sum += await server.count(pit: id) ?? 0
        }
        #expect(sum == 40)
        let routed = await server.expect("POST", "/i/_search/point_in_time?keep_alive=1m&routing=a", 200)
        #expect(routed.contains(#""_shards":{"total":1,"successful":1"#))
        let count = await server.count(pit: Server.member("pit_id", of: routed)) ?? 0
        #expect(count > 0 && count < 40)
    }

    @Test func `the filter of an alias is frozen`() async throws {
        let server = try await Server()
        await server.fill("i", 9)
        await server.expect(
            "PUT", "/i/_alias/small", #"{"filter":{"range":{"n":{"lte":3}}}}"#, 200)
        let filtered = await server.openPointInTime("small")
        let both = await server.openPointInTime("small,i")
        await server.expect("PUT", "/i/_alias/small", #"{"filter":{"term":{"n":9}}}"#, 200)
        #expect(await server.count(pit: filtered) == 3)
        #expect(await server.count(pit: both) == 9)
        let again = try await server.reopened()
        #expect(await again.count(pit: filtered) == 3)
        await again.expect(
            "GET", "/i/_doc/9?pit=\(filtered)", 404, #"{"_index":"i","_id":"9","found":false}"#)
    }

    @Test func `a document is read as it was`() async throws {
        let server = try await Server()
        await server.fill("i", 3)
        let id = await server.openPointInTime()
        await server.expect("PUT", "/i/_doc/1", #"{"n":100}"#, 200)
        await server.expect("DELETE", "/i/_doc/2", 200)
        await server.expect(
            "GET", "/i/_doc/1?pit=\(id)", 200,
            #"{"_index":"i","_id":"1","_version":1,"_seq_no":0,"_primary_term":1,"found":true,"_source":{"n":1}}"#
        )
        await server.expect("GET", "/i/_source/2?pit=\(id)", 200, #"{"n":2}"#)
        await server.expect(
            "POST", "/i/_mget?pit=\(id)&filter_path=docs._source,docs.found", #"{"ids":["1","2","9"]}"#, 200,
            #"{"docs":[{"found":true,"_source":{"n":1}},{"found":true,"_source":{"n":2}},{"found":false}]}"#)
        await server.refuses(
            "GET", "/i/_doc/1?pit=\(id)&routing=a", 400, "action_request_validation_exception",
            "Validation Failed: 1: [routing] cannot be used with point in time;")
    }
}

@Suite struct `Conformance 7: an index goes` {
    @Test func `deleted, by default it takes its points in time along`() async throws {
        let server = try await Server()
        await server.fill("i", 2)
        await server.fill("j", 3)
        let id = await server.openPointInTime("i,j")
        await server.expect("DELETE", "/j", 200)
        let gone =
            #""type":"index_not_found_exception","reason":"no such index [j]","index":"j","resource.id":"j","resource.type":"index_or_alias","index_uuid":"_na_""#
        let body = #"{"error":{"root_cause":[{\#(gone)}],\#(gone)},"status":404}"#
        await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404, body)
        // Another index of the same name is another index.
        await server.fill("j", 1)
        let again = try await server.reopened()
        await again.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404, body)
    }

    @Test func `closed and opened again, what was held of it is lost`() async throws {
        let first = try await Server()
        await first.fill("i", 2)
        await first.fill("j", 3)
        let id = await first.openPointInTime("j")
        let both = await first.openPointInTime("i,j")
        await first.expect(
            "POST", "/j/_close", 200,
            #"{"acknowledged":true,"shards_acknowledged":true,"indices":{"j":{"closed":true}}}"#)
        for isReopened in [false, true] {
            let server = isReopened ? try await reopenedAfterOpening(first) : first
            let text = await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404)
            #expect(
                text.contains(
                    #""type":"search_phase_execution_exception","reason":"all shards failed","phase":"query","grouped":true,"failed_shards":[{"shard":0,"index":"j""#
                ))
            #expect(
                text.contains(
                    #""type":"search_context_missing_exception","reason":"No search context found for id ["#))
            let rest = await server.expect("POST", "/_search", #"{"pit":{"id":"\#(both)"},"size":0}"#, 200)
            #expect(
                rest.contains(#""_shards":{"total":2,"successful":1,"skipped":0,"failed":1,"failures":["#))
            #expect(rest.contains(#""total":{"value":2,"relation":"eq"}"#))
        }
    }

    private func reopenedAfterOpening(_ server: Server) async throws -> Server {
        await server.expect("POST", "/j/_open", 200, #"{"acknowledged":true,"shards_acknowledged":true}"#)
        return try await server.reopened()
    }

    @Test func `deleted and kept, its data lives as long as the point in time`() async throws {
        let server = try await Server()
        await server.fill("i", 2)
        await server.fill("j", 3)
        let id = await server.openPointInTime("i,j", "&on_index_delete=keep")
        await server.expect("DELETE", "/j", 200)
        #expect(await server.count(pit: id) == 5)
        #expect(await server.send("HEAD", "/j").status == 404)
        await server.fill("j", 1)
        #expect(await server.count(pit: id) == 5)
        let again = try await server.reopened()
        #expect(await again.count(pit: id) == 5)
        let page = await again.expect(
            "POST", "/_search?filter_path=hits.hits._index",
            #"{"pit":{"id":"\#(id)"},"sort":["_shard_doc"]}"#, 200)
        #expect(
            page
                == #"{"hits":{"hits":[{"_index":"i"},{"_index":"i"},{"_index":"j"},{"_index":"j"},{"_index":"j"}]}}"#
        )
        await again.expect("DELETE", "/_search/point_in_time/_all", 200)
        again.store.engine.releaseHeld()
        #expect(again.store.engine.heldCount == 0)
        let last = try await again.reopened()
        await last.expect("GET", "/_cat/indices?h=index,docs.count&s=index", 200, "i 2\nj 1\n")
    }

    @Test func `deleted and dropped, the others are searched`() async throws {
        let server = try await Server()
        await server.fill("i", 2)
        await server.fill("j", 3)
        let id = await server.openPointInTime("i,j", "&on_index_delete=drop")
        await server.expect("DELETE", "/j", 200)
        #expect(await server.count(pit: id) == 2)
        let again = try await server.reopened()
        #expect(await again.count(pit: id) == 2)
        await again.expect("DELETE", "/i", 200)
        #expect(await again.count(pit: id) == 0)
        let text = await again.expect(
            "GET", "/_search/point_in_time/\(id)?filter_path=shards.index,shards.state", 200)
        #expect(text == #"{"shards":[{"index":"i","state":"deleted"},{"index":"j","state":"deleted"}]}"#)
    }
}

@Suite struct `Conformance 8: ids that are gone and ids that are none` {
    @Test func `a deleted id is unknown to searches and deleted again`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let id = await server.openPointInTime()
        let done = #"{"pits":[{"successful":true,"pit_id":"\#(id)"}]}"#
        await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(id)","\#(id)"]}"#, 200, done)
        let gone = await server.expect("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, 404)
        #expect(
            gone.contains(
                #""type":"search_context_missing_exception","reason":"No search context found for id ["#))
        await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":"\#(id)"}"#, 200, done)
        await server.expect("GET", "/_cat/pit_segments?format=json", #"{"pit_id":"\#(id)"}"#, 200, "[]")
        await server.refuses(
            "POST", "/_search", #"{"pit":{"id":"\#(id)x"}}"#, 400, "illegal_argument_exception",
            "invalid id: [\(id)x]")
        await server.refuses(
            "DELETE", "/_search/point_in_time", #"{"pit_id":"nonsense"}"#, 400, "illegal_argument_exception",
            "invalid id: [nonsense]")
    }

    @Test func `one malformed id keeps the others open`() async throws {
        let server = try await Server()
        await server.fill("i", 1)
        let id = await server.openPointInTime()
        await server.expect("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(id)","x"]}"#, 400)
        #expect(await server.count(pit: id) == 1)
    }
}

import Testing
import Varve
import VarveIngest
import VarveSimulation

@testable import VarveREST

@Suite struct `A stream that is handed over` {
    @Test func `index after index takes each message once, whatever dies between two steps`() async throws {
        var server = try await Server.pulling()
        var random = SplitMix64(seed: 24)
        let (rounds, lines) = (12, 100)
        func reopen() async throws {
            if random.chance(1, in: 2) { server = try await server.reopened() }
        }
        await server.expect("PUT", "/i0", server.settings(#""generated_ids":"random""#), 200)
        for round in 0..<rounds {
            try server.feed(
                (0..<lines).map { #"{"_source":{"n":\#(round * lines + $0)}}"# }.joined(separator: "\n"))
            try await reopen()
            // Wherever it has got to.
            try await server.wait("i\(round)") { state in
                state.phase == .paused
                    || (state.committed.map { $0 >= StreamPointer(UInt64(round * lines)) } ?? false)
            }
            await server.expect("POST", "/i\(round)/ingestion/_pause?wait_for=durable", 200, Server.allDone)
            try await reopen()
            await server.expect(
                "PUT", "/i\(round + 1)",
                server.settings(#""generated_ids":"random","continues":"i\#(round)""#, reset: "latest"), 200)
            try await reopen()
        }
        try await server.wait("i\(rounds)") { $0.committed == StreamPointer(UInt64(rounds * lines)) }
        await server.expect("POST", "/_refresh", 200)
        #expect(await server.count("i*") == rounds * lines)
        let numbers = await server.expect(
            "GET", "/i*/_search?size=0&filter_path=aggregations",
            #"{"aggs":{"n":{"cardinality":{"field":"n"}}}}"#,
            200)
        #expect(numbers == #"{"aggregations":{"n":{"value":\#(rounds * lines)}}}"#)
    }

    @Test func `only what is paused and reads the same stream is handed over`() async throws {
        let server = try await Server.pulling()
        await server.expect("PUT", "/i", server.settings(), 200)
        try await server.wait { $0.phase == .polling }
        func refuses(_ settings: String, _ reason: String) async {
            await server.refuses("PUT", "/j", settings, 400, "illegal_argument_exception", reason)
        }
        let key = "index.ingestion_source.continues"
        await refuses(
            server.settings(#""continues":"i""#), "\(key) [i] is not paused: partition [0] is polling")
        await refuses(
            server.settings(#""continues":"none""#), "\(key) [none] is no open index with an ingestion source"
        )
        await server.expect("POST", "/i/ingestion/_pause?wait_for=durable", 200, Server.allDone)
        await refuses(
            server.settings(#""continues":"i""#).replacing(#""stream":"s""#, with: #""stream":"other""#),
            "\(key) [i] has another source: type and parameters must be the same")
        await server.expect("PUT", "/j", server.settings(#""continues":"i""#), 200)
        try await server.wait("j") { $0.phase == .polling && $0.committed == 0 }
    }
}

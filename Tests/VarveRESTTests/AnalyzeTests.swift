import Testing
import VarveREST

@Suite struct `Analysis over REST` {
    private func mapped() async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"mappings":{"properties":{"s":{"type":"text","analyzer":"whitespace","search_analyzer":"simple"},"t":{"type":"text"},"k":{"type":"keyword","normalizer":"lowercase"},"n":{"type":"long"}}}}"#,
            200)
        return server
    }

    @Test func `tokens have their places in UTF-16`() async throws {
        let server = try await mapped()
        await server.expect(
            "GET", "/_analyze", #"{"analyzer":"standard","text":["É 3.14 🚲","日x"]}"#, 200,
            #"{"tokens":[{"token":"é","start_offset":0,"end_offset":1,"type":"<ALPHANUM>","position":0},{"token":"3.14","start_offset":2,"end_offset":6,"type":"<NUM>","position":1},{"token":"🚲","start_offset":7,"end_offset":9,"type":"<EMOJI>","position":2},{"token":"日","start_offset":10,"end_offset":11,"type":"<IDEOGRAPHIC>","position":103},{"token":"x","start_offset":11,"end_offset":12,"type":"<ALPHANUM>","position":104}]}"#
        )
        await server.expect(
            "POST", "/i/_analyze", #"{"field":"s","text":"It's OK"}"#, 200,
            #"{"tokens":[{"token":"It's","start_offset":0,"end_offset":4,"type":"word","position":0},{"token":"OK","start_offset":5,"end_offset":7,"type":"word","position":1}]}"#
        )
        await server.expect(
            "POST", "/i/_analyze", #"{"field":"k","text":"It's OK"}"#, 200,
            #"{"tokens":[{"token":"it's ok","start_offset":0,"end_offset":7,"type":"word","position":0}]}"#)
    }

    @Test func `what is wrong with an analysis is said`() async throws {
        let server = try await mapped()
        let type = "illegal_argument_exception"
        await server.refuses(
            "GET", "/_analyze", #"{"analyzer":"french","text":"x"}"#, 400, type,
            "failed to find global analyzer [french]")
        await server.refuses(
            "GET", "/i/_analyze", #"{"analyzer":"french","text":"x"}"#, 400, type,
            "failed to find analyzer [french]")
        await server.refuses(
            "GET", "/_analyze", #"{"field":"t","text":"x"}"#, 400, type,
            "analysis based on a specific field requires an index")
        await server.refuses(
            "GET", "/i/_analyze", #"{"field":"n","text":"x"}"#, 400, type,
            "Can't process field [n], Analysis requests are only supported on tokenized fields")
        await server.refuses(
            "GET", "/_analyze", #"{"analyzer":"standard"}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: text is missing;")
        await server.refuses(
            "GET", "/_analyze", #"{"tokenizer":"standard","text":"x"}"#, 400, type,
            "[tokenizer] of an analysis is not supported")
    }

    @Test func `a mapping keeps its analyzers and refuses others`() async throws {
        let server = try await mapped()
        let found = await server.expect("GET", "/i/_mapping", "", 200)
        #expect(
            found
                == #"{"i":{"mappings":{"properties":{"k":{"type":"keyword","normalizer":"lowercase"},"n":{"type":"long"},"s":{"type":"text","analyzer":"whitespace","search_analyzer":"simple"},"t":{"type":"text"}}}}}"#
        )
        for field in [
            #"{"type":"text","analyzer":"french"}"#, #"{"type":"keyword","normalizer":"french"}"#,
            #"{"type":"keyword","analyzer":"simple"}"#, #"{"type":"text","normalizer":"lowercase"}"#,
        ] {
            await server.expect("PUT", "/j", #"{"mappings":{"properties":{"f":\#(field)}}}"#, 400)
        }
    }

    @Test func `fields are analyzed as their mapping says`() async throws {
        let server = try await mapped()
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"s":"Quick FOX","k":"Oslo"}"#, 201)
        for (query, count) in [
            (#"{"term":{"k":"OSLO"}}"#, 1), (#"{"terms":{"k":["oslo"]}}"#, 1), (#"{"prefix":{"k":"OS"}}"#, 1),
            (#"{"wildcard":{"k":"O*O"}}"#, 1), (#"{"match":{"s":"FOX"}}"#, 0), (#"{"term":{"s":"FOX"}}"#, 1),
            (#"{"term":{"s":"fox"}}"#, 0),
        ] {
            let found = await server.expect(
                "GET", "/i/_count?filter_path=count", #"{"query":\#(query)}"#, 200)
            #expect(found == #"{"count":\#(count)}"#, "\(query)")
        }
    }
}

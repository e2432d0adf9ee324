import Testing
import VarveREST

@Suite struct `Scores over REST` {
    private func filled() async throws -> Server {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"mappings":{"properties":{"k":{"type":"keyword"},"n":{"type":"long"},"t":{"type":"text"},"u":{"type":"text"}}}}"#,
            200)
        let texts = [
            ("a", "the quick brown fox", "fox"), ("b", "quick quick fox", "x"),
            ("a", "brown fox jumps over the lazy dog", "quick"), ("c", "lazy dog", "quick fox"),
        ]
        for (number, (key, text, other)) in texts.enumerated() {
            await server.expect(
                "PUT", "/i/_doc/\(number + 1)?refresh=true",
                #"{"k":"\#(key)","n":\#(number),"t":"\#(text)","u":"\#(other)"}"#, 201)
        }
        return server
    }

    /// `id:score` of each hit, with four digits.
    private func scores(_ server: Server, _ query: String, _ rest: String = "") async -> String {
        let text = await server.expect(
            "POST", "/i/_search?filter_path=hits.hits._id,hits.hits._score&_source=false",
            #"{"query":\#(query)\#(rest)}"#, 200)
        return text.split(separator: "{").compactMap { part -> String? in
            guard part.contains("_id") else { return nil }
            let sides = part.split(separator: ",")
            let id = sides[0].split(separator: "\"").last ?? ""
            let score = sides[1].split(separator: ":")[1].prefix { $0 != "}" }
            guard let number = Double(score) else { return "\(id):\(score)" }
            return "\(id):\((number * 10_000).rounded() / 10_000)"
        }.joined(separator: " ")
    }

    @Test(arguments: [
        (#"{"match_all":{}}"#, "1:1.0 2:1.0 3:1.0 4:1.0"),
        (#"{"match_all":{"boost":1.5}}"#, "1:1.5 2:1.5 3:1.5 4:1.5"),
        (#"{"term":{"n":1}}"#, "2:1.0"), (#"{"terms":{"k":["a","c"],"boost":2}}"#, "1:2.0 3:2.0 4:2.0"),
        (#"{"term":{"k":"a"}}"#, "1:0.3151 3:0.3151"),
        (#"{"term":{"k":{"value":"c","boost":2}}}"#, "4:1.0945"),
        (#"{"term":{"k":{"value":"A","case_insensitive":true}}}"#, "1:1.0 3:1.0"),
        (#"{"bool":{"filter":[{"term":{"k":"a"}}]}}"#, "1:0.0 3:0.0"),
        (#"{"bool":{"must_not":[{"term":{"k":"a"}}]}}"#, "2:0.0 4:0.0"),
        (#"{"bool":{}}"#, "1:1.0 2:1.0 3:1.0 4:1.0"),
        (#"{"constant_score":{"filter":{"match":{"t":"fox"}},"boost":3}}"#, "1:3.0 2:3.0 3:3.0"),
        (#"{"prefix":{"t":{"value":"QUI","case_insensitive":true}}}"#, "1:1.0 2:1.0"),
        (#"{"wildcard":{"t":{"value":"*U?CK","case_insensitive":true}}}"#, "1:1.0 2:1.0"),
        (#"{"regexp":{"t":"[bd]o.*|lazy"}}"#, "3:1.0 4:1.0"),
        (#"{"regexp":{"k":{"value":"A|c","case_insensitive":true,"flags":"ALL"}}}"#, "1:1.0 3:1.0 4:1.0"),
        (#"{"match":{"t":{"query":"","zero_terms_query":"all"}}}"#, "1:1.0 2:1.0 3:1.0 4:1.0"),
        (#"{"match":{"t":"..."}}"#, ""), (#"{"match":{"n":{"query":"x","lenient":true}}}"#, ""),
        (#"{"match_phrase":{"k":"b"}}"#, "2:0.5473"), (#"{"match_phrase":{"nope":"b"}}"#, ""),
        (
            #"{"dis_max":{"queries":[{"term":{"n":0}},{"constant_score":{"filter":{"term":{"k":"a"}},"boost":2}}],"tie_breaker":0.5}}"#,
            "1:2.5 3:2.0"
        ),
    ])
    func `are those of the kind of query`(query: String, expected: String) async throws {
        let server = try await filled()
        #expect(await scores(server, query) == expected, "\(query)")
    }

    @Test func `text is found by words, phrases and near words`() async throws {
        let server = try await filled()
        func ids(_ query: String) async -> String {
            await scores(server, query).split(separator: " ").map { $0.prefix { $0 != ":" } }
                .joined(separator: " ")
        }
        #expect(await ids(#"{"match":{"t":"quick fox"}}"#) == "2 1 3")
        #expect(await ids(#"{"match":{"t":{"query":"quick fox","operator":"and"}}}"#) == "2 1")
        #expect(
            await ids(#"{"match":{"t":{"query":"Brown Lazy the","minimum_should_match":"75%"}}}"#) == "3 1")
        #expect(await ids(#"{"match":{"t":{"query":"qiuck","fuzziness":"AUTO"}}}"#) == "2 1")
        #expect(
            await ids(#"{"match":{"t":{"query":"qiuck","fuzziness":1,"fuzzy_transpositions":false}}}"#) == "")
        #expect(await ids(#"{"match":{"t":{"query":"quick FOX","analyzer":"whitespace"}}}"#) == "2 1")
        #expect(await ids(#"{"match_phrase":{"t":"brown fox"}}"#) == "1 3")
        #expect(await ids(#"{"match_phrase":{"t":{"query":"quick fox","slop":1}}}"#) == "2 1")
        #expect(await ids(#"{"fuzzy":{"t":{"value":"lazi","fuzziness":1,"prefix_length":3}}}"#) == "4 3")
        #expect(await ids(#"{"multi_match":{"query":"quick fox","fields":["t","u^3"]}}"#) == "4 1 3 2")
        let most = #"{"multi_match":{"query":"quick","fields":["t","u"],"type":"most_fields"}}"#
        let sum = #"{"bool":{"should":[{"match":{"t":"quick"}},{"match":{"u":"quick"}}]}}"#
        #expect(await scores(server, most) == scores(server, sum))
        #expect(await ids(#"{"multi_match":{"query":"brown fox","fields":["t"],"type":"phrase"}}"#) == "1 3")
    }

    @Test func `are shown where they order, where they are asked for, and nowhere else`() async throws {
        let server = try await filled()
        let query = #"{"constant_score":{"filter":{"term":{"k":"a"}},"boost":2}}"#
        let path = "/i/_search?filter_path=hits.max_score,hits.hits._id,hits.hits._score,hits.hits.sort"
        func hits(_ rest: String) async -> String {
            await server.expect("POST", path, #"{"query":\#(query),"_source":false,\#(rest)}"#, 200)
        }
        #expect(
            await hits(#""size":1"#) == #"{"hits":{"max_score":2.0,"hits":[{"_id":"1","_score":2.0}]}}"#)
        #expect(
            await hits(#""size":1,"sort":["_score"]"#)
                == #"{"hits":{"max_score":2.0,"hits":[{"_id":"1","_score":2.0}]}}"#)
        #expect(
            await hits(#""size":1,"sort":[{"n":"desc"}]"#)
                == #"{"hits":{"max_score":null,"hits":[{"_id":"3","_score":null,"sort":[2]}]}}"#)
        #expect(
            await hits(#""size":1,"sort":[{"n":"desc"}],"track_scores":true"#)
                == #"{"hits":{"max_score":2.0,"hits":[{"_id":"3","_score":2.0,"sort":[2]}]}}"#)
        #expect(
            await hits(#""sort":[{"_score":"asc"},{"n":"desc"}],"search_after":[2.0,2]"#)
                == #"{"hits":{"max_score":2.0,"hits":[{"_id":"1","_score":2.0,"sort":[2.0,0]}]}}"#)
        #expect(await hits(#""min_score":2.5"#) == #"{"hits":{"max_score":null}}"#)
    }

    @Test func `of a point in time stay, whatever is written and merged`() async throws {
        let server = try await filled()
        let opened = await server.expect(
            "POST", "/i/_search/point_in_time?keep_alive=1m&filter_path=pit_id", "", 200)
        let id = String(opened.split(separator: "\"")[3])
        let search =
            #"{"pit":{"id":"\#(id)"},"_source":false,"query":{"bool":{"should":[{"match":{"t":"quick fox"}},{"term":{"k":"a"}}]}}}"#
        let path = "/_search?filter_path=hits"
        let before = await server.expect("POST", path, search, 200)
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"t":"fox fox","k":"z"}"#, 200)
        for number in 10..<30 {
            await server.expect("PUT", "/i/_doc/\(number)", #"{"t":"fox \#(number)","k":"a"}"#, 201)
        }
        await server.expect("POST", "/i/_refresh", "", 200)
        #expect(await server.expect("POST", path, search, 200) == before)
        await server.expect("DELETE", "/i/_doc/2?refresh=true", "", 200)
        await server.expect("POST", "/i/_flush", "", 200)
        await server.expect("POST", "/i/_forcemerge?max_num_segments=1", "", 200)
        #expect(await server.expect("POST", path, search, 200) == before)
    }

    @Test func `what is wrong with a query on text is said`() async throws {
        let server = try await filled()
        let type = "illegal_argument_exception"
        for (query, reason) in [
            (
                #"{"term":{"k":{"value":"a","boost":-1}}}"#,
                "negative [boost] are not allowed in [term], use a value between 0 and 1 to deboost"
            ),
            (#"{"match_phrase":{"t":{"query":"a b","slop":-1}}}"#, "No negative slop allowed."),
            (
                #"{"fuzzy":{"t":{"value":"a","fuzziness":3}}}"#,
                "Valid edit distances are [0, 1, 2] but was [3]"
            ),
            (#"{"match":{"t":{"query":"a","analyzer":"french"}}}"#, "[match] analyzer [french] not found"),
            (
                #"{"regexp":{"t":{"value":"a","flags":"NONE"}}}"#,
                "[regexp] query with [flags] of [NONE] is not supported"
            ),
            (
                #"{"multi_match":{"query":"a","fields":["t"],"type":"cross_fields"}}"#,
                "[multi_match] query with [type] of [cross_fields] is not supported"
            ),
        ] { await server.refuses("POST", "/i/_search", #"{"query":\#(query)}"#, 400, type, reason) }
        for query in [
            #"{"regexp":{"t":"(a|b)*a(a|b){20}"}}"#, #"{"regexp":{"t":"(((a{99}){99}){99}){99}"}}"#,
            #"{"regexp":{"t":"(a"}}"#,
            #"{"regexp":{"n":"1"}}"#, #"{"fuzzy":{"n":"1"}}"#, #"{"dis_max":{"queries":[]}}"#,
            #"{"match":{"t":{"query":"a","nope":1}}}"#, #"{"match":{"n":"x"}}"#,
        ] { await server.expect("POST", "/i/_search", #"{"query":\#(query)}"#, 400) }
        await server.expect(
            "POST", "/i/_search", #"{"min_score":1,"aggs":{"a":{"terms":{"field":"k"}}}}"#, 400)
    }
}

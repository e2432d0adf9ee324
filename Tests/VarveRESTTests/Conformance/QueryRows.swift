import Testing
import VarveREST

/// Section 9, row 14.
@Suite struct `Conformance 14: bounds of dates` {
    /// A document for each side of each edge.
    private static let dates = [
        "a": "2021-12-31T23:59:59.999Z", "b": "2022-01-01T00:00:00.000Z", "c": "2022-04-30T23:59:59.999Z",
        "d": "2022-05-01T00:00:00.000Z", "e": "2022-05-31T23:59:59.999Z", "f": "2022-06-01T00:00:00.000Z",
        "g": "2022-12-31T23:59:59.999Z", "h": "2023-01-01T00:00:00.000Z",
    ]

    private func server() async throws -> Server {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"properties":{"d":{"type":"date"}}}}"#, 200)
        for (id, date) in Self.dates.sorted(by: { $0.key < $1.key }) {
            await server.expect("PUT", "/i/_doc/\(id)?refresh=true", #"{"d":"\#(date)"}"#, 201)
        }
        return server
    }

    private func ids(_ server: Server, _ query: String) async -> String {
        let text = await server.expect(
            "POST", "/i/_search?sort=_id&filter_path=hits.hits._id", #"{"query":\#(query)}"#, 200)
        return text.matches(of: /"_id":"(.)"/).map { String($0.output.1) }.joined()
    }

    @Test func `round as each bound does`() async throws {
        let server = try await server()
        for (bound, value, found) in [
            ("gte", "2022", "bcdefgh"), ("gt", "2022", "h"), ("lte", "2022", "abcdefg"), ("lt", "2022", "a"),
            ("gte", "2022-05", "defgh"), ("gt", "2022-05", "fgh"), ("lte", "2022-05", "abcde"),
            ("lt", "2022-05", "abc"), ("gte", "2022-05-18||/M", "defgh"), ("gt", "2022-05-18||/M", "fgh"),
            ("lte", "2022-05-18||/M", "abcde"), ("lt", "2022-05-18||/M", "abc"), ("gte", "now/d", ""),
            ("gt", "now/d", ""), ("lte", "now/d", "abcdefgh"), ("lt", "now/d", "abcdefgh"),
        ] {
            let ids = await ids(server, #"{"range":{"d":{"\#(bound)":"\#(value)"}}}"#)
            #expect(ids == found, "\(bound) \(value)")
        }
        #expect(await ids(server, #"{"term":{"d":"2022-05"}}"#) == "de")
        #expect(await ids(server, #"{"range":{"d":{"gte":2022,"lt":"2023"}}}"#) == "bcdefg")
        #expect(await ids(server, #"{"range":{"d":{"gte":"2022-05-01","time_zone":"+01:00"}}}"#) == "cdefgh")
    }
}

/// Section 9, row 15.
@Suite struct `Conformance 15: how many of several clauses` {
    /// Document `i` holds the words 1 to `i`.
    private func server() async throws -> Server {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"properties":{"k":{"type":"keyword"}}}}"#, 200)
        for count in 0...5 {
            let words = (0..<count).map { "\"\($0 + 1)\"" }.joined(separator: ",")
            await server.expect("PUT", "/i/_doc/\(count)?refresh=true", #"{"k":[\#(words)]}"#, 201)
        }
        return server
    }

    private func least(_ server: Server, _ bool: String) async -> Int? {
        let text = await server.expect(
            "POST", "/i/_search?sort=_id&filter_path=hits.hits._id", #"{"query":{"bool":{\#(bool)}}}"#, 200)
        return text.matches(of: /"_id":"(.)"/).first.flatMap { Int($0.output.1) }
    }

    private func should(_ count: Int) -> String {
        #""should":["# + (1...count).map { #"{"term":{"k":"\#($0)"}}"# }.joined(separator: ",") + "]"
    }

    @Test func `are needed by default`() async throws {
        let server = try await server()
        #expect(await least(server, should(4)) == 1)
        #expect(await least(server, should(4) + #","must":{"match_all":{}}"#) == 0)
        #expect(await least(server, should(4) + #","filter":{"match_all":{}}"#) == 0)
        #expect(await least(server, should(4) + #","must_not":{"match_none":{}}"#) == 1)
    }

    @Test(arguments: [
        (4, "\"20%\"", 1), (5, "\"20%\"", 1), (4, "\"-20%\"", 4), (5, "\"-20%\"", 4), (4, "\"80%\"", 3),
        (5, "\"80%\"", 4), (4, "2", 2), (5, "-1", 4), (5, "\"3<90%\"", 4), (4, "\"2<-25% 9<-3\"", 3),
        (4, "9", nil),
    ]) func `are needed by a rule`(count: Int, rule: String, least: Int?) async throws {
        let server = try await server()
        let bool = should(count) + #","minimum_should_match":\#(rule),"filter":{"match_all":{}}"#
        // More than there are is all of them.
        let expected = least ?? count
        #expect(await self.least(server, bool) == expected)
    }
}

/// Section 9, row 17.
@Suite struct `Conformance 17: what documents add to a mapping` {
    private static let text = #"{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}}"#

    @Test(arguments: [
        ("null", nil), ("[]", nil), ("[null]", nil), ("true", #"{"type":"boolean"}"#),
        ("false", #"{"type":"boolean"}"#),
        ("5", #"{"type":"long"}"#), ("1.5", #"{"type":"float"}"#), ("1e3", #"{"type":"float"}"#),
        ("\"123\"", text), ("\"2020-01-01\"", #"{"type":"date"}"#),
        (
            "\"2020/01/01\"", #"{"type":"date","format":"yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"}"#
        ),
        ("\"word\"", text), ("[null,7,8]", #"{"type":"long"}"#),
        (
            #"{"a":1,"b":{"c":true}}"#,
            #"{"properties":{"a":{"type":"long"},"b":{"properties":{"c":{"type":"boolean"}}}}}"#
        ),
    ]) func `by each kind of value`(value: String, mapping: String?) async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"f":\#(value)}"#, 201)
        let properties = mapping.map { #"{"properties":{"f":\#($0)}}"# } ?? "{}"
        await server.expect("GET", "/i/_mapping", 200, #"{"i":{"mappings":\#(properties)}}"#)
    }

    @Test func `through a dotted name`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"a.b":1}"#, 201)
        await server.expect(
            "GET", "/i/_mapping", 200,
            #"{"i":{"mappings":{"properties":{"a":{"properties":{"b":{"type":"long"}}}}}}}"#)
    }

    @Test(arguments: [
        ("\"123\"", #"{"type":"long"}"#), ("\"1.5\"", #"{"type":"float"}"#), ("\"word\"", text),
    ]) func `by strings that spell numbers, if asked for`(value: String, mapping: String) async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"numeric_detection":true}}"#, 200)
        await server.expect("PUT", "/i/_doc/1", #"{"f":\#(value)}"#, 201)
        await server.expect(
            "GET", "/i/_mapping", 200,
            #"{"i":{"mappings":{"numeric_detection":true,"properties":{"f":\#(mapping)}}}}"#)
    }

    @Test func `but not by dates, if told so, nor against the mapping's will`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/plain", #"{"mappings":{"date_detection":false}}"#, 200)
        await server.expect("PUT", "/plain/_doc/1", #"{"f":"2020-01-01"}"#, 201)
        await server.expect(
            "GET", "/plain/_mapping", 200,
            #"{"plain":{"mappings":{"date_detection":false,"properties":{"f":\#(Self.text)}}}}"#)
        await server.expect("PUT", "/kept", #"{"mappings":{"dynamic":false}}"#, 200)
        await server.expect("PUT", "/kept/_doc/1", #"{"f":1}"#, 201)
        await server.expect("GET", "/kept/_mapping", 200, #"{"kept":{"mappings":{"dynamic":"false"}}}"#)
        await server.expect("PUT", "/strict", #"{"mappings":{"dynamic":"strict"}}"#, 200)
        await server.refuses(
            "PUT", "/strict/_doc/1", #"{"f":1}"#, 400, "strict_dynamic_mapping_exception",
            "mapping set to strict, dynamic introduction of [f] within [_doc] is not allowed")
    }
}

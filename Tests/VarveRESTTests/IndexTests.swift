import Testing
import VarveREST

@Suite struct `Indices over REST` {
    @Test func `an index is made once, shown and deleted`() async throws {
        let server = try await Server()
        await server.expect(
            "PUT", "/i",
            #"{"settings":{"number_of_shards":2,"index":{"refresh_interval":"1s"}},"mappings":{"properties":{"k":{"type":"keyword"}}},"aliases":{}}"#,
            200, #"{"acknowledged":true,"shards_acknowledged":true,"index":"i"}"#)
        let uuid = await server.uuid(of: "i")
        #expect(uuid.count == 22)
        let inner =
            #""type":"resource_already_exists_exception","reason":"index [i/\#(uuid)] already exists","index":"i","index_uuid":"\#(uuid)""#
        await server.expect(
            "PUT", "/i", 400, #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":400}"#)
        let shown = await server.expect("GET", "/i", 200)
        #expect(
            shown.hasPrefix(
                #"{"i":{"aliases":{},"mappings":{"properties":{"k":{"type":"keyword"}}},"settings":{"index":{"creation_date":""#
            ), "\(shown)")
        #expect(
            shown.contains(
                #"","number_of_replicas":"1","number_of_shards":"2","provided_name":"i","refresh_interval":"1s","uuid":""#
            ))
        #expect(await server.send("HEAD", "/i").status == 200)
        await server.expect("DELETE", "/i", 200, #"{"acknowledged":true}"#)
        #expect(await server.send("HEAD", "/i").status == 404)
        let gone =
            #""type":"index_not_found_exception","reason":"no such index [i]","index":"i","resource.id":"i","resource.type":"index_or_alias","index_uuid":"_na_""#
        await server.expect(
            "DELETE", "/i", 404, #"{"error":{"root_cause":[{\#(gone)}],\#(gone)},"status":404}"#)
    }

    @Test func `names that cannot be are refused with the rule`() async throws {
        let server = try await Server()
        for (name, encoded, rule) in [
            ("Abc", "Abc", "must be lowercase"),
            ("_a", "_a", "must not start with '_', '-', or '+'"),
            ("a#", "a%23", "must not contain '#'"), ("a:b", "a:b", "must not contain ':'"),
            (
                "a b", "a%20b",
                "must not contain the following characters [ , \\\", *, \\\\, <, |, ,, >, /, ?]"
            ),
            ("..", "..", "must not be '.' or '..'"),
            (
                "../x", "..%2Fx",
                "must not contain the following characters [ , \\\", *, \\\\, <, |, ,, >, /, ?]"
            ),
        ] {
            let text = await server.expect("PUT", "/\(encoded)", 400)
            let reason =
                #""type":"invalid_index_name_exception","reason":"Invalid index name [\#(name)], \#(rule)""#
            #expect(text.contains(reason), "\(text)")
        }
    }

    @Test func `a mapping grows and does not change`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", 200)
        await server.expect("GET", "/i/_mapping", 200, #"{"i":{"mappings":{}}}"#)
        await server.expect(
            "PUT", "/i/_mapping", #"{"properties":{"n":{"type":"long"},"a":{"type":"text"}}}"#, 200,
            #"{"acknowledged":true}"#)
        await server.expect(
            "GET", "/i/_mapping", 200,
            #"{"i":{"mappings":{"properties":{"a":{"type":"text"},"n":{"type":"long"}}}}}"#)
        await server.refuses(
            "PUT", "/i/_mapping", #"{"properties":{"n":{"type":"text"}}}"#, 400, "illegal_argument_exception",
            "mapper [n] cannot be changed from type [long] to [text]")
    }

    @Test func `refresh, flush and merge answer with shards`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", 200)
        for call in ["_refresh", "_flush", "_forcemerge"] {
            await server.expect(
                "POST", "/i/\(call)", 200, #"{"_shards":{"total":2,"successful":1,"failed":0}}"#)
        }
    }

    @Test func `cat speaks text and JSON`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", 200)
        await server.expect("PUT", "/i/_doc/1?refresh", "{}", 201)
        let uuid = await server.uuid(of: "i")
        await server.expect("GET", "/_cat/indices?h=health,index,docs.count", 200, "yellow i 1\n")
        await server.expect(
            "GET", "/_cat/indices?h=index,docs.count&v", 200, "index docs.count\ni              1\n")
        let json = await server.expect("GET", "/_cat/indices?format=json&h=index,uuid,pri", 200)
        #expect(json == #"[{"index":"i","uuid":"\#(uuid)","pri":"1"}]"#)
        let response = await server.send("GET", "/_cat/indices")
        #expect(response.contentType == "text/plain; charset=UTF-8")
    }
}

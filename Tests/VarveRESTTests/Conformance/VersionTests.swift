import Testing

@testable import VarveREST

@Suite struct `Conformance 18: versions, every acceptance and every conflict` {
    private func conflict(_ server: Server, _ target: String, _ text: String, _ body: String = #"{"n":1}"#)
        async
    {
        let uuid = await server.uuid(of: "i")
        let inner =
            #""type":"version_conflict_engine_exception","reason":"[1]: version conflict, \#(text)","index":"i","shard":"0","index_uuid":"\#(uuid)""#
        await server.expect(
            "PUT", target, body, 409, #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":409}"#)
    }

    @Test func `internal versions count`() async throws {
        let server = try await Server()
        let created =
            #"{"_index":"i","_id":"1","_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1}"#
        await server.expect("PUT", "/i/_doc/1", #"{"n":1}"#, 201, created)
        let updated = created.replacing("created", with: "updated").replacing(
            #""_version":1"#, with: #""_version":2"#
        ).replacing(#""_seq_no":0"#, with: #""_seq_no":1"#)
        await server.expect("PUT", "/i/_doc/1", #"{"n":2}"#, 200, updated)
        await conflict(server, "/i/_create/1", "document already exists (current version [2])")
        await server.expect(
            "DELETE", "/i/_doc/1?filter_path=_version,result", 200, #"{"_version":3,"result":"deleted"}"#)
        await server.expect(
            "DELETE", "/i/_doc/9?filter_path=_version,result,_seq_no", 404,
            #"{"_version":1,"result":"not_found","_seq_no":3}"#)
        await server.expect("PUT", "/i/_create/1?filter_path=_version", #"{"n":1}"#, 201, #"{"_version":4}"#)
    }

    @Test func `external versions are the caller's`() async throws {
        let server = try await Server()
        await server.expect(
            "PUT", "/i/_doc/1?version=5&version_type=external&filter_path=_version", #"{"n":1}"#, 201,
            #"{"_version":5}"#)
        await conflict(
            server, "/i/_doc/1?version=5&version_type=external",
            "current version [5] is higher or equal to the one provided [5]")
        await conflict(
            server, "/i/_doc/1?version=4&version_type=external_gt",
            "current version [5] is higher or equal to the one provided [4]")
        await server.expect("PUT", "/i/_doc/1?version=6&version_type=external", #"{"n":1}"#, 200)
        await server.expect("PUT", "/i/_doc/1?version=6&version_type=external_gte", #"{"n":1}"#, 200)
        await conflict(
            server, "/i/_doc/1?version=5&version_type=external_gte",
            "current version [6] is higher than the one provided [5]")
        await server.refuses(
            "PUT", "/i/_doc/1?version=1&version_type=x", #"{"n":1}"#, 400, "illegal_argument_exception",
            "No version type match [x]")
    }

    @Test func `numbers of operations compare and set`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"n":1}"#, 201)
        for _ in 0..<2 { await server.expect("PUT", "/i/_doc/1", #"{"n":1}"#, 200) }
        await conflict(
            server, "/i/_doc/1?if_seq_no=1&if_primary_term=1",
            "required seqNo [1], primary term [1]. current document has seqNo [2] and primary term [1]")
        await server.expect("PUT", "/i/_doc/1?if_seq_no=2&if_primary_term=1", #"{"n":1}"#, 200)
        await server.expect("DELETE", "/i/_doc/1", 200)
        await conflict(
            server, "/i/_doc/1?if_seq_no=3&if_primary_term=1",
            "required seqNo [3], primary term [1]. but no document was found")
    }

    @Test(arguments: [
        (
            "/i/_create/1?version=2&version_type=external",
            "create operations only support internal versioning. use index instead"
        ),
        ("/i/_create/1?version=2", "create operations do not support explicit versions. use index instead"),
        (
            "/i/_create/1?if_seq_no=2&if_primary_term=1",
            "create operations do not support compare and set. use index instead"
        ),
        (
            "/i/_doc/1?version=2",
            "internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead"
        ),
        ("/i/_doc/1?pipeline=", "pipeline cannot be an empty string"),
    ]) func `what cannot be is refused`(target: String, reason: String) async throws {
        let server = try await Server()
        await server.refuses(
            "PUT", target, #"{"n":1}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: \(reason);")
    }

    @Test func `pipelines, empty sources and long ids`() async throws {
        let server = try await Server()
        await server.refuses(
            "PUT", "/i/_doc/1?pipeline=p", #"{"n":1}"#, 400, "illegal_argument_exception",
            "pipeline with id [p] does not exist")
        await server.refuses(
            "PUT", "/i/_doc/1", "", 400, "action_request_validation_exception",
            "Validation Failed: 1: source is missing;")
        let id = String(repeating: "x", count: 513)
        await server.refuses(
            "PUT", "/i/_doc/\(id)", #"{"n":1}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: id [\(id)] is too long, must be no longer than 512 bytes but was: 513;")
        await server.refuses(
            "POST", "/i/_doc?version=1&version_type=external", #"{"n":1}"#, 400,
            "action_request_validation_exception",
            "Validation Failed: 1: an id must be provided if version type or value are set;")
        await server.refuses(
            "PUT", "/i/_doc/1?require_alias=true", #"{"n":1}"#, 404, "index_not_found_exception",
            "no such index [i] and [require_alias] request flag is [true] and [i] is not an alias",
            extra: #","index":"i","index_uuid":"_na_""#)
    }
}

@Suite struct `Conformance 19: a bulk's lines` {
    @Test func `may end in carriage returns and hold blank lines`() async throws {
        let server = try await Server()
        let text = await server.expect(
            "POST", "/_bulk",
            "{\"index\":{\"_index\":\"i\",\"_id\":\"1\"}}\r\n{\"n\":1}\r\n\r\n{\"delete\":{\"_index\":\"i\",\"_id\":\"9\"}}\r\n",
            200)
        #expect(
            text.hasPrefix(
                #"{"took":0,"errors":false,"items":[{"index":{"_index":"i","_id":"1","_version":1,"result":"created","#
            ))
        #expect(
            text.hasSuffix(
                #""result":"not_found","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":404}}]}"#
            ))
    }

    @Test(arguments: [
        ("{\"index\":{\"_index\":\"i\"}}\n{}", "The bulk request must be terminated by a newline [\\n]"),
        (
            "{\"index\":{\"_index\":\"i\",\"foo\":1}}\n{}\n",
            "Action/metadata line [1] contains an unknown parameter [foo]"
        ),
        (
            "{\"index\":{\"_id\":[1]}}\n{}\n",
            "Malformed action/metadata line [1], expected a simple value for field [_id] but found [START_ARRAY]"
        ),
        (
            "{\"delete\":{\"_index\":\"i\",\"_id\":\"1\"}}\n\n{}\n{}\n",
            "Malformed action/metadata line [3], expected FIELD_NAME but found [END_OBJECT]"
        ),
    ]) func `that are malformed refuse all of it`(body: String, reason: String) async throws {
        let server = try await Server()
        await server.refuses("POST", "/_bulk", body, 400, "illegal_argument_exception", reason)
        #expect(await server.send("HEAD", "/i").status == 404)
    }

    @Test func `of one item are that item's error`() async throws {
        let server = try await Server()
        await server.fill("a", 1, #"{"aliases":{"both":{}}}"#)
        await server.fill("b", 1, #"{"aliases":{"both":{}}}"#)
        let none =
            "no write index is defined for alias [both]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index"
        let text = await server.expect(
            "POST", "/_bulk?filter_path=errors,items.*.status,items.*.error",
            """
            {"index":{"_index":"a","_id":""}}
            {"n":1}
            {"index":{"_index":"both","_id":"1"}}
            {"n":1}
            {"create":{"_index":"a","_id":"1"}}
            {"n":1}
            {"index":{"_index":"a","_id":"7","require_alias":true}}
            {"n":1}
            {"index":{"_index":"a","_id":"8","pipeline":"p"}}
            {"n":1}
            {"index":{"_index":"a","_id":"9"}}
            {"n":1}

            """, 200)
        let uuid = await server.uuid(of: "a")
        #expect(
            text
                == #"{"errors":true,"items":[{"index":{"status":400,"error":{"type":"illegal_argument_exception","reason":"if _id is specified it must not be empty"}}},{"index":{"status":400,"error":{"type":"illegal_argument_exception","reason":"\#(none)"}}},{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[1]: version conflict, document already exists (current version [1])","index":"a","shard":"0","index_uuid":"\#(uuid)"}}},{"index":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index [a] and [require_alias] request flag is [true] and [a] is not an alias","index":"a","index_uuid":"_na_"}}},{"index":{"status":400,"error":{"type":"illegal_argument_exception","reason":"pipeline with id [p] does not exist"}}},{"index":{"status":201}}]}"#
        )
    }

    @Test func `of updates may ask for the document, and try again`() async throws {
        let server = try await Server()
        await server.fill("a", 1)
        let text = await server.expect(
            "POST", "/a/_bulk?filter_path=errors,items.update.get,items.update.result",
            """
            {"update":{"_id":"1","_source":["m"],"retry_on_conflict":3}}
            {"doc":{"m":2}}
            {"update":{"_id":"1"}}
            {"doc":{"m":2},"_source":true}

            """, 200)
        #expect(
            text
                == #"{"errors":false,"items":[{"update":{"result":"updated","get":{"_seq_no":1,"_primary_term":1,"found":true,"_source":{"m":2}}}},{"update":{"result":"noop","get":{"_seq_no":1,"_primary_term":1,"found":true,"_source":{"n":1,"m":2}}}}]}"#
        )
    }
}

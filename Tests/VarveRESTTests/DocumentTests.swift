import Testing
import VarveREST

@Suite struct `Documents over REST` {
    private let shards = #""_shards":{"total":2,"successful":1,"failed":0}"#

    @Test func `a document is made, replaced, read and deleted`() async throws {
        let server = try await Server()
        let response = await server.send("PUT", "/i/_doc/1", #"{"n":1}"#)
        #expect(response.status == 201)
        #expect(response.headers.contains { $0.name == "Location" && $0.value == "/i/_doc/1" })
        #expect(
            response.text
                == #"{"_index":"i","_id":"1","_version":1,"result":"created",\#(shards),"_seq_no":0,"_primary_term":1}"#
        )
        await server.expect(
            "PUT", "/i/_doc/1?refresh=true", #"{"n":2}"#, 200,
            #"{"_index":"i","_id":"1","_version":2,"result":"updated","forced_refresh":true,\#(shards),"_seq_no":1,"_primary_term":1}"#
        )
        await server.expect(
            "GET", "/i/_doc/1", 200,
            #"{"_index":"i","_id":"1","_version":2,"_seq_no":1,"_primary_term":1,"found":true,"_source":{"n":2}}"#
        )
        await server.expect("GET", "/i/_source/1", 200, #"{"n":2}"#)
        #expect(await server.send("HEAD", "/i/_doc/1").status == 200)
        await server.expect(
            "DELETE", "/i/_doc/1", 200,
            #"{"_index":"i","_id":"1","_version":3,"result":"deleted",\#(shards),"_seq_no":2,"_primary_term":1}"#
        )
        await server.expect("GET", "/i/_doc/1", 404, #"{"_index":"i","_id":"1","found":false}"#)
        #expect(await server.send("HEAD", "/i/_doc/1").status == 404)
        await server.refuses(
            "GET", "/i/_source/1", 404, "resource_not_found_exception", "Document not found [i]/_doc/[1]")
        let again = await server.expect("DELETE", "/i/_doc/never", 404)
        #expect(again.contains(#""_version":1,"result":"not_found""#))
    }

    @Test func `generated ids are new`() async throws {
        let server = try await Server()
        let first = await server.expect("POST", "/i/_doc", "{}", 201)
        let second = await server.expect("POST", "/i/_doc", "{}", 201)
        #expect(Server.member("_id", of: first).count == 20)
        #expect(Server.member("_id", of: first) != Server.member("_id", of: second))
    }

    @Test func `versions conflict in OpenSearch's words`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", "{}", 201)
        let uuid = await server.uuid(of: "i")
        func conflict(_ method: String, _ target: String, _ reason: String) async {
            let inner =
                #""type":"version_conflict_engine_exception","reason":"[1]: version conflict, \#(reason)","index":"i","shard":"0","index_uuid":"\#(uuid)""#
            await server.expect(
                method, target, method == "DELETE" ? "" : "{}", 409,
                #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":409}"#)
        }
        await conflict("PUT", "/i/_create/1", "document already exists (current version [1])")
        await conflict("PUT", "/i/_doc/1?op_type=create", "document already exists (current version [1])")
        await conflict(
            "PUT", "/i/_doc/1?if_seq_no=3&if_primary_term=1",
            "required seqNo [3], primary term [1]. current document has seqNo [0] and primary term [1]")
        await conflict(
            "PUT", "/i/_doc/1?if_seq_no=0&if_primary_term=2",
            "required seqNo [0], primary term [2]. current document has seqNo [0] and primary term [1]")
        await server.expect("PUT", "/i/_doc/1?version=5&version_type=external", "{}", 200)
        await conflict(
            "PUT", "/i/_doc/1?version=5&version_type=external",
            "current version [5] is higher or equal to the one provided [5]")
        await server.expect("PUT", "/i/_doc/1?version=5&version_type=external_gte", "{}", 200)
        await conflict(
            "PUT", "/i/_doc/1?version=4&version_type=external_gte",
            "current version [5] is higher than the one provided [4]")
        await conflict(
            "DELETE", "/i/_doc/1?if_seq_no=3&if_primary_term=1",
            "required seqNo [3], primary term [1]. current document has seqNo [2] and primary term [1]")
        await server.expect("PUT", "/i/_doc/1?if_seq_no=2&if_primary_term=1", "{}", 200)
    }

    @Test func `what a write may not ask for is all said at once`() async throws {
        let server = try await Server()
        await server.refuses(
            "PUT", "/i/_create/1?version=3&if_seq_no=1&if_primary_term=1", "{}", 400,
            "action_request_validation_exception",
            "Validation Failed: 1: create operations do not support explicit versions. use index instead;"
                + "2: create operations do not support compare and set. use index instead;")
        await server.refuses(
            "PUT", "/i/_doc/1?version=3", "{}", 400, "action_request_validation_exception",
            "Validation Failed: 1: internal versioning can not be used for optimistic concurrency control. "
                + "Please use `if_seq_no` and `if_primary_term` instead;")
        await server.refuses(
            "PUT", "/i/_doc/1?version_type=x", "{}", 400, "illegal_argument_exception",
            "No version type match [x]")
        await server.refuses(
            "PUT", "/i/_doc/1", 400, "action_request_validation_exception",
            "Validation Failed: 1: source is missing;")
        let long = String(repeating: "x", count: 513)
        await server.refuses(
            "PUT", "/i/_doc/\(long)", "{}", 400, "action_request_validation_exception",
            "Validation Failed: 1: id [\(long)] is too long, must be no longer than 512 bytes but was: 513;")
        await server.expect("GET", "/i", 404)
    }

    @Test func `documents that do not fit are refused with a cause`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"mappings":{"properties":{"n":{"type":"long"}}}}"#, 200)
        let text = await server.expect("PUT", "/i/_doc/1", #"{"n":"abc"}"#, 400)
        let reason =
            "failed to parse field [n] of type [long] in document with id '1'. Preview of field's value: 'abc'"
        #expect(
            text
                == #"{"error":{"root_cause":[{"type":"mapper_parsing_exception","reason":"\#(reason)"}],"type":"mapper_parsing_exception","reason":"\#(reason)","caused_by":{"type":"number_format_exception","reason":"For input string: \"abc\""}},"status":400}"#
        )
        let broken = await server.expect("PUT", "/i/_doc/1", #"{"n":"#, 400)
        #expect(broken.contains(#""type":"mapper_parsing_exception","reason":"failed to parse","caused_by""#))
        await server.expect("PUT", "/i/_doc/1", "[]", 400)
    }

    @Test func `an update merges, or does nothing, or makes the document`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"a":{"x":1.0,"y":2},"b":[1]}"#, 201)
        await server.expect(
            "POST", "/i/_update/1", #"{"doc":{"a":{"y":2}}}"#, 200,
            #"{"_index":"i","_id":"1","_version":1,"result":"noop","_shards":{"total":0,"successful":0,"failed":0},"_seq_no":0,"_primary_term":1}"#
        )
        let updated = await server.expect(
            "POST", "/i/_update/1?_source=true", #"{"doc":{"a":{"y":3,"z":null},"b":[2]}}"#, 200)
        #expect(
            updated.hasSuffix(
                #""get":{"_seq_no":1,"_primary_term":1,"found":true,"_source":{"a":{"x":1.0,"y":3,"z":null},"b":[2]}}}"#
            ))
        await server.expect("GET", "/i/_source/1", 200, #"{"a":{"x":1.0,"y":3,"z":null},"b":[2]}"#)
        await server.expect("POST", "/i/_update/1", #"{"doc":{"b":[2]},"detect_noop":false}"#, 200)
        let made = await server.expect("POST", "/i/_update/2", #"{"doc":{"n":1},"doc_as_upsert":true}"#, 201)
        #expect(made.contains(#""result":"created""#))
        await server.expect("POST", "/i/_update/3", #"{"doc":{"n":1},"upsert":{"m":2}}"#, 201)
        await server.expect("GET", "/i/_source/3", 200, #"{"m":2}"#)
        let missing = await server.expect("POST", "/i/_update/4", #"{"doc":{"n":1}}"#, 404)
        #expect(missing.contains(#""type":"document_missing_exception","reason":"[4]: document missing""#))
        for (body, reason) in [
            ("{}", "script or doc is missing"),
            (#"{"doc":{},"script":"x"}"#, "can't provide both script and doc"),
            (#"{"doc_as_upsert":true}"#, "doc must be specified if doc_as_upsert is enabled"),
        ] {
            await server.refuses(
                "POST", "/i/_update/1", body, 400, "action_request_validation_exception",
                "Validation Failed: 1: \(reason);")
        }
        await server.refuses(
            "POST", "/i/_update/1?if_seq_no=1&if_primary_term=1&retry_on_conflict=2", #"{"doc":{}}"#, 400,
            "action_request_validation_exception",
            "Validation Failed: 1: compare and write operations can not be retried;")
    }

    @Test func `many gets answer in order`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"a":1,"b":2}"#, 201)
        await server.expect(
            "POST", "/i/_mget", #"{"ids":["2","1"]}"#, 200,
            #"{"docs":[{"_index":"i","_id":"2","found":false},{"_index":"i","_id":"1","_version":1,"_seq_no":0,"_primary_term":1,"found":true,"_source":{"a":1,"b":2}}]}"#
        )
        let mixed = await server.expect(
            "GET", "/_mget",
            #"{"docs":[{"_index":"i","_id":"1","_source":["a"]},{"_index":"none","_id":"1"}]}"#, 200)
        #expect(mixed.contains(#""_source":{"a":1}"#))
        #expect(mixed.contains(#""type":"index_not_found_exception","reason":"no such index [none]""#))
        await server.refuses(
            "POST", "/i/_mget", #"{"ids":[]}"#, 400, "action_request_validation_exception",
            "Validation Failed: 1: no documents to get;")
    }
}

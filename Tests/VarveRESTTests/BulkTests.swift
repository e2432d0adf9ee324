import Testing
import VarveREST

@Suite struct `Bulks over REST` {
    private let shards = #""_shards":{"total":2,"successful":1,"failed":0}"#

    @Test func `items answer in order, each for itself`() async throws {
        let server = try await Server()
        let body = """
            {"index":{"_index":"i","_id":"1"}}\r
            {"n":1}\r

            {"create":{"_index":"i","_id":"1"}}
            {"n":2}
            {"delete":{"_index":"i","_id":"x"}}
            {"update":{"_index":"i","_id":"1"}}
            {"doc":{"n":3}}
            {"index":{"_index":"i","_id":"2"}}
            {"n":"broken

            """
        let text = await server.expect("POST", "/_bulk", body, 200)
        let uuid = await server.uuid(of: "i")
        let start = #"{"took":0,"errors":true,"items":["#
        let items = [
            #"{"index":{"_index":"i","_id":"1","_version":1,"result":"created",\#(shards),"_seq_no":0,"_primary_term":1,"status":201}}"#,
            #"{"create":{"_index":"i","_id":"1","status":409,"error":{"type":"version_conflict_engine_exception","reason":"[1]: version conflict, document already exists (current version [1])","index":"i","shard":"0","index_uuid":"\#(uuid)"}}}"#,
            #"{"delete":{"_index":"i","_id":"x","_version":1,"result":"not_found",\#(shards),"_seq_no":2,"_primary_term":1,"status":404}}"#,
            #"{"update":{"_index":"i","_id":"1","_version":2,"result":"updated",\#(shards),"_seq_no":3,"_primary_term":1,"status":200}}"#,
        ]
        #expect(text.hasPrefix(start + items.joined(separator: ",")), "\(text)")
        #expect(
            text.contains(
                #"{"index":{"_index":"i","_id":"2","status":400,"error":{"type":"mapper_parsing_exception","#)
        )
        await server.expect("GET", "/i/_source/1", 200, #"{"n":3}"#)
    }

    @Test func `deleting what is not there is no error`() async throws {
        let server = try await Server()
        let text = await server.expect(
            "PUT", "/i/_bulk?refresh=true", "{\"delete\":{\"_id\":\"x\"}}\n{\"index\":{}}\n{}\n", 200)
        #expect(
            text.hasPrefix(
                #"{"took":0,"errors":false,"items":[{"delete":{"_index":"i","_id":"x","_version":1,"result":"not_found","forced_refresh":true,"#
            ))
        await server.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":1}"#)
    }

    @Test(arguments: [
        ("{\"delete\":{\"_id\":\"1\"}}", "The bulk request must be terminated by a newline [\\n]"),
        (
            "{\"index\":{\"_id\":\"1\"}}\n{}\n{}\n",
            "Malformed action/metadata line [3], expected FIELD_NAME but found [END_OBJECT]"
        ),
        (
            "{\"index\":{\"_id\":\"1\",\"foo\":\"x\"}}\n{}\n",
            "Action/metadata line [1] contains an unknown parameter [foo]"
        ),
        (
            "{\"index\":{\"_id\":[]}}\n{}\n",
            "Malformed action/metadata line [1], expected a simple value for field [_id] but found [START_ARRAY]"
        ),
    ]) func `a malformed line refuses the whole`(body: String, reason: String) async throws {
        let server = try await Server()
        await server.refuses("POST", "/i/_bulk", body, 400, "illegal_argument_exception", reason)
        await server.expect("GET", "/i", 404)
    }

    @Test func `items that cannot be do not stop the others`() async throws {
        let server = try await Server()
        var body = ""
        for number in 0..<2_000 {
            body += "{\"index\":{\"_index\":\"i\",\"_id\":\"\(number)\"}}\n"
            body += number == 777 ? "{broken}\n" : "{\"n\":\(number)}\n"
        }
        body += "{\"index\":{\"_index\":\"i\",\"_id\":\"\"}}\n{}\n{\"index\":{\"_index\":\"Bad\"}}\n{}\n"
        body += "{\"update\":{\"_index\":\"i\",\"_id\":\"none\"}}\n{\"doc\":{}}\n"
        let text = await server.expect("POST", "/_bulk?refresh", body, 200)
        #expect(text.matches(of: /"status":([0-9]+)/).count { $0.output.1 == "201" } == 1_999)
        #expect(text.contains("if _id is specified it must not be empty"))
        #expect(text.contains("invalid_index_name_exception"))
        #expect(text.contains("document_missing_exception"))
        await server.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":1999}"#)
    }

    @Test(arguments: [1, 7, 1_000, 1 << 20]) func `a body in pieces is the same bulk`(size: Int) async throws
    {
        let server = try await Server()
        var body: [UInt8] = []
        for number in 0..<500 {
            body += Array("{\"index\":{\"_index\":\"i\",\"_id\":\"\(number)\"}}\n{\"n\":\(number)}\n".utf8)
        }
        var options = RESTOptions()
        options.bulkBytes = 4_096
        let service = RESTService(store: server.store, options: options)
        let request = RESTRequest(
            "POST", "/_bulk", query: "refresh=true", headers: [("Content-Type", "application/x-ndjson")])
        let upload = try #require(service.bulkUpload(for: request))
        for start in stride(from: 0, to: body.count, by: size) {
            await upload.receive(Array(body[start..<min(start + size, body.count)]))
        }
        let response = await upload.finish()
        #expect(response.status == 200)
        let ids = response.text.matches(of: /"_id":"([0-9]+)"/).compactMap { Int($0.output.1) }
        #expect(ids == Array(0..<500))
        await server.expect("GET", "/i/_count?filter_path=count", 200, #"{"count":500}"#)
    }

    @Test func `only a sound request for a bulk is taken in pieces`() async throws {
        let server = try await Server()
        let json = [(name: "content-type", value: "application/json")]
        #expect(server.service.bulkUpload(for: RESTRequest("GET", "/_bulk", headers: json)) == nil)
        #expect(server.service.bulkUpload(for: RESTRequest("POST", "/_bulk")) == nil)
        #expect(
            server.service.bulkUpload(for: RESTRequest("POST", "/_bulk", query: "x=1", headers: json)) == nil)
        #expect(server.service.bulkUpload(for: RESTRequest("POST", "/i/_bulk", headers: json)) != nil)
        await server.refuses(
            "POST", "/_bulk", "\n", 400, "action_request_validation_exception",
            "Validation Failed: 1: no requests added;")
    }
}

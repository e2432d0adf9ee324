import Testing
import VarveREST

@Suite struct `The envelope of requests` {
    @Test func `the root says which OpenSearch is kept to`() async throws {
        let server = try await Server()
        let text = await server.expect("GET", "/", 200)
        #expect(text.hasPrefix(#"{"name":"varve","cluster_name":"docker-cluster","cluster_uuid":""#))
        #expect(text.contains(#""version":{"distribution":"opensearch","number":"3.3.0""#))
        #expect(text.hasSuffix(#""tagline":"The OpenSearch Project: https://opensearch.org/"}"#))
        let head = await server.send("HEAD", "/")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.contentType == "application/json; charset=UTF-8")
    }

    @Test func `a path that nobody knows is a plain 400`() async throws {
        let server = try await Server()
        await server.expect(
            "POST", "/idx/_pit", 400,
            #"{"error":"no handler found for uri [/idx/_pit] and method [POST]"}"#)
        await server.expect(
            "DELETE", "/_pit?x=1", 400,
            #"{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"request [/_pit] contains unrecognized parameter: [x]"}],"type":"illegal_argument_exception","reason":"request [/_pit] contains unrecognized parameter: [x]"},"status":400}"#
        )
    }

    @Test func `a wrong method names the ones that are allowed`() async throws {
        let server = try await Server()
        let response = await server.send("GET", "/idx/_search/point_in_time")
        #expect(response.status == 405)
        #expect(
            response.text
                == #"{"error":"Incorrect HTTP method for uri [/idx/_search/point_in_time] and method [GET], allowed: [POST]","status":405}"#
        )
        #expect(response.headers.contains { $0.name == "Allow" && $0.value == "POST" })
    }

    @Test func `bodies are JSON and say so`() async throws {
        let server = try await Server()
        let wrong = await server.send("POST", "/_search", "{}", type: "text/foo")
        #expect(wrong.status == 406)
        #expect(wrong.text == #"{"error":"Content-Type header [text/foo] is not supported","status":406}"#)
        let none = await server.send("POST", "/_search", "{}", type: nil)
        #expect(none.text == #"{"error":"Content-Type header is missing","status":406}"#)
        let absent = await server.send("GET", "/_search", type: "text/foo")
        #expect(absent.status == 200)
        let charset = await server.send("POST", "/_search", "{}", type: "application/json; charset=utf-8")
        #expect(charset.status == 200)
    }

    @Test func `unknown parameters come with suggestions`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/idx/_search/point_in_time?keep_aliv=1m", 400, "illegal_argument_exception",
            "request [/idx/_search/point_in_time] contains unrecognized parameter: [keep_aliv] -> did you mean [keep_alive]?"
        )
        await server.refuses(
            "GET", "/_search/point_in_time/_all?b=1&a=2", 400, "illegal_argument_exception",
            "request [/_search/point_in_time/_all] contains unrecognized parameters: [a], [b]")
    }

    @Test func `a body where none is taken is refused`() async throws {
        let server = try await Server()
        await server.refuses(
            "POST", "/idx/_search/point_in_time?keep_alive=1m", "{}", 400, "illegal_argument_exception",
            "request [POST /idx/_search/point_in_time] does not support having a body")
    }

    @Test func `a body may come as a parameter`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1?refresh=true", #"{"n":1}"#, 201)
        await server.expect(
            "GET",
            "/i/_count?source=%7B%22query%22%3A%7B%22match_none%22%3A%7B%7D%7D%7D&source_content_type=application/json",
            200, #"{"count":0,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}}"#)
    }

    @Test func `answers are made pretty and cut by path`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/1", #"{"a":{"b":[1.0,2e3],"c":"x,{"},"d":{}}"#, 201)
        await server.expect(
            "GET", "/i/_doc/1?filter_path=_id,_source.a.b", 200,
            #"{"_id":"1","_source":{"a":{"b":[1.0,2e3]}}}"#)
        await server.expect(
            "GET", "/i/_doc/1?filter_path=-_source.a,-_*id,-_version,-_seq_no,-_primary_term", 200,
            #"{"_index":"i","found":true,"_source":{"d":{}}}"#)
        await server.expect(
            "GET", "/i/_doc/1?filter_path=**.c", 200, #"{"_source":{"a":{"c":"x,{"}}}"#)
        await server.expect(
            "GET", "/i/_source/1?pretty", 200,
            """
            {
              "a" : {
                "b" : [
                  1.0,
                  2e3
                ],
                "c" : "x,{"
              },
              "d" : { }
            }

            """)
        await server.expect("GET", "/i/_doc/1?filter_path=nothing", 200, "{}")
    }

    @Test func `percent-encoded names are names`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i/_doc/a%2Fb%20%C3%A9", "{}", 201)
        let text = await server.expect("GET", "/i/_doc/a%2Fb%20%C3%A9", 200)
        #expect(text.contains(#""_id":"a/b é""#))
        await server.expect("GET", "/i%2Cj/_count", 404)
        #expect(await server.send("GET", "/i/_doc/%zz").status == 400)
    }

    @Test func `cluster health counts the copies that no node holds`() async throws {
        let server = try await Server()
        await server.expect("PUT", "/i", #"{"settings":{"number_of_replicas":0}}"#, 200)
        await server.expect(
            "GET", "/_cluster/health", 200,
            #"{"cluster_name":"docker-cluster","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"discovered_master":true,"discovered_cluster_manager":true,"active_primary_shards":1,"active_shards":1,"relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}"#
        )
    }
}

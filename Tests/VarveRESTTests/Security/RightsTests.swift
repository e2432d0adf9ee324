import Testing

@testable import VarveREST

/// Section 7 of the reference, row by row, and its neighbours.
@Suite struct `Rights` {
    private static let create = "indices:data/read/point_in_time/create"
    private static let delete = "indices:data/read/point_in_time/delete"
    private static let readAll = "indices:data/read/point_in_time/readall"
    private static let search = "indices:data/read/search"

    private func pit(over indices: String, _ server: SecuredServer) async -> String {
        Server.member(
            "pit_id", of: await server.prepare("POST", "/\(indices)/_search/point_in_time?keep_alive=1m"))
    }

    private func prepare(_ server: SecuredServer) async {
        for index in ["a-1", "a-2", "b-1"] {
            await server.prepare("PUT", "/\(index)/_doc/1?refresh=true", #"{"n":1}"#)
        }
    }

    @Test func `of the cluster let nobody see more than that`() async throws {
        let server = try await SecuredServer(cluster: ["cluster_monitor"], [])
        await prepare(server)
        await server.permits("GET", "/")
        await server.permits("GET", "/_cluster/health")
        await server.forbids("GET", "/a-1/_search", Self.search)
        await server.forbids(
            "GET", "/_mget", #"{"docs":[{"_index":"a-1","_id":"1"}]}"#, "indices:data/read/mget")
        let none = try await SecuredServer([])
        await none.forbids("GET", "/", "cluster:monitor/main")
        await none.forbids("GET", "/_cluster/health", "cluster:monitor/health")
    }

    @Test func `to create a PIT are asked for on every index that is named`() async throws {
        let server = try await SecuredServer([(["a-*"], [Self.create])])
        await prepare(server)
        await server.permits("POST", "/a-1/_search/point_in_time?keep_alive=1m")
        await server.permits("POST", "/a-*/_search/point_in_time?keep_alive=1m")
        for names in ["b-1", "a-1,b-1", "*", "_all", "a-1,absent", "*-1"] {
            await server.forbids("POST", "/\(names)/_search/point_in_time?keep_alive=1m", Self.create)
        }
        await server.permits("POST", "/a-9/_search/point_in_time?keep_alive=1m", "", 404)
    }

    @Test func `to search a PIT are asked for on every index that it holds`() async throws {
        let server = try await SecuredServer([(["a-*"], [Self.search])])
        await prepare(server)
        let own = await pit(over: "a-1,a-2", server)
        let mixed = await pit(over: "a-1,b-1", server)
        await server.permits("POST", "/_search", #"{"pit":{"id":"\#(own)"}}"#)
        await server.forbids("POST", "/_search", #"{"pit":{"id":"\#(mixed)"}}"#, Self.search)
        await server.permits("GET", "/_search/point_in_time/\(own)")
        await server.forbids("GET", "/_search/point_in_time/\(mixed)", Self.search)
        // Not even what is left of it, once the index is gone.
        await server.prepare("DELETE", "/b-1")
        await server.forbids("POST", "/_search", #"{"pit":{"id":"\#(mixed)"}}"#, Self.search)
    }

    @Test func `to delete PITs by id are asked for on the union of their indices`() async throws {
        let server = try await SecuredServer([(["a-*"], [Self.delete])])
        await prepare(server)
        let own = await pit(over: "a-1", server)
        let other = await pit(over: "b-1", server)
        await server.forbids(
            "DELETE", "/_search/point_in_time", #"{"pit_id":["\#(own)","\#(other)"]}"#, Self.delete)
        // Nothing of what was refused was done.
        #expect(await server.prepare("GET", "/_search/point_in_time/_all").contains(own))
        await server.permits("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(own)"]}"#)
        #expect(await server.prepare("GET", "/_search/point_in_time/_all").contains(other))
    }

    @Test func `to list and delete all PITs are asked for on everything`() async throws {
        let some = try await SecuredServer([(["a-*", "b-*"], ["manage_point_in_time"])])
        await prepare(some)
        await some.forbids("GET", "/_search/point_in_time/_all", Self.readAll)
        await some.forbids("DELETE", "/_search/point_in_time/_all", Self.delete)
        await some.forbids("DELETE", "/_search/point_in_time", #"{"pit_id":["_all"]}"#, Self.delete)
        let all = try await SecuredServer([(["*"], ["manage_point_in_time"])])
        await all.permits("GET", "/_search/point_in_time/_all")
        await all.permits("DELETE", "/_search/point_in_time", #"{"pit_id":["_all"]}"#)
        await all.permits("DELETE", "/_search/point_in_time/_all")
    }

    @Test(arguments: ["manage_point_in_time", "read"])
    func `of a group cover the life of a PIT`(group: String) async throws {
        let server = try await SecuredServer([(["a-1"], [group])])
        await prepare(server)
        let id = Server.member(
            "pit_id", of: await server.send("u", "POST", "/a-1/_search/point_in_time?keep_alive=1m").text)
        await server.permits("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#)
        await server.permits("DELETE", "/_search/point_in_time", #"{"pit_id":["\#(id)"]}"#)
    }

    @Test func `count as they are when they are used`() async throws {
        let role = #"{"r":{"index_permissions":[{"index_patterns":["a-1"],"allowed_actions":["read"]}]}}"#
        let server = try await SecuredServer(
            SecuredServer.file(users: ["u": ["r"], "root": ["all_access"]], roles: role))
        await prepare(server)
        let id = Server.member(
            "pit_id", of: await server.send("u", "POST", "/a-1/_search/point_in_time?keep_alive=1m").text)
        await server.permits("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#)
        try server.security.reload(
            Array(SecuredServer.file(users: ["u": [], "root": ["all_access"]], roles: role).utf8))
        await server.forbids("POST", "/_search", #"{"pit":{"id":"\#(id)"}}"#, Self.search)
    }

    @Test func `of a bulk are asked for item by item`() async throws {
        let server = try await SecuredServer(
            cluster: ["cluster_composite_ops"],
            [(["a-*"], ["indices:data/write/bulk*", "indices:data/write/index"]), (["b-*"], ["read"])])
        await prepare(server)
        let lines = [
            #"{"index":{"_index":"a-1","_id":"2"}}"#, #"{"n":2}"#, #"{"index":{"_index":"b-1","_id":"2"}}"#,
            #"{"n":2}"#, #"{"delete":{"_index":"a-1","_id":"1"}}"#, #"{"create":{"_index":"a-9","_id":"1"}}"#,
            #"{"n":1}"#, #"{"update":{"_index":"a-2","_id":"1"}}"#, #"{"doc":{"n":3}}"#, "",
        ].joined(separator: "\n")
        let text = await server.send("u", "POST", "/_bulk", lines).text
        #expect(text.contains(#""errors":true"#))
        let reasons = text.matches(of: #/no permissions for \[(.*?)\] and/#).map { String($0.output.1) }
        #expect(
            reasons == [
                "indices:data/write/bulk[s]", "indices:data/write/delete", "indices:admin/create",
                "indices:data/write/update",
            ])
        #expect(text.matches(of: #/"status":403/#).count == 4)
        #expect(text.contains(#"{"index":{"_index":"a-1","_id":"2","_version":1,"result":"created""#))
        let closed = try await SecuredServer([(["*"], ["write"])])
        await closed.forbids("POST", "/_bulk", lines, "indices:data/write/bulk")
    }

    @Test func `of an mget are asked for item by item`() async throws {
        let server = try await SecuredServer(cluster: ["cluster_composite_ops_ro"], [(["a-*"], ["get"])])
        await prepare(server)
        let text = await server.send(
            "u", "POST", "/_mget", #"{"docs":[{"_index":"a-1","_id":"1"},{"_index":"b-1","_id":"1"}]}"#
        ).text
        #expect(text.contains(#""_id":"1","_version":1"#))
        #expect(
            text.contains(#""_index":"b-1","_id":"1","error":{"root_cause":[{"type":"security_exception""#))
        #expect(text.contains("no permissions for [indices:data/read/mget[shard]]"))
    }

    @Test func `to documents are asked for one by one`() async throws {
        let server = try await SecuredServer([
            (["a-1"], ["indices:data/write/index", "indices:data/read/get"])
        ])
        await prepare(server)
        await server.permits("PUT", "/a-1/_doc/5", #"{"n":1}"#, 201)
        await server.permits("GET", "/a-1/_doc/5")
        await server.forbids("DELETE", "/a-1/_doc/5", "indices:data/write/delete")
        await server.forbids("POST", "/a-1/_update/5", #"{"doc":{"n":2}}"#, "indices:data/write/update")
        await server.forbids("PUT", "/b-1/_doc/5", #"{"n":1}"#, "indices:data/write/index")
        await server.forbids("GET", "/b-1/_doc/5", "indices:data/read/get")
        await server.forbids("GET", "/absent/_doc/5", "indices:data/read/get")
        await server.forbids("PUT", "/new/_doc/5", #"{"n":1}"#, "indices:data/write/index")
    }

    @Test func `to indices are asked for by their actions`() async throws {
        let server = try await SecuredServer([(["a-*"], ["create_index", "indices:admin/refresh*"])])
        await prepare(server)
        await server.permits("PUT", "/a-3")
        await server.forbids("PUT", "/c", "indices:admin/create")
        await server.permits("POST", "/a-1/_refresh")
        await server.forbids("POST", "/_refresh", "indices:admin/refresh")
        await server.forbids("DELETE", "/a-1", "indices:admin/delete")
        await server.forbids("GET", "/a-1", "indices:admin/get")
        await server.forbids("GET", "/a-1/_mapping", "indices:admin/mappings/get")
        await server.permits("PUT", "/a-1/_mapping", #"{"properties":{"x":{"type":"long"}}}"#)
        await server.forbids("GET", "/_cat/indices", "indices:monitor/stats")
    }

    @Test func `to an alias are rights to its indices, and making one takes a right to its name`()
        async throws
    {
        let server = try await SecuredServer([
            (["open"], ["read"]), (["a-1", "mine-*"], ["manage_aliases", "create_index"]),
            (["mine-*"], ["read"]),
        ])
        await prepare(server)
        await server.prepare("POST", "/_aliases", #"{"actions":[{"add":{"index":"b-1","alias":"open"}}]}"#)
        await server.permits("GET", "/open/_search")
        await server.permits("GET", "/b-1/_search")
        await server.forbids("GET", "/a-1/_search", Self.search)
        let aliases = "indices:admin/aliases"
        await server.forbids("PUT", "/a-1/_alias/open", aliases)
        await server.forbids("PUT", "/b-1/_alias/mine-1", aliases)
        await server.forbids("PUT", "/mine-2", #"{"aliases":{"open":{}}}"#, aliases)
        await server.forbids(
            "POST", "/_aliases", #"{"actions":[{"remove":{"index":"a-1","alias":"*"}}]}"#, aliases)
        await server.forbids(
            "POST", "/_aliases", #"{"actions":[{"remove_index":{"index":"a-1"}}]}"#, "indices:admin/delete")
        await server.permits("PUT", "/a-1/_alias/mine-1")
        await server.permits("GET", "/mine-1/_search")
    }

    @Test func `of an msearch are asked for search by search`() async throws {
        let server = try await SecuredServer(
            cluster: ["cluster_composite_ops_ro"], [(["a-*"], ["search"])])
        await prepare(server)
        let lines = "{\"index\":\"a-1\"}\n{}\n{\"index\":\"b-1\"}\n{}\n"
        let text = await server.send("u", "POST", "/_msearch", lines).text
        #expect(text.matches(of: #/"status":200/#).count == 1)
        #expect(text.matches(of: #/"status":403/#).count == 1)
        #expect(text.contains("no permissions for [indices:data/read/search]"))
        let closed = try await SecuredServer([(["*"], ["read"])])
        await closed.forbids("POST", "/_msearch", lines, "indices:data/read/msearch")
    }

    @Test func `to a scroll are its opener's alone`() async throws {
        let server = try await SecuredServer(
            cluster: ["indices:data/read/scroll*"], [(["a-*"], ["indices:data/read/search"])])
        await prepare(server)
        let text = await server.send("u", "POST", "/a-1/_search?scroll=1m", #"{"size":1}"#).text
        let own = Server.member("_scroll_id", of: text)
        await server.permits("POST", "/_search/scroll", #"{"scroll_id":"\#(own)"}"#)
        let other = Server.member("_scroll_id", of: await server.prepare("POST", "/a-1/_search?scroll=1m"))
        await server.forbids(
            "POST", "/_search/scroll", #"{"scroll_id":"\#(other)"}"#, "indices:data/read/scroll")
        await server.permits("DELETE", "/_search/scroll", #"{"scroll_id":"\#(other)"}"#, 404)
        await server.permits("DELETE", "/_search/scroll", #"{"scroll_id":"\#(own)"}"#)
    }

    @Test func `are matched by pattern in bounded time`() {
        for (pattern, name, fits) in [
            ("*", "anything", true), ("a*", "abc", true), ("a*c", "abc", true), ("a?c", "abc", true),
            ("a?c", "ac", false), ("*?", "", false), ("**", "", true), ("", "", true), ("", "a", false),
            ("indices:data/read*", "indices:data/read/search", true), ("a*b*c", "aXbXbXc", true),
        ] { #expect(NamePattern(pattern).matches(name) == fits, "\(pattern) \(name)") }
        let bomb = NamePattern(String(repeating: "*a", count: 100) + "b")
        #expect(!bomb.matches(String(repeating: "a", count: 1_000)))
    }
}

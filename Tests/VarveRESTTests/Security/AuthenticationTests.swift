import Testing

@testable import VarveREST

@Suite struct `Who sends a request` {
    private func answer(_ server: SecuredServer, _ header: String?) async -> RESTResponse {
        await server.server.service.respond(
            to: RESTRequest("GET", "/", headers: header.map { [("Authorization", $0)] } ?? []))
    }

    @Test func `is asked for when nobody says it`() async throws {
        let server = try await SecuredServer([])
        for header in [
            nil, "", "Basic", "Basic !!!!", "Basic dTpw", "Bearer dTpwdw==",
            SecuredServer.basic("u", "wrong"),
            SecuredServer.basic("nobody", "pw"), SecuredServer.basic("", "pw"), SecuredServer.basic("u", ""),
        ] {
            let response = await answer(server, header)
            #expect(response.status == 401, "\(header ?? "")")
            #expect(response.text == "Unauthorized")
            #expect(response.contentType == "text/plain; charset=UTF-8")
            #expect(response.headers.map(\.name) == ["WWW-Authenticate"])
            #expect(response.headers.map(\.value) == [#"Basic realm="OpenSearch Security""#])
        }
        #expect(await answer(server, SecuredServer.basic("root", "pw")).status == 200)
        #expect(await answer(server, "bAsIc" + SecuredServer.basic("root", "pw").dropFirst(5)).status == 200)
        #expect(await answer(server, SecuredServer.basic("root", "busy")).status == 429)
    }

    @Test func `is asked for before whether there is such a path`() async throws {
        let server = try await SecuredServer([])
        let response = await server.server.service.respond(to: RESTRequest("GET", "/_no/such/path"))
        #expect(response.status == 401)
        let upload = server.server.service.bulkUpload(
            for: RESTRequest("POST", "/_bulk", headers: [("Content-Type", "application/json")]))
        #expect(upload == nil)
    }

    @Test func `is told to whoever asks`() async throws {
        let server = try await SecuredServer(
            #"""
            {"users":{"u":{"hash":"plain:pw","backend_roles":["staff","eu"]}},
             "roles_mapping":{"readall":{"backend_roles":["st*"]},"all_access":{"users":["root"]}}}
            """#)
        let response = await server.send("u", "GET", "/_plugins/_security/authinfo")
        #expect(
            response.text
                == #"{"user":"User [name=u, backend_roles=[staff, eu], requestedTenant=null]","user_name":"u","#
                + #""user_requested_tenant":null,"remote_address":null,"backend_roles":["staff","eu"],"#
                + #""custom_attribute_names":[],"roles":["readall"],"tenants":{},"principal":null,"#
                + #""peer_certificates":"0","sso_logout_url":null}"#)
        let open = try await Server()
        await open.expect(
            "GET", "/_plugins/_security/authinfo", 400,
            #"{"error":"no handler found for uri [/_plugins/_security/authinfo] and method [GET]"}"#)
    }

    @Test func `changes with the file, at once`() async throws {
        let server = try await SecuredServer([])
        #expect(await server.send("u", "GET", "/").status == 403)
        let file = SecuredServer.file(users: ["u": ["all_access"]])
        try server.security.reload(Array(file.utf8))
        #expect(await server.send("u", "GET", "/").status == 200)
        #expect(await server.send("root", "GET", "/").status == 401)
        #expect(throws: SecurityFileError.self) { try server.security.reload(Array("{".utf8)) }
        #expect(await server.send("u", "GET", "/").status == 200)
    }
}

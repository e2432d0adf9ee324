import Testing

@testable import VarveREST

@Suite struct `A security file` {
    private func reason(_ text: String) -> String {
        do throws(SecurityFileError) {
            _ = try Security(file: Array(text.utf8), passwords: PlainPasswords())
            return ""
        } catch { return error.description }
    }

    @Test func `is refused with the entry and the rule`() {
        let user = #""users":{"u":{"hash":"plain:pw"}}"#
        for (text, expected) in [
            (#"{"users":{}}"#, "[users] has none"),
            (#"{"user":{}}"#, "the file has the unknown key [user], did you mean [users]?"),
            (#"{"users":[]}"#, "users is no object"),
            (
                #"{"users":{"u":{"hash":"md5"}}}"#,
                "users.u.hash is no hash that can be checked; varve hash-password makes one"
            ),
            (#"{"users":{"a:b":{}}}"#, "users.a:b: a name is not empty and holds no colon"),
            (
                #"{"users":{"u":{"hash":"plain:pw","roles":["readal"]}}}"#,
                "users.u has the unknown role [readal], did you mean [readall]?"
            ),
            (
                #"{"users":{"u":{"hash":"plain:pw","role":["readall"]}}}"#,
                "users.u has the unknown key [role], did you mean [roles]?"
            ),
            (
                #"{\#(user),"roles":{"r":{"index_permissions":[{"allowed_actions":["raed"]}]}}}"#,
                "roles.r.index_permissions.allowed_actions names [raed], which is neither an action nor an action group"
            ),
            (
                #"{\#(user),"roles":{"r":{"index_permissions":[{"fls":["secret"]}]}}}"#,
                "roles.r.index_permissions.fls: rights within documents are not supported"
            ),
            (
                #"{\#(user),"roles":{"r":{"index_permissions":[{"index_patterns":["/re/"]}]}}}"#,
                "roles.r.index_permissions.index_patterns has [/re/]: a pattern may hold * and ?"
            ),
            (#"{\#(user),"roles":{"all_access":{}}}"#, "roles.all_access is built in and cannot be changed"),
            (
                #"{\#(user),"action_groups":{"read":["x:y"]}}"#,
                "action_groups.read is built in and cannot be changed"
            ),
            (#"{\#(user),"action_groups":{"mine":"x:y"}}"#, "action_groups.mine is no list of strings"),
            (#"{\#(user),"roles_mapping":{"nope":{}}}"#, "roles_mapping.nope maps an unknown role"),
        ] { #expect(reason(text).hasPrefix(expected), "\(reason(text))") }
        #expect(!reason("{").isEmpty)
        #expect(reason("{\(user)}").isEmpty)
    }

    @Test func `takes what OpenSearch's own files have`() async throws {
        let server = try await SecuredServer(
            #"""
            {"_meta":{"type":"x"},
             "users":{"u":{"hash":"plain:pw","reserved":false,"backend_roles":[],"attributes":{"a":"b"},
               "opendistro_security_roles":["own"],"description":"one"}},
             "roles":{"own":{"reserved":false,"cluster_permissions":["mine"],"tenant_permissions":[],
               "index_permissions":[{"index_patterns":["${user.name}-?"],"dls":"","fls":[],"masked_fields":[],
               "allowed_actions":["mine","create_index"]}]}},
             "action_groups":{"mine":{"allowed_actions":["more"],"type":"all"},"more":["mine","cluster:monitor/main"]}}
            """#)
        #expect(await server.send("u", "GET", "/").status == 200)
        #expect(await server.send("u", "PUT", "/u-1").status == 200)
        #expect(await server.send("u", "PUT", "/u-12").status == 403)
    }
}

import Testing

@testable import VarveREST

/// Takes passwords for their own hashes, so that tests need no hashing.
struct PlainPasswords: PasswordCheck {
    func knows(_ hash: String) -> Bool { hash.hasPrefix("plain:") }

    func proves(_ password: [UInt8], _ hash: String) async -> PasswordVerdict {
        if password == Array("busy".utf8) { return .busy }
        return Array(hash.utf8.dropFirst(6)) == password ? .right : .wrong
    }
}

/// A service that asks who its callers are. Everybody's password is `pw`.
struct SecuredServer {
    let server: Server
    let security: Security

    init(_ file: String) async throws {
        security = try Security(file: Array(file.utf8), passwords: PlainPasswords())
        server = try await Server(security: security)
    }

    /// - Parameter roles: A role's name, and its parts as JSON.
    static func file(users: [String: [String]], roles: String = "{}") -> String {
        let users = users.map { name, roles in
            let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
            return #""\#(name)":{"hash":"plain:pw","roles":[\#(list)]}"#
        }
        return #"{"users":{\#(users.joined(separator: ","))},"roles":\#(roles)}"#
    }

    /// One role `it`, for the user `u`; `root` may do everything.
    init(cluster: [String] = [], _ rights: [(patterns: [String], actions: [String])]) async throws {
        func list(_ texts: [String]) -> String {
            "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        }
        let index = rights.map {
            #"{"index_patterns":\#(list($0.patterns)),"allowed_actions":\#(list($0.actions))}"#
        }
        let role =
            #"{"it":{"cluster_permissions":\#(list(cluster)),"index_permissions":[\#(index.joined(separator: ","))]}}"#
        try await self.init(Self.file(users: ["u": ["it"], "root": ["all_access"]], roles: role))
    }

    func send(_ user: String, _ method: String, _ target: String, _ body: String = "") async -> RESTResponse {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return await server.service.respond(
            to: RESTRequest(
                method, String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                headers: [
                    ("Content-Type", "application/json"), ("authorization", Self.basic(user, "pw")),
                ], body: Array(body.utf8)))
    }

    static func basic(_ name: String, _ password: String) -> String {
        let bytes = Array((name + ":" + password).utf8)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = "Basic "
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            var digits: [Character] = []
            for _ in 0..<4 {
                digits.insert(alphabet[Int(bits & 63)], at: 0)
                bits >>= 6
            }
            text += String(digits.prefix(group.count + 1)) + String(repeating: "=", count: 3 - group.count)
        }
        return text
    }

    /// What `root` does has to work.
    @discardableResult
    func prepare(
        _ method: String, _ target: String, _ body: String = "", at place: SourceLocation = #_sourceLocation
    ) async -> String {
        let response = await send("root", method, target, body)
        #expect((200..<300).contains(response.status), "\(response.text)", sourceLocation: place)
        return response.text
    }

    func permits(
        _ method: String, _ target: String, _ body: String = "", _ status: Int = 200,
        at place: SourceLocation = #_sourceLocation
    ) async {
        let response = await send("u", method, target, body)
        #expect(response.status == status, "\(response.text)", sourceLocation: place)
    }

    func forbids(
        _ method: String, _ target: String, _ action: String, at place: SourceLocation = #_sourceLocation
    ) async { await forbids(method, target, "", action, at: place) }

    func forbids(
        _ method: String, _ target: String, _ body: String, _ action: String,
        at place: SourceLocation = #_sourceLocation
    ) async {
        let response = await send("u", method, target, body)
        let inner =
            #""type":"security_exception","reason":"no permissions for [\#(action)] and User [name=u, "#
            + #"backend_roles=[], requestedTenant=null]""#
        #expect(response.status == 403, "\(response.text)", sourceLocation: place)
        #expect(
            response.text == #"{"error":{"root_cause":[{\#(inner)}],\#(inner)},"status":403}"#,
            sourceLocation: place)
    }
}

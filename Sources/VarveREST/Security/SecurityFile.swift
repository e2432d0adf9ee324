import VarveDocument

/// A security file, read and checked whole: users with their rights worked out.
struct SecurityFile: Sendable {
    struct User: Sendable {
        let hash: String
        let principal: Principal
    }

    let users: [String: User]
    /// What a password is checked against if its user is unknown, so that the time tells nobody.
    let decoyHash: String

    init(_ bytes: [UInt8], _ passwords: any PasswordCheck) throws(SecurityFileError) {
        let body: JSONBody
        do { body = try JSONBody(bytes) } catch { throw Self.wrong(error.description) }
        var reader = SecurityReader()
        try reader.read(body.root)
        var users: [String: User] = [:]
        for entry in reader.users {
            guard passwords.knows(entry.hash) else {
                throw Self.wrong(
                    "users.\(entry.name).hash is no hash that can be checked; varve hash-password makes one")
            }
            let roles = Self.roles(of: entry, reader.mappings)
            var rights = Rights()
            for name in roles {
                guard let role = Role.builtIn[name] ?? reader.roles[name] else {
                    let names = Array(Role.builtIn.keys) + Array(reader.roles.keys)
                    throw Self.wrong(
                        "users.\(entry.name) has the unknown role [\(name)]"
                            + Suggestion.text(for: name, among: names, arrow: ","))
                }
                role.grant(to: &rights, user: entry.name, reader.groups)
            }
            users[entry.name] = User(
                hash: entry.hash,
                principal: Principal(
                    name: entry.name, backendRoles: entry.backendRoles, roles: roles, rights: rights))
        }
        // All hashes cost the same if one tool made them; the first stands for them.
        guard let first = reader.users.first else { throw Self.wrong("[users] has none") }
        self.users = users
        decoyHash = first.hash
    }

    private static func roles(
        of user: SecurityReader.User, _ mappings: [(role: String, users: [String], backendRoles: [String])]
    ) -> [String] {
        var roles = user.roles
        for mapping in mappings where !roles.contains(mapping.role) {
            let isMapped =
                mapping.users.contains { NamePattern($0).matches(user.name) }
                || mapping.backendRoles.contains { pattern in
                    user.backendRoles.contains { NamePattern(pattern).matches($0) }
                }
            if isMapped { roles.append(mapping.role) }
        }
        return roles
    }

    static func wrong(_ reason: String) -> SecurityFileError {
        SecurityFileError(description: reason)
    }
}

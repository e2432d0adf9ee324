/// Reads the entries of a security file. Nothing in it is passed over: what has no effect here is an error.
struct SecurityReader {
    struct User {
        let name: String
        var hash = ""
        var roles: [String] = []
        var backendRoles: [String] = []
    }

    private(set) var users: [User] = []
    private(set) var roles: [String: Role] = [:]
    private(set) var mappings: [(role: String, users: [String], backendRoles: [String])] = []
    private(set) var groups = ActionGroups()

    mutating func read(_ root: JSONNode) throws(SecurityFileError) {
        let sections = ["users", "roles", "roles_mapping", "action_groups", "_meta"]
        for section in try members(root, "the file") {
            guard sections.contains(section.key) else {
                throw Self.unknown(section.key, "the file", sections)
            }
        }
        // Groups first: the actions of roles are checked against them.
        for entry in try members(root["action_groups"], "action_groups") { try readGroup(entry) }
        for entry in try members(root["roles"], "roles") { try readRole(entry) }
        for entry in try members(root["roles_mapping"], "roles_mapping") { try readMapping(entry) }
        for entry in try members(root["users"], "users") { try readUser(entry) }
    }

    // MARK: Entries

    private mutating func readGroup(_ entry: JSONNode.Member) throws(SecurityFileError) {
        let place = "action_groups.\(entry.key)"
        var actions = entry.value
        if entry.value.members != nil {
            for member in try members(entry.value, place) {
                switch member.key {
                case "allowed_actions": actions = member.value
                case "type", "description", "reserved", "hidden", "static": break
                default: throw Self.unknown(member.key, place, ["allowed_actions", "type", "description"])
                }
            }
        }
        guard groups.add(entry.key, try strings(actions, place)) else {
            throw SecurityFile.wrong("\(place) is built in and cannot be changed")
        }
    }

    private mutating func readRole(_ entry: JSONNode.Member) throws(SecurityFileError) {
        let place = "roles.\(entry.key)"
        guard Role.builtIn[entry.key] == nil else {
            throw SecurityFile.wrong("\(place) is built in and cannot be changed")
        }
        var role = Role()
        for member in try members(entry.value, place) {
            let inner = "\(place).\(member.key)"
            switch member.key {
            case "cluster_permissions": role.cluster = try actions(member.value, inner)
            case "index_permissions":
                guard let rights = member.value.elements else { throw Self.noList(inner) }
                for right in rights { role.indices.append(try readRight(right, inner)) }
            case "tenant_permissions": try refuse(member.value, inner, "tenants")
            case "description", "reserved", "hidden", "static": break
            default:
                throw Self.unknown(
                    member.key, place, ["cluster_permissions", "index_permissions", "description"])
            }
        }
        roles[entry.key] = role
    }

    private func readRight(_ node: JSONNode, _ place: String) throws(SecurityFileError) -> Role.OnIndices {
        var right = Role.OnIndices()
        for member in try members(node, place) {
            let inner = "\(place).\(member.key)"
            switch member.key {
            case "index_patterns": right.patterns = try strings(member.value, inner)
            case "allowed_actions": right.actions = try actions(member.value, inner)
            case "dls", "fls", "masked_fields": try refuse(member.value, inner, "rights within documents")
            default: throw Self.unknown(member.key, place, ["index_patterns", "allowed_actions"])
            }
        }
        for pattern in right.patterns where pattern.hasPrefix("/") || pattern.isEmpty {
            throw SecurityFile.wrong("\(place).index_patterns has [\(pattern)]: a pattern may hold * and ?")
        }
        return right
    }

    private mutating func readMapping(_ entry: JSONNode.Member) throws(SecurityFileError) {
        let place = "roles_mapping.\(entry.key)"
        guard Role.builtIn[entry.key] != nil || roles[entry.key] != nil else {
            let names = Array(Role.builtIn.keys) + Array(roles.keys)
            throw SecurityFile.wrong(
                "\(place) maps an unknown role" + Suggestion.text(for: entry.key, among: names, arrow: ","))
        }
        var (users, backendRoles): ([String], [String]) = ([], [])
        for member in try members(entry.value, place) {
            let inner = "\(place).\(member.key)"
            switch member.key {
            case "users": users = try strings(member.value, inner)
            case "backend_roles": backendRoles = try strings(member.value, inner)
            case "hosts", "and_backend_roles": try refuse(member.value, inner, "this kind of mapping")
            case "description", "reserved", "hidden": break
            default: throw Self.unknown(member.key, place, ["users", "backend_roles", "description"])
            }
        }
        mappings.append((entry.key, users, backendRoles))
    }

    private mutating func readUser(_ entry: JSONNode.Member) throws(SecurityFileError) {
        let place = "users.\(entry.key)"
        guard !entry.key.isEmpty, !entry.key.contains(":") else {
            throw SecurityFile.wrong("\(place): a name is not empty and holds no colon")
        }
        guard !users.contains(where: { $0.name == entry.key }) else {
            throw SecurityFile.wrong("\(place) is there twice")
        }
        var user = User(name: entry.key)
        for member in try members(entry.value, place) {
            let inner = "\(place).\(member.key)"
            switch member.key {
            case "hash": user.hash = member.value.string ?? ""
            case "roles", "opendistro_security_roles": user.roles += try strings(member.value, inner)
            case "backend_roles": user.backendRoles = try strings(member.value, inner)
            case "description", "reserved", "hidden", "static", "attributes": break
            default:
                throw Self.unknown(member.key, place, ["hash", "roles", "backend_roles", "description"])
            }
        }
        users.append(user)
    }

    // MARK: Values

    private func members(_ node: JSONNode?, _ place: String) throws(SecurityFileError) -> [JSONNode.Member] {
        guard let node else { return [] }
        guard let members = node.members else { throw SecurityFile.wrong("\(place) is no object") }
        return members.filter { $0.key != "_meta" || place == "the file" }
    }

    private func strings(_ node: JSONNode, _ place: String) throws(SecurityFileError) -> [String] {
        guard let elements = node.elements else { throw Self.noList(place) }
        let strings = elements.compactMap(\.string)
        guard strings.count == elements.count else { throw Self.noList(place) }
        return strings
    }

    private func actions(_ node: JSONNode, _ place: String) throws(SecurityFileError) -> [String] {
        let actions = try strings(node, place)
        if let unknown = actions.first(where: groups.isUnknown) {
            throw SecurityFile.wrong(
                "\(place) names [\(unknown)], which is neither an action nor an action group"
                    + Suggestion.text(for: unknown, among: groups.names, arrow: ","))
        }
        return actions
    }

    /// What would promise more than is kept, unless it says nothing.
    private func refuse(_ node: JSONNode, _ place: String, _ what: String) throws(SecurityFileError) {
        if node.isNull || node.string == "" || node.elements?.isEmpty == true { return }
        throw SecurityFile.wrong("\(place): \(what) are not supported")
    }

    private static func noList(_ place: String) -> SecurityFileError {
        SecurityFile.wrong("\(place) is no list of strings")
    }

    private static func unknown(_ key: String, _ place: String, _ known: [String]) -> SecurityFileError {
        SecurityFile.wrong(
            "\(place) has the unknown key [\(key)]" + Suggestion.text(for: key, among: known, arrow: ","))
    }
}

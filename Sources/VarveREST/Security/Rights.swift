/// Actions by name or pattern: `indices:data/read/get`, `indices:data/read*`.
struct ActionSet: Sendable {
    private var names: Set<String> = []
    private var patterns: [NamePattern] = []

    init(_ actions: some Sequence<String>) {
        for action in actions {
            let pattern = NamePattern(action)
            if pattern.isLiteral {
                names.insert(action)
            } else if !patterns.contains(pattern) {
                patterns.append(pattern)
            }
        }
    }

    func contains(_ action: String) -> Bool {
        names.contains(action) || patterns.contains { $0.matches(action) }
    }
}

/// What somebody may do: the sum of the roles held.
struct Rights: Sendable {
    struct OnIndices: Sendable {
        let patterns: [NamePattern]
        let actions: ActionSet
    }

    private var cluster: [ActionSet] = []
    private var indices: [OnIndices] = []

    mutating func grant(cluster actions: ActionSet) { cluster.append(actions) }
    mutating func grant(_ actions: ActionSet, on patterns: [NamePattern]) {
        indices.append(OnIndices(patterns: patterns, actions: actions))
    }

    /// An action that concerns no index by itself.
    func permits(_ action: String) -> Bool { cluster.contains { $0.contains(action) } }

    /// - Parameter names: The index's own and those of its aliases: one that is permitted suffices.
    func permits(_ action: String, onAnyOf names: [String]) -> Bool {
        indices.contains { right in
            right.actions.contains(action)
                && right.patterns.contains { pattern in names.contains { pattern.matches($0) } }
        }
    }

    /// An action on whatever there is or will be: it takes the pattern `*`.
    func permitsOnEverything(_ action: String) -> Bool {
        indices.contains { $0.actions.contains(action) && $0.patterns.contains(where: \.isEverything) }
    }
}

/// Who sends a request.
struct Principal: Sendable, CustomStringConvertible {
    let name: String
    let backendRoles: [String]
    let roles: [String]
    let rights: Rights

    /// As refusals show it.
    var description: String {
        "User [name=\(name), backend_roles=[\(backendRoles.joined(separator: ", "))], requestedTenant=null]"
    }
}

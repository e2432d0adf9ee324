/// A role as a security file says it, before its groups are resolved.
struct Role: Sendable {
    struct OnIndices: Sendable {
        var patterns: [String] = []
        var actions: [String] = []
    }

    var cluster: [String] = []
    var indices: [OnIndices] = []

    /// Adds what the role grants to a user; `${user.name}` in a pattern is the user's name.
    func grant(to rights: inout Rights, user: String, _ groups: ActionGroups) {
        rights.grant(cluster: ActionSet(groups.resolve(cluster)))
        for right in indices {
            let patterns = right.patterns.map { NamePattern($0.replacing("${user.name}", with: user)) }
            rights.grant(ActionSet(groups.resolve(right.actions)), on: patterns)
        }
    }

    /// Those of OpenSearch that concern what Varve does.
    static let builtIn: [String: Role] = [
        "all_access": Role(cluster: ["*"], indices: [OnIndices(patterns: ["*"], actions: ["*"])]),
        "readall": Role(
            cluster: ["cluster_composite_ops_ro"], indices: [OnIndices(patterns: ["*"], actions: ["read"])]),
        "readall_and_monitor": Role(
            cluster: ["cluster_monitor", "cluster_composite_ops_ro"],
            indices: [OnIndices(patterns: ["*"], actions: ["read"])]),
        "point_in_time_full_access": Role(
            indices: [OnIndices(patterns: ["*"], actions: ["manage_point_in_time"])]),
    ]
}

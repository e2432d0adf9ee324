/// Names for sets of actions: those that OpenSearch brings along, and those of the security file. Groups may hold
/// groups.
struct ActionGroups: Sendable {
    private var groups: [String: [String]] = ActionGroups.builtIn

    var names: [String] { Array(groups.keys) }

    /// False if OpenSearch has a group of this name already.
    mutating func add(_ name: String, _ actions: [String]) -> Bool {
        guard Self.builtIn[name] == nil else { return false }
        groups[name] = actions
        return true
    }

    /// Every group replaced by what it holds, however deep. A group that holds itself adds nothing.
    func resolve(_ actions: [String]) -> Set<String> {
        var found: Set<String> = []
        var seen: Set<String> = []
        var left = actions
        while let action = left.popLast() {
            guard let members = groups[action] else {
                found.insert(action)
                continue
            }
            if seen.insert(action).inserted { left += members }
        }
        return found
    }

    /// Neither a group nor the look of an action: most likely a misspelt group.
    func isUnknown(_ action: String) -> Bool {
        groups[action] == nil && !action.contains(":") && !action.contains("*")
    }

    private static let builtIn: [String: [String]] = [
        "unlimited": ["*"],
        "cluster_all": ["cluster:*"],
        "cluster_monitor": ["cluster:monitor/*"],
        "cluster_composite_ops_ro": [
            "indices:data/read/mget", "indices:data/read/msearch", "indices:data/read/mtv",
            "indices:admin/aliases/exists*", "indices:admin/aliases/get*", "indices:data/read/scroll",
            "indices:admin/resolve/index",
        ],
        "cluster_composite_ops": [
            "indices:data/write/bulk", "indices:admin/aliases*", "indices:data/write/reindex",
            "cluster_composite_ops_ro",
        ],
        "cluster_manage_index_templates": ["indices:admin/template/*", "indices:admin/index_template/*"],
        "cluster_manage_pipelines": ["cluster:admin/ingest/pipeline/*"],
        "manage_snapshots": ["cluster:admin/snapshot/*", "cluster:admin/repository/*"],
        "indices_all": ["indices:*"],
        "indices_monitor": ["indices:monitor/*"],
        "manage": ["indices:monitor/*", "indices:admin/*"],
        "manage_aliases": ["indices:admin/aliases*"],
        "manage_data_streams": ["indices:admin/data_stream/*", "indices:monitor/data_stream/stats"],
        "manage_point_in_time": [
            "indices:data/read/point_in_time/create", "indices:data/read/point_in_time/delete",
            "indices:data/read/point_in_time/readall", "indices:data/read/search",
            "indices:monitor/point_in_time/segments",
        ],
        "create_index": ["indices:admin/create", "indices:admin/mapping/put"],
        "data_access": ["indices:data/*", "crud"],
        "crud": ["read", "write"],
        "read": ["indices:data/read*", "indices:admin/mappings/fields/get*", "indices:admin/resolve/index"],
        "write": ["indices:data/write*", "indices:admin/mapping/put"],
        "get": ["indices:data/read/get*", "indices:data/read/mget*"],
        "search": [
            "indices:data/read/search*", "indices:data/read/msearch*", "indices:admin/resolve/index",
            "suggest",
        ],
        "suggest": ["indices:data/read/suggest*"],
        "index": [
            "indices:data/write/index*", "indices:data/write/update*", "indices:admin/mapping/put",
            "indices:data/write/bulk*",
        ],
        "delete": ["indices:data/write/delete*"],
    ]
}

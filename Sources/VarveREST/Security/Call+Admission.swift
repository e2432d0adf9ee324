import Varve
import VarveManifest

/// Who may do what, where a request says both. Without a security file everybody may do everything.
///
/// An action on the cluster, and the making of an index, are checked before the handler runs; an action on indices
/// where their names are resolved, as concrete indices; one on points in time as on the indices that they hold.
extension Call {
    /// What the route itself asks for.
    func admitRoute(_ route: Route) throws(RESTError) {
        guard let principal, !action.isEmpty else { return }
        if route.pattern.last == "_all" {
            guard principal.rights.permitsOnEverything(action) else { throw refusal([action]) }
        } else if Actions.isOnCluster(action) {
            guard principal.rights.permits(action) else { throw refusal([action]) }
        } else if let expression = parameters.path["index"] {
            try admitAbsent(expression)
        }
    }

    /// Lets what is done to these indices pass, or throws: one that is not permitted refuses all.
    func admit(_ indices: [Index]) throws(RESTError) -> [Index] {
        guard principal != nil else { return indices }
        for index in indices { try admit(Actions.onEachIndex(action), names: names(of: index)) }
        return indices
    }

    /// The index's own name and those of its aliases: a right to any of them is one to the index.
    private func names(of index: Index) -> [String] {
        [index.name] + store.aliases.filter { $0.value.contains { $0.index == index.uuid } }.map(\.key)
    }

    /// The same for one action of a bulk.
    func admit(_ kind: BulkAction.Kind, on index: Index) throws(RESTError) {
        guard principal != nil else { return }
        let permission =
            switch kind {
            case .index, .create: "indices:data/write/index"
            case .update: "indices:data/write/update"
            case .delete: "indices:data/write/delete"
            }
        try admit(Actions.onEachIndex(action) + [permission], names: names(of: index))
    }

    /// The same for actions besides the route's own.
    func admit(_ actions: [String], names: [String]) throws(RESTError) {
        guard let principal else { return }
        let missing = actions.filter { !principal.rights.permits($0, onAnyOf: names) }
        if !missing.isEmpty { throw refusal(missing) }
    }

    /// Changes of aliases: their indices were admitted, but a name gives rights as well, so it takes one to it.
    func admit(_ changes: AliasChanges) throws(RESTError) {
        for index in changes.removedIndices { try admit(["indices:admin/delete"], names: names(of: index)) }
        for change in changes.changes {
            switch change {
            case .add(let alias, _, _): try admit([action], names: [alias])
            case .remove(let patterns, _, _): for name in patterns { try admit([action], names: [name]) }
            }
        }
    }

    /// What is done to all there is, as by `_all` in a body.
    func admitEverything() throws(RESTError) {
        guard let principal, !principal.rights.permitsOnEverything(action) else { return }
        throw refusal([action])
    }

    /// Names that nothing has yet: whether they exist is told to those alone who may use them.
    private func admitAbsent(_ expression: String) throws(RESTError) {
        for name in expression.split(separator: ",").map(String.init) where !name.contains("*") {
            if name == "_all" || store.aliases[name] != nil || (try? store.index(name)) != nil { continue }
            try admit(Actions.onEachIndex(action), names: [name])
        }
    }

    func refusal(_ actions: [String]) -> RESTError {
        let list = actions.joined(separator: ", ")
        return RESTError(
            403, "security_exception", "no permissions for [\(list)] and \(principal?.description ?? "")")
    }
}

/// Which right an action takes.
enum Actions {
    private static let onCluster: Set<String> = [
        "indices:data/write/bulk", "indices:data/read/mget", "indices:data/read/msearch",
        "indices:data/write/reindex", "indices:data/read/scroll", "indices:data/read/scroll/clear",
    ]

    /// It is a permission of the cluster: the request names its indices within, or none.
    static func isOnCluster(_ action: String) -> Bool {
        action.hasPrefix("cluster:") || action.hasPrefix("indices:admin/template/")
            || action.hasPrefix("indices:admin/index_template/") || onCluster.contains(action)
    }

    /// What each index of such a request must be permitted for.
    static func onEachIndex(_ action: String) -> [String] {
        switch action {
        case "indices:data/write/bulk": ["indices:data/write/bulk[s]"]
        case "indices:data/read/mget": ["indices:data/read/mget[shard]"]
        case "indices:data/read/msearch", "indices:data/read/scroll": ["indices:data/read/search"]
        case "indices:data/write/delete/byquery":
            [action, "indices:data/read/search", "indices:data/write/delete"]
        default: isOnCluster(action) ? [] : [action]
        }
    }
}

import Varve
import VarveBytes
import VarveEngine
import VarveManifest

/// Changes of aliases that are made together: all of them or none.
struct AliasChanges: Sendable {
    enum Change: Sendable {
        case add(alias: String, indices: [Index], AliasMember)
        /// - Parameter mustExist: Nil makes a name that nothing has an error only if all changes find nothing.
        case remove(patterns: [String], indices: [Index], mustExist: Bool)
    }

    var changes: [Change] = []
    var removedIndices: [Index] = []

    func apply(to store: Store) async throws(RESTError) {
        for case .add(let alias, _, _) in changes { try check(alias, store) }
        let failure = Locked<RESTError?>(nil)
        let names = Dictionary(store.indices.map { ($0.uuid, $0.name) }) { first, _ in first }
        do {
            try await store.changeAliases(removing: removedIndices) { (aliases) throws(EngineError) in
                do throws(RESTError) {
                    for change in changes { try Self.apply(change, to: &aliases) }
                    for (name, members) in aliases { try Self.check(members, of: name, names) }
                } catch {
                    failure.withLock { $0 = error }
                    throw .invalid("the aliases are not changed")
                }
            }
        } catch {
            if let failure = failure.withLock({ $0 }) { throw failure }
            throw RESTError(error)
        }
    }

    /// A name is free once the index that has it goes with the same change.
    private func check(_ alias: String, _ store: Store) throws(RESTError) {
        if removedIndices.contains(where: { $0.name == alias }) { return }
        try AliasDefinition.check(name: alias, store)
    }

    private static func apply(
        _ change: Change, to aliases: inout [String: [AliasMember]]
    ) throws(RESTError) {
        switch change {
        case .add(let alias, let indices, let definition):
            var members = aliases[alias] ?? []
            for index in indices {
                var member = definition
                member.index = index.uuid
                members.removeAll { $0.index == index.uuid }
                members.append(member)
            }
            aliases[alias] = members.isEmpty ? nil : members
        case .remove(let patterns, let indices, let mustExist):
            let uuids = Set(indices.map(\.uuid))
            var found = false
            for name in aliases.keys
            where patterns.contains(where: { $0 == "_all" || Wildcard.matches(name, $0) }) {
                let members = aliases[name] ?? []
                let left = members.filter { !uuids.contains($0.index) }
                if left.count == members.count { continue }
                found = true
                aliases[name] = left.isEmpty ? nil : left
            }
            if !found && mustExist { throw missing(patterns) }
        }
    }

    static func missing(_ names: [String]) -> RESTError {
        RESTError(
            404,
            ErrorDetail(
                "aliases_not_found_exception", "aliases [\(names.joined(separator: ","))] missing",
                extra: [
                    .init("resource.type", .string("aliases")),
                    .init("resource.id", .string(names.joined(separator: ","))),
                ]))
    }

    private static func check(
        _ members: [AliasMember], of name: String, _ names: [UUID128: String]
    ) throws(RESTError) {
        let writers = members.filter { $0.isWriteIndex == true }.compactMap { names[$0.index] }.sorted()
        guard writers.count > 1 else { return }
        throw RESTError(
            400, "illegal_state_exception",
            "alias [\(name)] has more than one write index [\(writers.joined(separator: ","))]")
    }
}

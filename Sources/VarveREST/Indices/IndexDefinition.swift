import Varve
import VarveDocument
import VarveManifest

/// What a new index is made with: `{"settings": {}, "mappings": {}, "aliases": {}}`.
struct IndexDefinition {
    private(set) var mapping = Mapping()
    private(set) var settings: [(key: String, value: String)] = []
    private(set) var aliases: [(name: String, member: AliasMember)] = []

    init(_ call: Call) throws(RESTError) {
        if let text = call.parameters.query["wait_for_active_shards"] {
            try WriteParameters.check(activeShards: text)
        }
        guard let body = try call.json() else { return }
        guard let members = body.root.members else {
            throw RESTError(400, "parse_exception", "request body is required to be an object")
        }
        for member in members {
            switch member.key {
            case "mappings": mapping = try MappingHandlers.read(body, member.value)
            case "settings": settings = IndexSettings.given(try IndexSettings.read(member.value))
            case "aliases": try readAliases(member.value, body, call)
            default:
                throw RESTError(400, "parse_exception", "unknown key [\(member.key)] for create index")
            }
        }
    }

    private mutating func readAliases(
        _ node: JSONNode, _ body: JSONBody, _ call: Call
    ) throws(RESTError) {
        for member in node.members ?? [] {
            try AliasDefinition.check(name: member.key, call.store)
            guard member.key != call.segment("index") else {
                throw RESTError(
                    400, "invalid_alias_name_exception",
                    "Invalid alias name [\(member.key)], an index or data stream exists with the same name as "
                        + "the alias")
            }
            for name in [call.segment("index"), member.key] {
                try call.admit(["indices:admin/aliases"], names: [name])
            }
            let alias = try AliasDefinition.read(member.value, of: member.key, body)
            let others = call.store.aliases[member.key] ?? []
            if alias.isWriteIndex == true, let other = others.first(where: { $0.isWriteIndex == true }),
                let name = call.store.indices.first(where: { $0.uuid == other.index })?.name
            {
                throw RESTError(
                    400, "illegal_state_exception",
                    "alias [\(member.key)] has more than one write index "
                        + "[\([name, call.segment("index")].sorted().joined(separator: ","))]")
            }
            aliases.append((member.key, alias))
        }
    }
}

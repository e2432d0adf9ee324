import Varve
import VarveBytes
import VarveManifest

/// The aliases by the indices that they stand for.
struct AliasTable {
    private let aliases: [String: [AliasMember]]

    init(_ store: Store) { aliases = store.aliases }

    /// The aliases of these indices, by index and name.
    func entries(of indices: [Index]) -> [(alias: String, index: String, member: AliasMember)] {
        indices.flatMap { index in
            names(of: index).map { (alias: $0.name, index: index.name, member: $0.member) }
        }
    }

    func names(of index: Index) -> [(name: String, member: AliasMember)] {
        aliases.compactMap { name, members in
            members.first { $0.index == index.uuid }.map { (name, $0) }
        }.sorted { $0.name < $1.name }
    }

    /// `{"a": {"filter": …}}`: the aliases of an index, with what is special about each.
    func write(_ index: Index, to json: inout JSONWriter, where isShown: (String) -> Bool = { _ in true }) {
        json.beginObject()
        for (name, member) in names(of: index) where isShown(name) {
            json.key(name)
            json.beginObject()
            if !member.filter.isEmpty {
                json.key("filter")
                json.raw(member.filter)
            }
            if let routing = member.indexRouting { json.add("index_routing", routing) }
            if let routing = member.searchRouting { json.add("search_routing", routing) }
            if let isWriteIndex = member.isWriteIndex { json.add("is_write_index", isWriteIndex) }
            if member.isHidden { json.add("is_hidden", true) }
            json.endObject()
        }
        json.endObject()
    }
}

/// The definition of one alias of one index, as JSON says it.
struct AliasDefinition {
    /// Reads `{"filter": {}, "routing": "r", "is_write_index": true}`.
    ///
    /// - Parameter others: Keys that mean something to the caller.
    static func read(
        _ node: JSONNode?, of alias: String, _ body: JSONBody?, others: Set<String> = []
    ) throws(RESTError) -> AliasMember {
        var member = AliasMember(index: UUID128(high: 0, low: 0))
        for entry in node?.members ?? [] {
            switch entry.key {
            case "filter" where entry.value.members != nil:
                guard let body else { continue }
                if entry.value.members?.isEmpty == true { continue }
                member.filter = Array(body.text(of: entry.value))
                try check(member.filter, of: alias)
            case "filter" where entry.value.isNull: break
            case "routing":
                member.indexRouting = try routing(entry)
                member.searchRouting = try routing(entry)
            case "index_routing", "indexRouting", "index-routing": member.indexRouting = try routing(entry)
            case "search_routing", "searchRouting", "search-routing":
                member.searchRouting = try routing(entry)
            case "is_write_index": member.isWriteIndex = try flag(entry)
            case "is_hidden": member.isHidden = try flag(entry)
            default:
                if others.contains(entry.key) { continue }
                throw .illegalArgument("Unknown field [\(entry.key)] in alias [\(alias)]")
            }
        }
        return member
    }

    private static func routing(_ entry: JSONNode.Member) throws(RESTError) -> String? {
        if entry.value.isNull { return nil }
        guard let text = entry.value.scalarText, text.utf8.count <= AliasContent.routingBytesMax else {
            throw .illegalArgument("[\(entry.key)] must be a value of at most 512 bytes")
        }
        return text
    }

    private static func flag(_ entry: JSONNode.Member) throws(RESTError) -> Bool {
        guard let flag = entry.value.boolean else {
            throw .illegalArgument(
                "Failed to parse value [\(entry.value.scalarText ?? "")] as only [true] or [false] are allowed."
            )
        }
        return flag
    }

    private static func check(_ filter: [UInt8], of alias: String) throws(RESTError) {
        do throws(RESTError) { _ = try AliasFilter.read(filter) } catch {
            throw .illegalArgument("failed to parse filter for alias [\(alias)]", cause: error.detail)
        }
    }

    /// Names of aliases keep the rules of names of indices, but may have capitals.
    static func check(name: String, _ store: Store) throws(RESTError) {
        func refuse(_ rule: String) -> RESTError {
            RESTError(400, "invalid_alias_name_exception", "Invalid alias name [\(name)], \(rule)")
        }
        do throws(RESTError) { try IndexNames.check(name.lowercased()) } catch {
            let reason = error.detail.reason
            let rule = reason.split(separator: ", ", maxSplits: 1).last.map(String.init) ?? reason
            throw refuse(rule.replacing("index name is too long", with: "name is too long"))
        }
        if store.indices.contains(where: { $0.name == name }) {
            throw refuse("an index or data stream exists with the same name as the alias")
        }
    }
}

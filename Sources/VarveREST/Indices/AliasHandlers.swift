import Varve
import VarveManifest

/// Aliases: showing them, and changing one or many at once.
enum AliasHandlers {
    // MARK: Many at once

    /// `POST /_aliases`.
    static func change(_ call: Call) async throws(RESTError) -> RESTResponse {
        guard let body = try call.json() else { throw .validation("Must specify at least one alias action") }
        var changes = AliasChanges()
        var count = 0
        for member in body.root.members ?? [] {
            guard member.key == "actions" else {
                let (line, column) = body.position(of: body.keyStart(of: member.value))
                throw RESTError(
                    400, "x_content_parse_exception",
                    "[\(line):\(column)] [aliases] unknown field [\(member.key)]"
                        + Suggestion.text(for: member.key, among: ["actions"]))
            }
            for node in member.value.elements ?? [] {
                guard let action = node.members?.first, node.members?.count == 1 else {
                    throw .illegalArgument(
                        "Each alias action holds one of [add], [remove] and [remove_index]")
                }
                try read(action, body, into: &changes, call)
                count += 1
            }
        }
        if count == 0 { throw .validation("Must specify at least one alias action") }
        try call.admit(changes)
        try await changes.apply(to: call.store)
        return .acknowledged
    }

    private static func read(
        _ action: JSONNode.Member, _ body: JSONBody, into changes: inout AliasChanges, _ call: Call
    ) throws(RESTError) {
        guard ["add", "remove", "remove_index"].contains(action.key) else {
            let (line, column) = body.position(of: body.keyStart(of: action.value))
            throw RESTError(
                400, "x_content_parse_exception",
                "[\(line):\(column)] [alias_action] unknown field [\(action.key)]"
                    + Suggestion.text(for: action.key, among: ["add", "remove", "remove_index"]))
        }
        let node = action.value
        let names = texts(node["index"]) + texts(node["indices"])
        if names.isEmpty { throw .illegalArgument("One of [index] or [indices] is required") }
        var options = IndexOptions.administrative
        options.allowsAliases = false
        let indices = try call.indices(names.joined(separator: ","), options)
        if action.key == "remove_index" {
            for index in indices { try IndexBlock.check(index, .delete) }
            changes.removedIndices += indices
            return
        }
        let aliases = texts(node["alias"]) + texts(node["aliases"])
        if aliases.isEmpty { throw .illegalArgument("One of [alias] or [aliases] is required") }
        for index in indices { try IndexBlock.check(index, .changeMetadata) }
        let known: Set<String> = ["index", "indices", "alias", "aliases", "must_exist"]
        let mustExist = node["must_exist"]?.boolean ?? true
        if action.key == "remove" {
            changes.changes.append(.remove(patterns: aliases, indices: indices, mustExist: mustExist))
            return
        }
        for alias in aliases {
            let member = try AliasDefinition.read(node, of: alias, body, others: known)
            changes.changes.append(.add(alias: alias, indices: indices, member))
        }
    }

    private static func texts(_ node: JSONNode?) -> [String] {
        guard let node else { return [] }
        return (node.elements ?? [node]).compactMap(\.string).flatMap {
            $0.split(separator: ",").map(String.init)
        }
    }

    // MARK: One

    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        let body = try call.json()
        let alias = call.parameters.path["name"] ?? body?.root["alias"]?.string ?? ""
        let expression = call.parameters.path["index"] ?? body?.root["index"]?.string ?? ""
        if alias.isEmpty { throw .illegalArgument("One of [alias] or [aliases] is required") }
        if expression.isEmpty { throw .illegalArgument("One of [index] or [indices] is required") }
        var options = IndexOptions.administrative
        options.allowsAliases = false
        let indices = try call.indices(expression, options)
        for index in indices { try IndexBlock.check(index, .changeMetadata) }
        let member = try AliasDefinition.read(
            body?.root, of: alias, body, others: ["alias", "index"])
        var changes = AliasChanges()
        changes.changes = [.add(alias: alias, indices: indices, member)]
        try call.admit(changes)
        try await changes.apply(to: call.store)
        return .acknowledged
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        var options = IndexOptions.administrative
        options.allowsAliases = false
        let indices = try call.indices(call.segment("index"), options)
        for index in indices { try IndexBlock.check(index, .changeMetadata) }
        var changes = AliasChanges()
        changes.changes = [
            .remove(patterns: call.parameters.list("name") ?? [], indices: indices, mustExist: true)
        ]
        try call.admit(changes)
        try await changes.apply(to: call.store)
        return .acknowledged
    }

    // MARK: Showing

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters, over: .administrative)
        let indices = try call.indices(call.parameters.path["index"], options)
        let table = AliasTable(call.store)
        let names = call.parameters.list("name")
        let patterns = names.map { $0.map { $0 == "_all" ? "*" : $0 } }
        var shown: Set<String> = []
        var json = JSONWriter(capacity: 1_024)
        let missing = missing(patterns, table.entries(of: indices).map(\.alias))
        json.beginObject()
        if !missing.isEmpty {
            json.add(
                "error", "alias\(missing.count > 1 ? "es" : "") [\(missing.joined(separator: ","))] missing")
            json.add("status", 404)
        }
        for index in indices {
            let isShown = { (name: String) in
                patterns?.contains { Wildcard.matches(name, $0) } ?? true
            }
            let own = table.names(of: index).map(\.name).filter(isShown)
            if patterns != nil && own.isEmpty { continue }
            shown.formUnion(own)
            json.key(index.name)
            json.beginObject()
            json.key("aliases")
            table.write(index, to: &json, where: isShown)
            json.endObject()
        }
        json.endObject()
        return .json(missing.isEmpty ? 200 : 404, json)
    }

    /// Names, not patterns, that no alias has.
    private static func missing(_ patterns: [String]?, _ known: [String]) -> [String] {
        (patterns ?? []).filter { !$0.contains("*") && !known.contains($0) }.sorted()
    }

    static func exists(_ call: Call) async throws(RESTError) -> RESTResponse {
        let options = try IndexOptions(call.parameters, over: .administrative)
        let indices = try call.indices(call.parameters.path["index"], options)
        let known = AliasTable(call.store).entries(of: indices).map(\.alias)
        let patterns = call.parameters.list("name") ?? ["*"]
        let isThere = patterns.contains { pattern in
            known.contains { Wildcard.matches($0, pattern == "_all" ? "*" : pattern) }
        }
        return .head(isThere && missing(patterns, known).isEmpty ? 200 : 404)
    }
}

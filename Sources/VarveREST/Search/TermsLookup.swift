import Varve
import VarveBytes
import VarveDocument
import VarveQuery

/// `terms` queries that take their values from a document: `{"terms":{"f":{"index":"i","id":"1","path":"p"}}}`. The
/// documents are read before the query is.
enum TermsLookup {
    /// The body with the values of every lookup in it.
    static func resolve(_ body: JSONBody?, _ call: Call) async throws(RESTError) -> JSONBody? {
        guard var body else { return nil }
        var found: [JSONNode] = []
        collect(body.root, into: &found)
        guard found.count <= 64 else {
            throw .illegalArgument(
                "a search may look up the terms of 64 documents, this one of \(found.count)")
        }
        for node in found { body.lookups[node.start] = try await values(of: node, body, call) }
        return body
    }

    /// Every object that stands for the values of a field of `terms`.
    private static func collect(_ node: JSONNode, into found: inout [JSONNode]) {
        for element in node.elements ?? [] { collect(element, into: &found) }
        for member in node.members ?? [] {
            if member.key == "terms" {
                for field in member.value.members ?? []
                where field.value["path"] != nil && field.value["id"] != nil {
                    found.append(field.value)
                }
            }
            collect(member.value, into: &found)
        }
    }

    private static func values(
        of node: JSONNode, _ body: JSONBody, _ call: Call
    ) async throws(RESTError) -> [QueryValue] {
        for member in node.members ?? []
        where !["index", "id", "path", "routing", "store"].contains(member.key) {
            throw QueryReader(body).parsing(
                "[terms] query does not support [\(member.key)] within lookup element", at: member.value.start
            )
        }
        if node["routing"] != nil || node["store"]?.boolean == true {
            throw .illegalArgument("[routing] and [store] of a terms lookup are not supported")
        }
        guard let name = node["index"]?.string, let id = node["id"]?.scalarText,
            let path = node["path"]?.string
        else {
            throw .illegalArgument("[terms] query lookup element requires specifying the index, id and path.")
        }
        let document: Document?
        let index = try call.index(name)
        do { document = try await index.get(id) } catch { throw RESTError(error) }
        guard let document else { return [] }
        guard let json = try? JSONValue(parsing: document.source.rawSpan) else { return [] }
        var values: [QueryValue] = []
        collect(json, path[...], into: &values)
        return values
    }

    private static func collect(_ json: JSONValue, _ path: Substring, into values: inout [QueryValue]) {
        switch json {
        case .array(let elements): for element in elements { collect(element, path, into: &values) }
        case .object(let members):
            for member in members where !path.isEmpty {
                if path == member.key {
                    collect(member.value, path.dropFirst(path.count), into: &values)
                } else if path.hasPrefix(member.key + ".") {
                    collect(member.value, path.dropFirst(member.key.count + 1), into: &values)
                }
            }
        case .string(let text): if path.isEmpty { values.append(.string(text)) }
        case .integer(let number): if path.isEmpty { values.append(.integer(number)) }
        case .real(let number): if path.isEmpty { values.append(.double(number)) }
        case .boolean(let flag): if path.isEmpty { values.append(.boolean(flag)) }
        case .null: break
        }
    }
}

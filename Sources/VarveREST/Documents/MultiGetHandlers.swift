import Varve
import VarveQuery

/// `_mget`: many documents, each found or not, in the order of the request.
enum MultiGetHandlers {
    private struct Wanted: Sendable {
        var index = ""
        var id = ""
        var routing: String?
        var filter: SourceFilter
        var version: Int64?
    }

    static func multiGet(_ call: Call) async throws(RESTError) -> RESTResponse {
        let outer = try SourceFilterReader.read(call.parameters)
        try ReadOptions.check(call.parameters)
        guard let body = try call.json() else {
            throw RESTError(400, "parse_exception", "request body or source parameter is required")
        }
        let wanted = try read(body, Wanted(index: call.parameters.path["index"] ?? "", filter: outer), call)
        if wanted.isEmpty { throw .validation("no documents to get") }
        let failures = wanted.compactMap {
            $0.index.isEmpty ? "index is missing" : $0.id.isEmpty ? "id is missing" : nil
        }
        if !failures.isEmpty { throw .validation(failures) }
        let reader = try call.parameters.query["pit"].map { (id) throws(RESTError) in
            try PointInTimeReader(call, id)
        }
        let isRealTime = try call.parameters.boolean("realtime", default: true)
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("docs")
        json.beginArray()
        for item in wanted {
            do throws(RESTError) {
                let (found, name) = try await document(item, call, reader, isRealTime)
                DocumentHandlers.write(found, id: item.id, name, item.filter, to: &json)
            } catch { write(error, item, to: &json) }
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    private static func document(
        _ item: Wanted, _ call: Call, _ reader: PointInTimeReader?, _ isRealTime: Bool
    ) async throws(RESTError) -> (Document?, String) {
        if let reader { return (try await reader.document(item.id, in: item.index), item.index) }
        let target = try call.document(
            item.index, routing: item.routing ?? call.parameters.query["routing"])
        try IndexBlock.check(target.index, .read)
        let found = try await DocumentHandlers.document(item.id, target, isRealTime: isRealTime)
        if let version = item.version, let found, found.version != version {
            throw .conflict(
                "[\(item.id)]: version conflict, current version [\(found.version)] is different than the one "
                    + "provided [\(version)]", in: target.index, shard: target.shardNumber(of: item.id))
        }
        return (found, target.index.name)
    }

    private static func write(_ error: RESTError, _ item: Wanted, to json: inout JSONWriter) {
        json.beginObject()
        json.add("_index", item.index)
        json.add("_id", item.id)
        json.key("error")
        json.beginObject()
        json.key("root_cause")
        json.beginArray()
        error.detail.write(into: &json, withCause: false)
        json.endArray()
        error.detail.writeMembers(into: &json, withCause: true)
        json.endObject()
        json.endObject()
    }

    // MARK: The body

    private static func read(
        _ body: JSONBody, _ standard: Wanted, _ call: Call
    ) throws(RESTError) -> [Wanted] {
        var wanted: [Wanted] = []
        for member in body.root.members ?? [] {
            switch member.key {
            case "ids":
                for id in member.value.elements ?? [] {
                    guard let text = id.scalarText else {
                        throw .illegalArgument("ids array element should only contain ids")
                    }
                    var item = standard
                    item.id = text
                    wanted.append(item)
                }
            case "docs":
                for node in member.value.elements ?? [] { wanted.append(try read(node, standard)) }
            default:
                throw RESTError(
                    400, "parsing_exception",
                    "unknown key [\(member.key)] for a \(member.value.token), expected [docs] or [ids]")
            }
        }
        return wanted
    }

    private static func read(_ node: JSONNode, _ standard: Wanted) throws(RESTError) -> Wanted {
        guard let members = node.members else {
            throw .illegalArgument("docs array element should include an object")
        }
        var item = standard
        for member in members {
            switch member.key {
            case "_index": item.index = member.value.string ?? ""
            case "_id": item.id = member.value.scalarText ?? ""
            case "routing", "_routing": item.routing = member.value.scalarText
            case "_source": item.filter = try SourceFilterReader.read(member.value)
            case "version", "_version": item.version = member.value.integer.map(Int64.init)
            case "version_type",
                "_version_type" where member.value.string == "internal":
                break
            case "stored_fields":
                throw .illegalArgument(
                    "[stored_fields] is not supported: no field is stored beside the source")
            default:
                throw RESTError(
                    400, "parse_exception",
                    "failed to parse multi get request. unknown field [\(member.key)]")
            }
        }
        return item
    }
}

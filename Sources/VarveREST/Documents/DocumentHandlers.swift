import Varve
import VarveQuery

/// One document at a time: index, create, get, delete.
enum DocumentHandlers {
    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        var terms = try WriteTerms(call.parameters)
        if call.request.path.split(separator: "/").dropFirst().first == "_create" { terms.isCreate = true }
        let id = call.parameters.path["id"]
        let policy = try RefreshPolicy(call.parameters)
        if call.body.isEmpty { throw .validation("source is missing") }
        let condition = try terms.condition(isAutomaticID: id == nil)
        if let id { try checkID(id) }
        let index = try await target(call)
        let receipt = try await Writer.write(
            WriteRequest(
                source: call.body, id: id, condition: condition, primaryTerm: terms.ifPrimaryTerm),
            to: index)
        return try await answer(receipt, index, policy)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        let terms = try WriteTerms(call.parameters)
        let policy = try RefreshPolicy(call.parameters)
        let condition = try terms.condition()
        // A delete that states no version makes no index.
        let index =
            terms.versionType == nil ? try call.index(call.segment("index")) : try await target(call)
        let receipt = try await Writer.write(
            WriteRequest(
                source: nil, id: call.segment("id"), condition: condition, primaryTerm: terms.ifPrimaryTerm),
            to: index)
        return try await answer(receipt, index, policy)
    }

    private static func target(_ call: Call) async throws(RESTError) -> Index {
        let name = call.segment("index")
        if try call.parameters.boolean("require_alias") {
            throw RESTError(
                404, "index_not_found_exception",
                "no such index [\(name)] and [require_alias] request flag is [true] and [\(name)] "
                    + "is not an alias")
        }
        return try await call.indexToWrite(name)
    }

    static func checkID(_ id: String) throws(RESTError) {
        let count = id.utf8.count
        guard count <= 512 else {
            throw .validation("id [\(id)] is too long, must be no longer than 512 bytes but was: \(count)")
        }
    }

    private static func answer(
        _ receipt: Receipt, _ index: Index, _ policy: RefreshPolicy
    ) async throws(RESTError) -> RESTResponse {
        try await Writer.refresh(index, policy)
        var json = JSONWriter()
        json.beginObject()
        receipt.write(index, policy, to: &json)
        json.endObject()
        var response = RESTResponse.json(receipt.status, json)
        if receipt.outcome == .created {
            let path = "/\(PercentCoding.encode(index.name))/_doc/\(PercentCoding.encode(receipt.id))"
            response.headers.append(("Location", path))
        }
        return response
    }

    // MARK: Reading

    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let filter = try SourceFilterReader.read(call.parameters)
        let index = try call.index(call.segment("index"))
        if try call.parameters.boolean("refresh") { try await Writer.refresh(index, .immediate) }
        let id = call.segment("id")
        let found = try await document(id, in: index)
        try checkVersion(found, call, index)
        var json = JSONWriter(capacity: 256 + (found?.source.count ?? 0))
        write(found, id: id, index.name, filter, to: &json)
        return .json(found == nil ? 404 : 200, json)
    }

    private static func checkVersion(_ found: Document?, _ call: Call, _ index: Index) throws(RESTError) {
        guard let wanted = try call.parameters.integer("version"), let found, found.version != wanted else {
            return
        }
        throw .conflict(
            "[\(found.id)]: version conflict, current version [\(found.version)] is different than the one "
                + "provided [\(wanted)]", in: index, shard: index.shardNumber(of: found.id))
    }

    static func document(_ id: String, in index: Index) async throws(RESTError) -> Document? {
        do { return try await index.get(id) } catch { throw RESTError(error) }
    }

    static func write(
        _ found: Document?, id: String, _ index: String, _ filter: SourceFilter, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.add("_index", index)
        json.add("_id", id)
        if let found {
            json.add("_version", found.version)
            json.add("_seq_no", Int64(clamping: found.sequenceNumber.rawValue))
            json.add("_primary_term", 1)
        }
        json.add("found", found != nil)
        if let found, filter.isWanted {
            json.key("_source")
            json.raw(filter.applied(to: found.source))
        }
        json.endObject()
    }

    static func source(_ call: Call) async throws(RESTError) -> RESTResponse {
        let filter = try SourceFilterReader.read(call.parameters)
        let index = try call.index(call.segment("index"))
        let id = call.segment("id")
        let found = try await document(id, in: index)
        guard let found else {
            throw RESTError(
                404, "resource_not_found_exception", "Document not found [\(index.name)]/_doc/[\(id)]")
        }
        var json = JSONWriter(capacity: found.source.count)
        json.raw(filter.applied(to: found.source))
        return .json(200, json)
    }

    // MARK: Many at once

    static func multiGet(_ call: Call) async throws(RESTError) -> RESTResponse {
        let outer = try SourceFilterReader.read(call.parameters)
        guard let body = try call.json() else {
            throw RESTError(400, "parse_exception", "request body or source parameter is required")
        }
        var wanted: [(index: String, id: String, filter: SourceFilter)] = []
        let index = call.parameters.path["index"]
        for member in body.root.members ?? [] {
            switch member.key {
            case "ids":
                for id in member.value.elements ?? [] {
                    wanted.append((index ?? "", id.scalarText ?? "", outer))
                }
            case "docs":
                for item in member.value.elements ?? [] {
                    let filter = try item["_source"].map { (node) throws(RESTError) in
                        try SourceFilterReader.read(node)
                    }
                    wanted.append(
                        (
                            item["_index"]?.string ?? index ?? "", item["_id"]?.scalarText ?? "",
                            filter ?? outer
                        ))
                }
            default:
                throw RESTError(
                    400, "parsing_exception",
                    "unknown key [\(member.key)] for a \(member.value.token), "
                        + "expected [docs] or [ids]")
            }
        }
        if wanted.isEmpty { throw .validation("no documents to get") }
        let failures = wanted.compactMap {
            $0.index.isEmpty ? "index is missing" : $0.id.isEmpty ? "id is missing" : nil
        }
        if !failures.isEmpty { throw .validation(failures) }
        return try await multiGet(call, wanted)
    }

    private static func multiGet(
        _ call: Call, _ wanted: [(index: String, id: String, filter: SourceFilter)]
    ) async throws(RESTError) -> RESTResponse {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("docs")
        json.beginArray()
        for item in wanted {
            do throws(RESTError) {
                let index = try call.index(item.index)
                let found = try await document(item.id, in: index)
                write(found, id: item.id, item.index, item.filter, to: &json)
            } catch {
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
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }
}

import Varve
import VarveQuery

/// One document at a time: index, create, get, delete.
enum DocumentHandlers {
    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        var terms = try WriteTerms(call.parameters)
        if call.request.path.split(separator: "/").dropFirst().first == "_create" { terms.isCreate = true }
        let id = call.parameters.path["id"]
        let policy = try RefreshPolicy(call.parameters)
        try WriteParameters.check(call.parameters)
        if call.body.isEmpty { throw .validation("source is missing") }
        let condition = try terms.condition(isAutomaticID: id == nil)
        if let id { try checkID(id) }
        let target = try await target(call)
        let receipt = try await Writer.write(
            WriteRequest(
                source: call.body[...], id: id, condition: condition, primaryTerm: terms.ifPrimaryTerm,
                routing: target.routing),
            to: target.index)
        return try await answer(receipt, target.index, policy)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        let terms = try WriteTerms(call.parameters)
        let policy = try RefreshPolicy(call.parameters)
        try WriteParameters.check(call.parameters)
        let condition = try terms.condition()
        // A delete that states no version makes no index.
        let target = try await target(call, makesIndex: terms.versionType != nil)
        let receipt = try await Writer.write(
            WriteRequest(
                source: nil, id: call.segment("id"), condition: condition, primaryTerm: terms.ifPrimaryTerm,
                routing: target.routing),
            to: target.index)
        return try await answer(receipt, target.index, policy)
    }

    static func target(
        _ call: Call, makesIndex: Bool = true
    ) async throws(RESTError) -> DocumentTarget {
        try await call.target(
            call.segment("index"), routing: call.parameters.query["routing"],
            requiresAlias: try call.parameters.boolean("require_alias"), makesIndex: makesIndex,
            isDeletion: call.action == "indices:data/write/delete")
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
        let (found, name) = try await read(call)
        var json = JSONWriter(capacity: 256 + (found?.source.count ?? 0))
        write(found, id: call.segment("id"), name, filter, to: &json)
        return .json(found == nil ? 404 : 200, json)
    }

    /// The document that the path names, now or at a point in time, and the index that it is of.
    private static func read(_ call: Call) async throws(RESTError) -> (Document?, index: String) {
        let id = call.segment("id")
        try ReadOptions.check(call.parameters)
        if let pit = call.parameters.query["pit"] {
            let reader = try PointInTimeReader(call, pit)
            return (try await reader.document(id, in: call.segment("index")), call.segment("index"))
        }
        let target = try call.document(
            call.segment("index"), routing: call.parameters.query["routing"])
        try IndexBlock.check(target.index, .read)
        if try call.parameters.boolean("refresh") { try await Writer.refresh(target.index, .immediate) }
        let isRealTime = try call.parameters.boolean("realtime", default: true)
        let found = try await document(id, target, isRealTime: isRealTime)
        try ReadOptions.checkVersion(found, call.parameters, target)
        return (found, target.index.name)
    }

    static func document(
        _ id: String, _ target: DocumentTarget, isRealTime: Bool = true
    ) async throws(RESTError) -> Document? {
        do { return try await target.index.get(id, routing: target.routing, isRealTime: isRealTime) } catch {
            throw RESTError(error)
        }
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
            if let routing = found.routing { json.add("_routing", routing) }
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
        let (found, name) = try await read(call)
        guard let found else {
            throw RESTError(
                404, "resource_not_found_exception",
                "Document not found [\(name)]/_doc/[\(call.segment("id"))]")
        }
        var json = JSONWriter(capacity: found.source.count)
        json.raw(filter.applied(to: found.source))
        return .json(200, json)
    }
}

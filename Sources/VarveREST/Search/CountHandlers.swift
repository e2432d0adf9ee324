import Varve
import VarveQuery

/// Counting what matches, also at a point in time, and asking whether a query is sound.
enum CountHandlers {
    static func count(_ call: Call) async throws(RESTError) -> RESTResponse {
        let body = try read(call, allowed: ["query", "pit"])
        if let clause = body.pointInTime {
            if call.parameters.path["index"] != nil {
                throw .validation("[indices] cannot be used with point in time")
            }
            let found = try await PointInTimeSearch(call, body, clause).find()
            let rendering = SearchRendering(body, shards: found.shards, lost: found.lost, node: found.node)
            return answer(found.result) { rendering.writeShards(to: &$0) }
        }
        let targets = try targets(call)
        let result = try await search(body, targets, call)
        let shards = targets.reduce(0) { $0 + $1.shardCount }
        return answer(result) { $0.addShards(total: shards, successful: shards, skipped: 0) }
    }

    private static func answer(
        _ result: SearchResult, shards: (inout JSONWriter) -> Void
    ) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.add("count", result.total?.value ?? 0)
        if result.isTerminatedEarly == true { json.add("terminated_early", true) }
        shards(&json)
        json.endObject()
        return .json(200, json)
    }

    private static func targets(_ call: Call) throws(RESTError) -> [SearchTarget] {
        try call.targets(call.parameters["index"], IndexOptions(call.parameters), ShardChoice(call))
    }

    /// `_validate/query`: whether it can be read and fits the mappings.
    static func validate(_ call: Call) async throws(RESTError) -> RESTResponse {
        for name in ["explain", "rewrite", "all_shards"] where try call.parameters.boolean(name) {
            throw .illegalArgument("[\(name)] of [_validate/query] is not supported")
        }
        let targets = try targets(call)
        var isValid = true
        do throws(RESTError) {
            var body = try read(call, allowed: ["query"])
            body.totalHits = .none
            _ = try await search(body, targets, call)
        } catch {
            guard error.status == 400 else { throw error }
            isValid = false
        }
        var json = JSONWriter()
        json.beginObject()
        json.add("valid", isValid)
        json.addShards(total: 1, successful: 1)
        json.endObject()
        return .json(200, json)
    }

    private static func read(_ call: Call, allowed: Set<String>) throws(RESTError) -> SearchBody {
        var body = SearchBody()
        if let json = try call.json() {
            for member in json.root.members ?? [] where !allowed.contains(member.key) {
                throw QueryReader(json).parsing(
                    "request does not support [\(member.key)]", at: member.value.start)
            }
            body = try SearchBody(json)
        }
        if let query = try URLQuery.read(call.parameters) { body.query = query }
        if let limit = try call.parameters.integer("terminate_after") { try body.setTermination(limit) }
        body.details.namedQueries = []
        body.size = 0
        body.totalHits = .exact
        body.source = .none
        return body
    }

    private static func search(
        _ body: SearchBody, _ targets: [SearchTarget], _ call: Call
    ) async throws(RESTError) -> SearchResult {
        let indices = targets.map(\.index)
        let context = SearchFailureContext(
            index: indices.first?.name ?? "", uuid: indices.first?.wireUUID ?? "_na_",
            node: call.service.nodeID)
        let request = try SearchTranslation(body).request(window: .max, context)
        do { return try await call.store.search(request, in: targets) } catch { throw context.error(error) }
    }
}

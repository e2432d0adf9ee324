import Varve
import VarveBytes
import VarveDocument
import VarveEngine
import VarveQuery

/// `POST /{index}/_search/point_in_time`.
struct PointInTimeCreation {
    /// What the first phase of OpenSearch's creation leases: no point in time has less.
    private static let leastKeepAlive: Int64 = 30_000

    static let parameters =
        "keep_alive allow_partial_pit_creation routing preference refresh name labels on_index_delete at_pointer "
        + IndexOptions.parameters

    private let call: Call

    static func create(_ call: Call) async throws(RESTError) -> RESTResponse {
        try await PointInTimeCreation(call: call).answer()
    }

    private func answer() async throws(RESTError) -> RESTResponse {
        let parameters = call.parameters
        var request = PointInTimeRequest(keepAlive: 0)
        request.allowsPartial = try parameters.boolean("allow_partial_pit_creation", default: true)
        guard let text = parameters.query["keep_alive"] else { throw .validation("keep alive not specified") }
        let keepAlive = try TimeValue(text, setting: "keep_alive")
        request.keepAlive = max(keepAlive.milliseconds, Self.leastKeepAlive)
        request.policy = try policy()
        request.label = parameters.query["name"] ?? ""
        request.labels = try PointInTimeLabels.read(parameters.list("labels") ?? [])
        request.refreshes = try parameters.boolean("refresh")
        let options = try IndexOptions(parameters)
        let resolved = try call.resolve(call.segment("index"), options)
        let targets = try call.targets(call.segment("index"), options, try ShardChoice(call))
        try call.service.settings.checkShardCount(targets.reduce(0) { $0 + $1.shardCount })
        if let error = PointInTimeHandlers.tooLong(keepAlive, call.store) { throw error }
        for one in resolved {
            guard let filter = AliasFilter(one) else { continue }
            request.filters.append(.init(index: one.index.uuid, query: filter.json))
        }
        let pointInTime: PointInTime
        if let place = try await PointerWait("at_pointer", call) {
            request.refreshes = true
            pointInTime = try await open(at: place, targets, request)
        } else {
            do { pointInTime = try await call.store.openPointInTime(over: targets, request) } catch {
                throw refusal(error, targets, request)
            }
        }
        return answer(pointInTime, targets)
    }

    /// Exactly what lies before pointers of the stream. One that is opened after the time is up is closed again.
    private func open(
        at place: PointerWait, _ targets: [SearchTarget], _ request: PointInTimeRequest
    ) async throws(RESTError) -> PointInTime {
        let store = call.store
        let opened = try await place.standing {
            () async -> Result<PointInTime, VarveError> in
            do throws(VarveError) {
                let pointInTime = try await store.openPointInTime(over: targets, request)
                guard Task.isCancelled else { return .success(pointInTime) }
                _ = try? await pointInTime.close()
                return .success(pointInTime)
            } catch { return .failure(error) }
        }
        do { return try opened.get() } catch { throw refusal(error, targets, request) }
    }

    private func policy() throws(RESTError) -> DeletionPolicy {
        switch call.parameters.query["on_index_delete"] {
        case nil, "fail": return .fail
        case "keep": return .keep
        case "drop": return .drop
        case let text?:
            throw .illegalArgument("[on_index_delete] is one of [fail, keep, drop], not [\(text)]")
        }
    }

    private func answer(_ pointInTime: PointInTime, _ targets: [SearchTarget]) -> RESTResponse {
        let info = pointInTime.info
        let lost = (info?.pins ?? []).indices.filter { info?.pins[$0].isLost == true }
        let total = targets.reduce(0) { $0 + $1.shardCount }
        var json = JSONWriter()
        json.beginObject()
        json.add("pit_id", pointInTime.id)
        json.key("_shards")
        json.beginObject()
        json.add("total", total)
        json.add("successful", total - lost.count)
        json.add("skipped", 0)
        json.add("failed", lost.count)
        if !lost.isEmpty {
            let shards = targets.flatMap { target in target.shardNumbers.map { (target.index.name, $0) } }
            let failures = lost.map { place in
                ShardFailure(index: shards[place].0, shard: shards[place].1, detail: tooMany(limit))
            }
            json.add("failures", failures, node: call.service.nodeID)
        }
        json.endObject()
        json.add("creation_time", info?.createdAt ?? call.store.wallMilliseconds)
        json.endObject()
        return .json(200, json)
    }

    private var limit: Int { call.store.limits.contextsMax ?? call.store.limits.countMax }

    private func tooMany(_ limit: Int) -> ErrorDetail {
        ErrorDetail(
            "rejected_execution_exception",
            "Trying to create too many Point In Time contexts. Must be less than or equal to: [\(limit)]. This "
                + "limit can be set by changing the [search.max_open_pit_context] setting.")
    }

    private func refusal(
        _ error: VarveError, _ targets: [SearchTarget], _ request: PointInTimeRequest
    ) -> RESTError {
        guard case .tooManyContexts(let granted, let limit)? = error.cause as? EngineError else {
            return RESTError(error)
        }
        let shards = targets.flatMap { target in target.shardNumbers.map { (target.index.name, $0) } }
        let refused = shards.dropFirst(granted)
        return .shardsFailed(
            429, tooMany(limit), index: refused.first?.0 ?? "_na_", shard: refused.first?.1 ?? 0,
            node: call.service.nodeID, phase: "create_pit",
            reason: granted > 0 ? "Partial shards failure" : "all shards failed")
    }
}

/// The labels of a point in time: `labels=team:search,env:test`.
enum PointInTimeLabels {
    static func read(_ texts: [String]) throws(RESTError) -> [PointInTimeAttributes.Label] {
        var labels: [PointInTimeAttributes.Label] = []
        for text in texts {
            let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty else {
                throw .illegalArgument("a label is [key:value], not [\(text)]")
            }
            guard !labels.contains(where: { $0.key == sides[0] }) else {
                throw .illegalArgument("label [\(sides[0])] is given twice")
            }
            labels.append(.init(String(sides[0]), String(sides[1])))
        }
        return labels
    }

    static func read(_ node: JSONNode) throws(RESTError) -> [PointInTimeAttributes.Label] {
        guard let members = node.members else { throw .illegalArgument("[labels] must be an object") }
        var labels: [PointInTimeAttributes.Label] = []
        for member in members {
            guard let text = member.value.scalarText, !member.key.isEmpty else {
                throw .illegalArgument("label [\(member.key)] must be a value")
            }
            labels.append(.init(member.key, text))
        }
        return labels
    }
}

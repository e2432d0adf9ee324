import Varve
import VarveBytes

extension PointInTimeID {
    /// The number that stands for it where OpenSearch names a context.
    var number: UInt64 { random.low >> 11 }
}

/// Opening, listing and closing points in time.
enum PointInTimeHandlers {
    /// What the first phase of OpenSearch's creation leases: no point in time has less.
    private static let leastKeepAlive: Int64 = 30_000

    static func create(_ call: Call) async throws(RESTError) -> RESTResponse {
        let parameters = call.parameters
        _ = try parameters.boolean("allow_partial_pit_creation", default: true)
        guard let text = parameters.query["keep_alive"] else { throw .validation("keep alive not specified") }
        let keepAlive = try TimeValue(text, setting: "keep_alive")
        let indices = try call.indices(call.segment("index"), IndexOptions(parameters))
        if let error = tooLong(keepAlive, call.store) { throw error }
        let isRefreshed = try parameters.boolean("refresh")
        if isRefreshed { for index in indices { try await Writer.refresh(index, .immediate) } }
        let pointInTime: PointInTime
        do {
            pointInTime = try await call.store.openPointInTime(
                over: indices, keepAlive: .milliseconds(max(keepAlive.milliseconds, leastKeepAlive)),
                label: parameters.query["name"] ?? "", durable: true, refreshes: false)
        } catch {
            guard error.kind == .unavailable else { throw RESTError(error) }
            throw tooMany(call, indices)
        }
        let shards = indices.reduce(0) { $0 + $1.shardCount }
        var json = JSONWriter()
        json.beginObject()
        json.add("pit_id", pointInTime.id)
        json.addShards(total: shards, successful: shards, skipped: 0)
        json.add("creation_time", pointInTime.info?.createdAt ?? call.store.wallMilliseconds)
        json.endObject()
        return .json(200, json)
    }

    private static func tooMany(_ call: Call, _ indices: [Index]) -> RESTError {
        .allShardsFailed(
            429,
            ErrorDetail(
                "rejected_execution_exception",
                "Trying to create too many Point In Time contexts. Must be less than or equal to: "
                    + "[\(call.store.pointsInTimeMax)]. This limit can be set by changing the "
                    + "[search.max_open_pit_context] setting."),
            index: indices.first?.name ?? "_na_", node: call.service.nodeID, phase: "create_pit")
    }

    /// The error for a keep-alive above the store's maximum; nil if it is not.
    static func tooLong(_ keepAlive: TimeValue, _ store: Store) -> RESTError? {
        let most = TimeValue(milliseconds: store.keepAliveMax.wholeMilliseconds)
        guard keepAlive.nanoseconds > most.nanoseconds else { return nil }
        return .illegalArgument(
            "Keep alive for request (\(keepAlive)) is too large. It must be less than (\(most)). This limit can "
                + "be set by changing the [point_in_time.max_keep_alive] cluster level setting.")
    }

    static func parse(_ id: String, _ store: Store) throws(RESTError) -> PointInTimeID {
        do { return try store.parse(id) } catch { throw .illegalArgument("invalid id: [\(id)]") }
    }

    /// The open ones, without those that serve scrolls.
    private static func open(_ store: Store) -> [PointInTimeInfo] {
        store.pointsInTime.filter { $0.isDurable || $0.label != Scroll.label }
    }

    static func list(_ call: Call) async throws(RESTError) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.key("pits")
        json.beginArray()
        for info in open(call.store) {
            json.beginObject()
            json.add("pit_id", info.id)
            json.add("creation_time", info.createdAt)
            json.add("keep_alive", info.keepAlive.wholeMilliseconds)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    // MARK: One

    /// What OpenSearch lacks: one point in time, with what it holds and how long it still has.
    static func get(_ call: Call) async throws(RESTError) -> RESTResponse {
        let id = try parse(call.segment("id"), call.store)
        guard let info = PointInTime(call.store, id).info else { throw missing(id) }
        var json = JSONWriter()
        json.beginObject()
        json.add("pit_id", info.id)
        json.add("creation_time", info.createdAt)
        json.add("keep_alive", info.keepAlive.wholeMilliseconds)
        json.add("remaining", info.expiresIn.wholeMilliseconds)
        json.add("expires_at", call.store.wallMilliseconds + info.expiresIn.wholeMilliseconds)
        json.add("name", info.label)
        json.key("shards")
        json.beginArray()
        for pin in info.pins {
            json.beginObject()
            if let index = pin.index { json.add("index", index) } else { json.addNull("index") }
            if let shard = pin.shard { json.add("shard", shard) } else { json.addNull("shard") }
            if let number = pin.sequenceNumber {
                json.add("max_seq_no", Int64(clamping: number.rawValue))
            } else {
                json.add("max_seq_no", -1)
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    /// Sets the keep-alive, also to a shorter one: `{"keep_alive": "10m"}`.
    static func put(_ call: Call) async throws(RESTError) -> RESTResponse {
        let id = try parse(call.segment("id"), call.store)
        let body = try call.json()
        for member in body?.root.members ?? [] where member.key != "keep_alive" {
            throw .illegalArgument(
                "Unknown parameter [\(member.key)] in request body or parameter is of the wrong type"
                    + "[\(member.value.token)] ")
        }
        guard let text = body?.root["keep_alive"]?.string else {
            throw .validation("keep alive not specified")
        }
        let keepAlive = try TimeValue(text, setting: "keep_alive")
        if let error = tooLong(keepAlive, call.store) { throw error }
        guard keepAlive.nanoseconds > 0 else { throw .illegalArgument("[keep_alive] must be above zero") }
        do {
            try await PointInTime(call.store, id).extend(keepAlive: .milliseconds(keepAlive.milliseconds))
        } catch {
            if error.kind == .notFound { throw missing(id) }
            throw RESTError(error)
        }
        return try await get(call)
    }

    private static func missing(_ id: PointInTimeID) -> RESTError {
        RESTError(404, "search_context_missing_exception", "No search context found for id [\(id.number)]")
    }

    // MARK: Closing

    static func deleteAll(_ call: Call) async throws(RESTError) -> RESTResponse {
        try await delete(open(call.store).map(\.id), call.store)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        let ids = try self.ids(call)
        if ids == ["_all"] { return try await deleteAll(call) }
        for id in ids { _ = try parse(id, call.store) }
        return try await delete(ids, call.store)
    }

    private static func delete(_ ids: [String], _ store: Store) async throws(RESTError) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.key("pits")
        json.beginArray()
        for id in ids {
            let name = try parse(id, store)
            let isClosed: Bool
            do throws(VarveError) {
                try await PointInTime(store, name).close()
                isClosed = true
            } catch { isClosed = false }
            json.beginObject()
            json.add("successful", isClosed)
            json.add("pit_id", id)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(200, json)
    }

    /// The ids of a body, each once.
    private static func ids(_ call: Call) throws(RESTError) -> [String] {
        if call.body.isEmpty { throw .validation("no pit ids specified") }
        let body: JSONBody
        do { body = try JSONBody(call.body) } catch {
            throw .illegalArgument(
                "Failed to parse request body", cause: ErrorDetail("json_parse_exception", error.description))
        }
        guard let members = body.root.members else {
            throw .illegalArgument("Malformed content, must start with an object")
        }
        var ids: [String] = []
        for member in members {
            guard member.key == "pit_id", member.value.string != nil || member.value.elements != nil else {
                throw .illegalArgument(
                    "Unknown parameter [\(member.key)] in request body or parameter is of the wrong type"
                        + "[\(member.value.token)] ")
            }
            for element in member.value.elements ?? [member.value] {
                guard let id = element.string else {
                    throw .illegalArgument("pit_id array element should only contain pit_id")
                }
                if !ids.contains(id) { ids.append(id) }
            }
        }
        if ids.isEmpty { throw .validation("no pit ids specified") }
        return ids
    }
}

import Varve
import VarveBytes

extension PointInTimeID {
    /// The number that stands for it where OpenSearch names a context.
    var number: UInt64 { random.low >> 11 }
}

/// Closing points in time, and reading their ids.
enum PointInTimeHandlers {
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

    static func missing(_ id: PointInTimeID) -> RESTError {
        RESTError(404, "search_context_missing_exception", "No search context found for id [\(id.number)]")
    }

    // MARK: Closing

    static func deleteAll(_ call: Call) async throws(RESTError) -> RESTResponse {
        try call.admitEverything()
        return try await delete(PointInTimeListing.open(call.store).map(\.id), call)
    }

    static func delete(_ call: Call) async throws(RESTError) -> RESTResponse {
        let ids = try self.ids(call, "pit_id array element should only contain pit_id")
        if ids == ["_all"] { return try await deleteAll(call) }
        return try await delete(ids, call)
    }

    /// Every id is read, and allowed, before any is deleted.
    private static func delete(_ ids: [String], _ call: Call) async throws(RESTError) -> RESTResponse {
        var pointsInTime: [PointInTime] = []
        for id in ids { pointsInTime.append(PointInTime(call.store, try parse(id, call.store))) }
        for info in pointsInTime.compactMap(\.info) { _ = try call.admit(info) }
        var json = JSONWriter()
        json.beginObject()
        json.key("pits")
        json.beginArray()
        for (id, pointInTime) in zip(ids, pointsInTime) {
            let isClosed: Bool
            do throws(VarveError) {
                try await pointInTime.close()
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
    ///
    /// - Parameter elementRule: What is said of an element that is no id.
    static func ids(_ call: Call, _ elementRule: String) throws(RESTError) -> [String] {
        if call.body.isEmpty { throw .validation("no pit ids specified") }
        let body: JSONBody
        do { body = try JSONBody(call.body) } catch {
            throw .illegalArgument(
                "Failed to parse request body", cause: RESTError.notJSON(error, call.body))
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
                    throw .illegalArgument(elementRule)
                }
                if !ids.contains(id) { ids.append(id) }
            }
        }
        if ids.isEmpty { throw .validation("no pit ids specified") }
        return ids
    }
}

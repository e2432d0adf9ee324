import Varve
import VarveBytes
import VarveEngine
import VarveQuery

/// Scrolling, as far as clients' scan helpers need it.
enum ScrollHandlers {
    /// The first page of a search with `scroll`.
    static func open(
        _ call: Call, _ body: SearchBody, since start: ContinuousClock.Instant, isTotalNumber: Bool
    ) async throws(RESTError) -> RESTResponse {
        let keepAlive = try TimeValue(call.parameters.query["scroll"] ?? "", setting: "scroll")
        try check(keepAlive, call)
        try check(body)
        var body = body
        body.totalHits = .exact
        let pointInTime = try await pointInTime(call, keepAlive)
        let id = pointInTime.id
        let scroll = Scroll(
            pointInTime: try PointInTimeHandlers.parse(id, call.store), body: body, user: call.principal?.name
        )
        let most = call.service.settings.integer("search.max_open_scroll_context")
        guard call.service.scrolls.insert(id, scroll, call.store, countMax: most) else {
            _ = try? await pointInTime.close()
            throw RESTError(
                429, "rejected_execution_exception",
                "Trying to create too many scroll contexts. Must be less than or equal to: "
                    + "[\(most)]. This limit can be set by changing the "
                    + "[search.max_open_scroll_context] setting.")
        }
        do throws(RESTError) {
            return try await page(call, id, scroll, nil, since: start, isTotalNumber: isTotalNumber)
        } catch {
            _ = call.service.scrolls.remove(id)
            _ = try? await pointInTime.close()
            throw error
        }
    }

    /// The private point in time that serves a scroll.
    private static func pointInTime(
        _ call: Call, _ keepAlive: TimeValue
    ) async throws(RESTError) -> PointInTime {
        var request = PointInTimeRequest(keepAlive: max(1, keepAlive.milliseconds))
        (request.label, request.isDurable, request.refreshes) = (Scroll.label, false, false)
        let options = try IndexOptions(call.parameters)
        let targets = try call.targets(call.parameters["index"], options, try ShardChoice(call))
        for one in try call.resolve(call.parameters["index"], options) {
            guard let filter = AliasFilter(one) else { continue }
            request.filters.append(.init(index: one.index.uuid, query: filter.json))
        }
        do { return try await call.store.openPointInTime(over: targets, request) } catch {
            throw RESTError(error)
        }
    }

    private static func check(_ keepAlive: TimeValue, _ call: Call) throws(RESTError) {
        let most = call.service.settings.time("search.max_keep_alive")
        guard keepAlive.nanoseconds > most.nanoseconds else { return }
        throw .illegalArgument(
            "Keep alive for request (\(keepAlive)) is too large. It must be less than (\(most)). This limit can "
                + "be set by changing the [search.max_keep_alive] cluster level setting.")
    }

    private static func check(_ body: SearchBody) throws(RESTError) {
        var failures: [String] = []
        if body.totalHits != .exact && body.isTotalGiven {
            failures.append("disabling [track_total_hits] is not allowed in a scroll context")
        }
        if body.from > 0 { failures.append("using [from] is not allowed in a scroll context") }
        if body.size == 0 { failures.append("[size] cannot be [0] in a scroll context") }
        if !failures.isEmpty { throw .validation(failures) }
        if body.after != nil {
            throw .illegalArgument("`search_after` cannot be used in a scroll context.")
        }
    }

    /// `POST /_search/scroll`: the next page.
    static func next(_ call: Call) async throws(RESTError) -> RESTResponse {
        let start = ContinuousClock.now
        let body = try call.json()
        let id = body?.root["scroll_id"]?.string ?? call.parameters["scroll_id"]
        guard let id, !id.isEmpty else { throw .validation("scrollId is missing") }
        var keepAlive: TimeValue?
        if let text = body?.root["scroll"]?.scalarText ?? call.parameters.query["scroll"] {
            keepAlive = try TimeValue(text, setting: "scroll")
        }
        if let keepAlive { try check(keepAlive, call) }
        let isTotalNumber = try call.parameters.boolean("rest_total_hits_as_int")
        let name = try parse(id, call.store)
        guard let scroll = call.service.scrolls.find(id) else { throw missing(name, call) }
        if scroll.user != call.principal?.name { throw call.refusal([call.action]) }
        if let info = PointInTime(call.store, scroll.pointInTime).info { _ = try call.admit(info) }
        return try await page(call, id, scroll, keepAlive, since: start, isTotalNumber: isTotalNumber)
    }

    private static func parse(_ id: String, _ store: Store) throws(RESTError) -> PointInTimeID {
        do { return try store.parse(id) } catch { throw .illegalArgument("Cannot parse scroll id") }
    }

    private static func missing(_ id: PointInTimeID, _ call: Call) -> RESTError {
        .allShardsFailed(
            404,
            ErrorDetail(
                "search_context_missing_exception", "No search context found for id [\(id.number)]"),
            index: "_na_", node: call.service.nodeID, isServerType: true)
    }

    private static func page(
        _ call: Call, _ id: String, _ scroll: Scroll, _ keepAlive: TimeValue?,
        since start: ContinuousClock.Instant, isTotalNumber: Bool
    ) async throws(RESTError) -> RESTResponse {
        let pointInTime = PointInTime(call.store, scroll.pointInTime)
        let names = pointInTime.info?.pins.compactMap(\.index) ?? []
        let first = names.first.flatMap { try? call.store.index($0) }
        let context = SearchFailureContext(
            index: first?.name ?? "_na_", uuid: first?.wireUUID ?? "_na_", node: call.service.nodeID)
        var request = try SearchTranslation(scroll.body).request(
            window: first?.resultWindow ?? 10_000, context)
        request.after = scroll.cursor
        // They are of all documents: the first page has said it.
        if scroll.cursor != nil { request.aggregations = [] }
        let reading: PointInTimeReading
        do {
            reading = try pointInTime.beginReading(
                keepAlive: keepAlive.map { .milliseconds($0.milliseconds) }, AliasFilter.frozen)
        } catch {
            if error.kind == .expired { throw missing(scroll.pointInTime, call) }
            throw context.error(error)
        }
        defer { pointInTime.endReading() }
        if reading.shards.isEmpty && !reading.lost.isEmpty { throw missing(scroll.pointInTime, call) }
        let result: SearchResult
        do { result = try await call.store.search(request, over: reading.shards) } catch {
            throw context.error(error)
        }
        try scroll.body.checkWhole(result, context)
        if let last = result.hits.last { call.service.scrolls.move(id, to: last.cursor) }
        return SearchRendering(scroll.body, shards: reading.indices).response(
            result, scroll: id, pointInTime: nil, since: start, isTotalNumber: isTotalNumber)
    }

    /// `DELETE /_search/scroll`: 404 if none was open.
    static func clear(_ call: Call) async throws(RESTError) -> RESTResponse {
        var ids: [String] = []
        if let body = try call.json(), let node = body.root["scroll_id"] {
            ids = (node.elements ?? [node]).compactMap(\.string)
        } else if let text = call.parameters["scroll_id"] {
            ids = text.split(separator: ",").map(String.init)
        }
        if ids.isEmpty { throw .validation("no scroll ids specified") }
        if ids == ["_all"] { ids = call.service.scrolls.ids }
        for id in ids { _ = try parse(id, call.store) }
        var freed = 0
        for id in ids {
            guard let found = call.service.scrolls.find(id), found.user == call.principal?.name,
                let scroll = call.service.scrolls.remove(id)
            else { continue }
            if (try? await PointInTime(call.store, scroll.pointInTime).close()) == true { freed += 1 }
        }
        var json = JSONWriter()
        json.beginObject()
        json.add("succeeded", true)
        json.add("num_freed", freed)
        json.endObject()
        return .json(freed == 0 ? 404 : 200, json)
    }
}

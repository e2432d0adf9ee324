import Varve
import VarveEngine
import VarveQuery

/// `_delete_by_query`: deletes what a query finds at one moment, and nothing that somebody has written since.
struct DeleteByQuery {
    static let parameters =
        "conflicts refresh max_docs scroll_size slices wait_for_completion requests_per_second routing preference "
        + "timeout wait_for_active_shards scroll search_timeout q df default_operator analyzer lenient "
        + IndexOptions.parameters

    private let call: Call
    private let query: Query
    private let goesOn: Bool
    private let countMax: Int
    private let batchSize: Int
    private var total = 0
    private var deleted = 0
    private var batches = 0
    private var conflicts = 0
    private var failures: [(index: String, id: String, error: RESTError)] = []

    static func answer(_ call: Call) async throws(RESTError) -> RESTResponse {
        let start = ContinuousClock.now
        var run = try DeleteByQuery(call)
        try await run.run()
        return run.response(since: start)
    }

    /// Updating by query needs a script to change anything.
    static func refuseUpdate(_ call: Call) async throws(RESTError) -> RESTResponse {
        for index in try call.indices(call.segment("index"), IndexOptions(call.parameters)) {
            try Call.checkPush(to: index, isDeletion: false)
        }
        throw .illegalArgument(
            "[_update_by_query] is not supported: it needs scripts; send a bulk of updates")
    }

    private init(_ call: Call) throws(RESTError) {
        self.call = call
        let parameters = call.parameters
        switch parameters.query["conflicts"] {
        case nil, "abort": goesOn = false
        case "proceed": goesOn = true
        case let text?:
            throw .illegalArgument(
                "conflicts may only be \"proceed\" or \"abort\" but was [\(text)]")
        }
        try WriteParameters.check(parameters)
        try Self.checkTuning(parameters)
        batchSize = min(10_000, max(1, try parameters.integer("scroll_size") ?? 1_000))
        var countMax = try parameters.integer("max_docs")
        var query = try URLQuery.read(parameters)
        if let body = try call.json() {
            for member in body.root.members ?? [] {
                switch member.key {
                case "query": query = try SearchBody(body).query
                case "max_docs": countMax = member.value.integer ?? 0
                case "slice":
                    throw .illegalArgument("[slice] is not supported: a deletion by query takes no part")
                default:
                    throw QueryReader(body).parsing(
                        "Unknown key for a \(member.value.token) in [\(member.key)].", at: member.value.start)
                }
            }
        }
        guard let query else { throw .validation("query is missing") }
        if let countMax, countMax < 1 {
            throw .validation(
                "maxDocs should be greater than 0 if the request is limited to some number of "
                    + "documents or -1 if it isn't but it was [\(countMax)]")
        }
        self.query = query
        self.countMax = countMax ?? .max
    }

    /// What only says how fast it is to go, or who waits.
    private static func checkTuning(_ parameters: Parameters) throws(RESTError) {
        if let text = parameters.query["slices"], text != "auto", (Int(text) ?? 0) < 1 {
            throw .illegalArgument(
                "[slices] must be a positive integer or the string \"auto\", got [\(text)]")
        }
        if let text = parameters.query["requests_per_second"], text != "-1" {
            throw .illegalArgument("[requests_per_second] is not supported, it is [-1]; got [\(text)]")
        }
        guard try parameters.boolean("wait_for_completion", default: true) else {
            throw .illegalArgument(
                "[wait_for_completion=false] is not supported: there are no tasks to ask for")
        }
        for name in ["scroll", "search_timeout"] {
            if let text = parameters.query[name] { _ = try TimeValue(text, setting: name) }
        }
    }

    private mutating func run() async throws(RESTError) {
        let expression = call.parameters["index"]
        let options = try IndexOptions(call.parameters)
        let resolved = try call.resolve(expression, options)
        let targets = try call.targets(expression, options, ShardChoice(call))
        for target in targets { try Call.checkPush(to: target.index, isDeletion: true) }
        var request = PointInTimeRequest(keepAlive: 60_000)
        (request.label, request.isDurable, request.refreshes) = (Scroll.label, false, false)
        for one in resolved {
            guard let filter = AliasFilter(one) else { continue }
            request.filters.append(.init(index: one.index.uuid, query: filter.json))
        }
        let pointInTime: PointInTime
        do { pointInTime = try await call.store.openPointInTime(over: targets, request) } catch {
            throw RESTError(error)
        }
        let indices = targets.map(\.index)
        let outcome: Result<Void, RESTError>
        do throws(RESTError) {
            try await deleteAll(of: pointInTime, indices)
            outcome = .success(())
        } catch { outcome = .failure(error) }
        _ = try? await pointInTime.close()
        try outcome.get()
        if try call.parameters.boolean("refresh") {
            for index in indices { try await Writer.refresh(index, .immediate) }
        }
    }

    private mutating func deleteAll(
        of pointInTime: PointInTime, _ indices: [Index]
    ) async throws(RESTError) {
        let context = SearchFailureContext(
            index: indices.first?.name ?? "", uuid: indices.first?.wireUUID ?? "_na_",
            node: call.service.nodeID)
        var after: [SortValue]?
        while total < countMax && failures.isEmpty {
            let size = min(batchSize, countMax - total)
            let request = SearchRequest(
                query, size: size, after: after, totalHits: .none, source: .none)
            let reading: PointInTimeReading
            let result: SearchResult
            do throws(VarveError) {
                reading = try pointInTime.beginReading(keepAlive: nil, AliasFilter.frozen)
                defer { pointInTime.endReading() }
                result = try await call.store.search(request, over: reading.shards)
            } catch { throw context.error(error) }
            if result.hits.isEmpty { return }
            after = result.hits.last?.cursor
            batches += 1
            total += result.hits.count
            let groups = Dictionary(grouping: result.hits) { reading.indices[$0.shard] }
            for (name, hits) in groups.sorted(by: { $0.key < $1.key }) {
                guard let index = indices.first(where: { $0.name == name }) else { continue }
                await delete(hits, of: index)
            }
            if result.hits.count < size { return }
        }
    }

    private mutating func delete(_ hits: [SearchHit], of index: Index) async {
        let requests = hits.map {
            WriteRequest(
                source: nil, id: $0.id, condition: .unchanged(since: $0.sequenceNumber), routing: $0.routing)
        }
        for (hit, result) in zip(hits, await Writer.write(requests, to: index)) {
            switch result {
            case .success: deleted += 1
            case .failure(let error):
                if error.status == 409 { conflicts += 1 }
                if error.status != 409 || !goesOn { failures.append((index.name, hit.id, error)) }
            }
        }
    }

    private func response(since start: ContinuousClock.Instant) -> RESTResponse {
        var json = JSONWriter()
        json.beginObject()
        json.add("took", start.duration(to: .now).wholeMilliseconds)
        json.add("timed_out", false)
        json.add("total", total)
        json.add("deleted", deleted)
        json.add("batches", batches)
        json.add("version_conflicts", conflicts)
        json.add("noops", 0)
        json.key("retries")
        json.beginObject()
        json.add("bulk", 0)
        json.add("search", 0)
        json.endObject()
        json.add("throttled_millis", 0)
        json.add("requests_per_second", -1.0)
        json.add("throttled_until_millis", 0)
        json.key("failures")
        json.beginArray()
        for failure in failures {
            json.beginObject()
            json.add("index", failure.index)
            json.add("id", failure.id)
            json.key("cause")
            failure.error.detail.write(into: &json, withCause: true)
            json.add("status", failure.error.status)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(failures.map(\.error.status).max() ?? 200, json)
    }
}

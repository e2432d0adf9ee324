import Varve
import VarveBytes
import VarveDocument
import VarveQuery

/// A search over a point in time.
struct PointInTimeSearch {
    private let call: Call
    private let body: SearchBody
    private let clause: SearchBody.PointInTimeClause

    init(_ call: Call, _ body: SearchBody, _ clause: SearchBody.PointInTimeClause) {
        self.call = call
        self.body = body
        self.clause = clause
    }

    func answer(
        since start: ContinuousClock.Instant, isTotalNumber: Bool
    ) async throws(RESTError) -> RESTResponse {
        let found = try await find()
        return SearchRendering(body, shards: found.shards, lost: found.lost, node: found.node)
            .response(found.result, pointInTime: clause.id, since: start, isTotalNumber: isTotalNumber)
    }

    /// What is found.
    struct Found {
        var result: SearchResult
        /// The name of each searched shard's index.
        var shards: [String]
        var lost: [ShardFailure]
        var node: String
    }

    func find() async throws(RESTError) -> Found {
        let id = try PointInTimeHandlers.parse(clause.id, call.store)
        let pointInTime = PointInTime(call.store, id)
        guard let info = pointInTime.info else { throw missing(id, index: "_na_") }
        let indices = try call.admit(info)
        let names = info.pins.map(\.index)
        if info.policy != .drop, let deleted = info.pins.first(where: { $0.index == nil && !$0.isLost }) {
            throw .noSuchIndex(deleted.deletedIndex ?? "_na_")
        }
        let context = SearchFailureContext(
            index: names.first.flatMap { $0 } ?? "_na_",
            uuid: names.first.flatMap { $0 }.flatMap { try? call.store.index($0).wireUUID } ?? "_na_",
            node: call.service.nodeID)
        if let keepAlive = clause.keepAlive, let error = PointInTimeHandlers.tooLong(keepAlive, call.store) {
            throw .allShardsFailed(400, error.detail, index: context.index, node: context.node)
        }
        let request = try SearchTranslation(body).request(
            window: indices.map(\.resultWindow).min() ?? 10_000, context)
        try checkSlice(indices: Set(names.compactMap { $0 }), context)
        let reading: PointInTimeReading
        do {
            reading = try pointInTime.beginReading(
                keepAlive: clause.keepAlive.map { .milliseconds($0.milliseconds) }, AliasFilter.frozen)
        } catch {
            if error.kind == .expired { throw missing(id, index: context.index) }
            throw context.error(error)
        }
        defer { pointInTime.endReading() }
        try check(reading, info, id)
        let result: SearchResult
        do { result = try await call.store.search(request, over: reading.shards) } catch {
            throw context.error(error)
        }
        try body.checkWhole(result, context)
        return Found(
            result: result, shards: reading.indices, lost: failures(reading, id), node: context.node)
    }

    /// Shards that are lost are an error if nothing is left, or if all are wanted.
    private func check(
        _ reading: PointInTimeReading, _ info: PointInTimeInfo, _ id: PointInTimeID
    ) throws(RESTError) {
        guard let first = failures(reading, id).first else { return }
        let standard = call.service.settings.boolean("search.default_allow_partial_results")
        let allowsPartial = try call.parameters.boolean("allow_partial_search_results", default: standard)
        if !reading.shards.isEmpty && allowsPartial { return }
        throw .shardsFailed(
            404, first.detail, index: first.index, shard: first.shard, node: call.service.nodeID,
            reason: reading.shards.isEmpty ? "all shards failed" : "Partial shards failure",
            isServerType: true)
    }

    private func failures(_ reading: PointInTimeReading, _ id: PointInTimeID) -> [ShardFailure] {
        let detail = ErrorDetail(
            "search_context_missing_exception", "No search context found for id [\(id.number)]")
        return reading.lost.map { ShardFailure(index: $0.index, shard: $0.shard, detail: detail) }
    }

    private func checkSlice(
        indices: Set<String>, _ context: SearchFailureContext
    ) throws(RESTError) {
        guard let clause = body.slice else { return }
        let indices = indices.compactMap { try? call.store.index($0) }
        let most = indices.map(\.slicesMax).min() ?? 1_024
        guard clause.slice.count <= most else {
            throw context.shardFailure(
                429, "rejected_execution_exception",
                "The number of slices [\(clause.slice.count)] is too large. It must be less than [\(most)]. This "
                    + "limit can be set by changing the [index.max_slices_per_pit] index level setting.")
        }
        guard let field = clause.field, field != "_id" else { return }
        for index in indices {
            guard let definition = index.fields.first(where: { $0.path == field }) else {
                throw context.shardFailure(400, "illegal_argument_exception", "field \(field) not found")
            }
            guard definition.hasColumn, definition.type != .keyword, definition.type != .text else {
                throw context.shardFailure(
                    400, "illegal_argument_exception", "cannot load numeric doc values on \(field)")
            }
        }
    }

    private func missing(_ id: PointInTimeID, index: String) -> RESTError {
        .allShardsFailed(
            404,
            ErrorDetail(
                "search_context_missing_exception",
                "No search context found for id [\(id.number)]"),
            index: index, node: call.service.nodeID, isServerType: true)
    }
}
